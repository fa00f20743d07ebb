/** Every provider. A new one is one more line here. */
import type { Connector } from './contract.ts';
import { fapshi } from './fapshi/connector.ts';
import { fib } from './fib/connector.ts';
import { finan } from './finan/connector.ts';
import { furatpay } from './furatpay/connector.ts';
import { myfatoorah } from './myfatoorah/connector.ts';
import { rehive } from './rehive/connector.ts';
import { tabby } from './tabby/connector.ts';
import { tamara } from './tamara/connector.ts';
import { zaincash } from './zaincash/connector.ts';
import { zaincashV1 } from './zaincash_v1/connector.ts';

/** In alphabetical order, with unique names. Each connector checks its own credentials, so none is typed here. */
export const connectors: readonly Connector<unknown>[] = [
  fapshi,
  fib,
  finan,
  furatpay,
  myfatoorah,
  rehive,
  tabby,
  tamara,
  zaincash,
  zaincashV1,
];

const byProvider = new Map(connectors.map((connector) => [connector.manifest.provider, connector]));

/** The connector called `provider`; throws `RangeError` when there is none. */
export function connectorFor(provider: string): Connector<unknown> {
  const connector = byProvider.get(provider);
  if (!connector) throw new RangeError(`there is no provider "${provider.slice(0, 64)}"`);
  return connector;
}

/** True when there is a connector called `provider`. */
export function isProvider(provider: string): boolean {
  return byProvider.has(provider);
}

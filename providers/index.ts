/** The providers by name. Which there are, `connectors.ts` says. */
import * as every from './connectors.ts';
import type { Connector } from './contract.ts';

/** In alphabetical order, with unique names. Each connector checks its own credentials, so none is typed here. */
export const connectors: readonly Connector<unknown>[] = Object.values(every);

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

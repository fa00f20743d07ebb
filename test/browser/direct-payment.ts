/**
 * A payment made by the connector itself, at the simulator of the running stack: for services that the API does not offer
 * yet. The merchant's pages stand where ours would.
 */
import { currency } from '../../domain/currency.ts';
import { money } from '../../domain/money.ts';
import type { Customer } from '../../providers/contract.ts';
import { createProviderHttp } from '../../providers/http.ts';
import { connectorFor } from '../../providers/index.ts';
import { createTokenStore } from '../../providers/token-store.ts';
import { newId } from '../../db/ids.ts';
import type { ShopFront } from '../setup/shop-front.ts';
import type { TestStack } from '../setup/stack.ts';

interface Wanted {
  /** `tabby.installments` */
  readonly service: string;
  readonly currency: string;
  readonly amount: number;
}

export async function directPayment(stack: TestStack, wanted: Wanted, customer: Customer, shop: ShopFront) {
  const [provider = '', method = ''] = wanted.service.split('.');
  const simulator = stack.sandbox.providers[provider];
  if (!simulator) throw new Error(`there is no simulator of ${provider}`);
  const connector = connectorFor(provider);
  const http = createProviderHttp();
  const context = {
    account: {
      id: stack.merchant.accounts[provider] ?? '',
      base_url: simulator.base_url,
      credentials: connector.credentials.parse(simulator.credentials),
    },
    http,
    tokens: createTokenStore(Date.now),
    now: Date.now,
    signal: new AbortController().signal,
  };
  const reference = newId('pay');
  const { provider_payment_id, next_action } = await connector.createPayment(context, {
    reference,
    idempotency_key: `direct:create:${reference}`,
    method,
    money: money(wanted.amount, currency(wanted.currency)),
    description: 'Order 1001',
    customer,
    items: [],
    webhook_url: `${stack.apiUrl}/webhooks/${provider}/${context.account.id}`,
    return_urls: shop.return_urls,
  });
  return {
    page_url: next_action.redirect_url ?? '',
    provider_payment_id,
    hints: {},
    /** As the connector reads it. */
    async status(): Promise<string> {
      const reading = await connector.readPayment(context, { provider_payment_id, method });
      await http.close();
      return reading.status;
    },
  };
}

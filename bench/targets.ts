/** The two systems under load: Sarraf, through its public API, and the floor. */
import { randomUUID } from 'node:crypto';
import type { Stack } from '../cli/stack.ts';
import { post, type Target } from './load.ts';

const AMOUNT = 150_000;

/** What is asked for; Finan's bank transfer unless said otherwise. */
export interface Order {
  readonly service: string;
  readonly currency: string;
  /** Minor units. */
  readonly amount: number;
}
const ORDER: Order = { service: 'finan.bank_transfer', currency: 'VND', amount: AMOUNT };

export function sarrafTarget(stack: Stack, { service, currency, amount } = ORDER): Target {
  const headers = { authorization: `Bearer ${stack.merchant.api_key}` };
  const invoices = `${stack.apiUrl}/v1/invoices`;
  return {
    name: 'sarraf',
    async createLink() {
      const { id } = (await post(invoices, { amount, currency }, headers)) as { id: string };
      const body = { payment_service: service };
      const payment = await post(`${invoices}/${id}/payments`, body, headers);
      return { id, provider_payment_id: (payment as { provider_payment_id: string }).provider_payment_id };
    },
  };
}

export function floorTarget(url: string): Target {
  return {
    name: 'floor',
    async createLink() {
      const id = `floor-${randomUUID()}`;
      const payment = await post(`${url}/pay`, { id, amount: AMOUNT });
      return { id, provider_payment_id: (payment as { provider_payment_id: string }).provider_payment_id };
    },
  };
}

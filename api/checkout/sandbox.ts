/** Plays the customer at a simulator, for the bar above pages of the sandbox. Never for live money. */
import { z } from 'zod';
import type { CheckoutPayment } from '../../db/checkout.ts';

export const ACTS = ['pay', 'fail', 'expire'] as const;
export type Act = (typeof ACTS)[number];

export interface SimulatedCustomer {
  /** Where a person plays the customer of this payment; null: there is no such place. */
  pageOf(payment: CheckoutPayment): Promise<string | null>;
  /** Does it and waits for the webhooks that it causes. What the simulator has against it, or null. */
  act(payment: CheckoutPayment, act: Act): Promise<string | null>;
}

const TIMEOUT_MS = 20_000;
const payments = z.array(z.object({ id: z.string(), page_url: z.url().nullable() }));
const refusal = z.object({ error: z.string() });

/** `controlUrl`: the control API of the simulators. */
export function simulatedCustomer(controlUrl: string): SimulatedCustomer {
  const call = async (path: string, method: 'GET' | 'POST'): Promise<{ status: number; body: unknown }> => {
    const response = await fetch(controlUrl + path, {
      method,
      signal: AbortSignal.timeout(TIMEOUT_MS),
      ...(method === 'POST' ? { headers: { 'content-type': 'application/json' }, body: '{}' } : {}),
    });
    return { status: response.status, body: await response.json() };
  };
  const find = async ({ provider, id }: CheckoutPayment) => {
    const { body } = await call(`/${provider}/payments?reference=${id}`, 'GET');
    return payments.catch([]).parse(body)[0] ?? null;
  };
  return {
    pageOf: async (payment) => (await find(payment))?.page_url ?? null,
    async act(payment, act) {
      const found = await find(payment);
      if (found === null) return 'This payment is not at a simulator.';
      const { status, body } = await call(
        `/${payment.provider}/payments/${encodeURIComponent(found.id)}/${act}?wait=true`,
        'POST',
      );
      if (status < 400) return null;
      return refusal.safeParse(body).data?.error ?? `The simulator answered ${status}.`;
    },
  };
}

/** The two systems under load: Sarraf, through its public API, and the floor. */
import { randomUUID } from 'node:crypto';
import type pg from 'pg';
import type { Stack } from '../cli/stack.ts';
import { post, type Target } from './load.ts';

const AMOUNT = 150_000;

interface PaidRow {
  readonly id: string;
  readonly ms: number;
}

const byId = (rows: readonly PaidRow[]): Map<string, number> =>
  new Map(rows.map(({ id, ms }) => [id, Number(ms)]));

export function sarrafTarget(stack: Stack, pool: pg.Pool): Target {
  const headers = { authorization: `Bearer ${stack.merchant.api_key}` };
  return {
    name: 'sarraf',
    async createLink() {
      const invoice = (await post(
        `${stack.apiUrl}/v1/invoices`,
        { amount: AMOUNT, currency: 'VND' },
        headers,
      )) as { id: string };
      const payment = (await post(
        `${stack.apiUrl}/v1/invoices/${invoice.id}/payments`,
        { payment_service: 'finan.bank_transfer' },
        headers,
      )) as { provider_payment_id: string };
      return { id: invoice.id, provider_payment_id: payment.provider_payment_id };
    },
    async paid(ids) {
      const { rows } = await pool.query<PaidRow>({
        name: 'bench_paid',
        text: `select i.id, extract(epoch from w.processed_at - w.received_at) * 1000 as ms
          from invoices i join webhook_events w on w.invoice_id = i.id and w.state = 'processed'
          where i.id = any($1) and i.status = 'paid'`,
        values: [ids],
      });
      return byId(rows);
    },
  };
}

export function floorTarget(url: string, pool: pg.Pool): Target {
  return {
    name: 'floor',
    async createLink() {
      const id = `floor-${randomUUID()}`;
      const { provider_payment_id } = (await post(`${url}/pay`, { id, amount: AMOUNT })) as {
        provider_payment_id: string;
      };
      return { id, provider_payment_id };
    },
    async paid(ids) {
      const { rows } = await pool.query<PaidRow>({
        name: 'bench_floor_paid',
        text: `select id, extract(epoch from written_at - received_at) * 1000 as ms from floor_paid where id = any($1)`,
        values: [ids],
      });
      return byId(rows);
    },
  };
}

/** What the floor does outside: the same create call as the Finan connector makes, and one insert. */
import { createHash } from 'node:crypto';
import type pg from 'pg';
import { request } from 'undici';

export interface FloorActivities {
  /** Returns the provider's id of the payment. */
  createPayment(id: string, amount: number): Promise<string>;
  writePaid(id: string, receivedAt: number): Promise<void>;
}

export function createFloorActivities(
  pool: pg.Pool,
  { base_url, client_id, secret, account_id }: Readonly<Record<string, string>>,
): FloorActivities {
  return {
    async createPayment(id, amount) {
      const payload = JSON.stringify({
        payment_method: 'bank_transfer',
        account_id,
        amount,
        reference_id: id,
      });
      const timestamp = String(Math.floor(Date.now() / 1000));
      const signed = `${secret}_POST_/api/v1/payments_${payload}_${timestamp}`;
      const response = await request(`${base_url}/api/v1/payments`, {
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          'x-client-id': client_id ?? '',
          'x-timestamp': timestamp,
          'x-signature': createHash('sha256').update(signed).digest('hex'),
        },
        body: payload,
      });
      const answer = (await response.body.json()) as { data: { payment_request_id: string } };
      return answer.data.payment_request_id;
    },
    async writePaid(id, receivedAt) {
      await pool.query({
        name: 'paid',
        text: `insert into floor_paid (id, received_at) values ($1, to_timestamp($2 / 1000.0)) on conflict do nothing`,
        values: [id, receivedAt],
      });
    },
  };
}

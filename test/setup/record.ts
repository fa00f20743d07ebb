/** Rows for tests that need a merchant, an account, an invoice or a payment in the database. */
import { randomBytes } from 'node:crypto';
import type pg from 'pg';
import { newId } from '../../db/ids.ts';
import { createMerchant, createProviderAccount } from '../../db/merchants.ts';
import { createPool } from '../../db/pool.ts';
import { createSealer, type Sealer } from '../../db/sealed.ts';
import { newInvoice, type InvoiceState } from '../../domain/state.ts';
import { freshDatabase } from './engines.ts';

export interface TestRecord {
  /** Of the database, as its owner. */
  readonly url: string;
  readonly pool: pg.Pool;
  readonly sealer: Sealer;
  readonly merchant_id: string;
  readonly account_id: string;
  /** An open invoice of 100,000 đồng, due in a week. */
  invoice(amount?: number): Promise<InvoiceState>;
  /** A payment's row as the API leaves it before anything is sent. */
  payment(invoice: InvoiceState, amount?: number): Promise<string>;
  /** A webhook's row as the API leaves it. */
  webhook(invoice: InvoiceState, payment_id: string, body: unknown): Promise<string>;
  close(): Promise<void>;
}

/** A database of its own with one merchant and one account at `provider`. */
export async function testRecord({
  provider,
  credentials,
}: {
  provider: string;
  credentials: unknown;
}): Promise<TestRecord> {
  const database = await freshDatabase();
  const pool = createPool({ url: database.url, size: 10, name: 'test', onError: () => undefined });
  const sealer = createSealer([{ id: 'k1', key: randomBytes(32) }]);
  const merchant_id = await createMerchant(pool, 'Test');
  const account_id = await createProviderAccount(pool, sealer, {
    merchant_id,
    mode: 'sandbox',
    provider,
    label: 'test',
    base_url: 'http://127.0.0.1:1',
    credentials,
  });
  return {
    url: database.url,
    pool,
    sealer,
    merchant_id,
    account_id,
    async invoice(amount = 100_000) {
      const id = newId('inv');
      const created_at = new Date().toISOString();
      const due_at = new Date(Date.now() + 7 * 86_400_000).toISOString();
      const state = newInvoice({
        id,
        merchant_id,
        currency: 'VND',
        amount,
        due_at,
        capture_method: 'automatic',
        on_authorization_expiry: 'capture',
        policies: { late: 'accept', excess: 'accept' },
        created_at,
      });
      await pool.query(
        `insert into invoices (id, merchant_id, mode, currency, amount, due_at, created_at, updated_at, state, version, status)
         values ($1, $2, 'sandbox', 'VND', $3, $4, $5, $5, $6, 0, 'open')`,
        [id, merchant_id, amount, due_at, created_at, state],
      );
      return state;
    },
    async payment(invoice, amount = invoice.amount) {
      const id = newId('pay');
      const request = {
        description: 'Order 1',
        customer: {},
        items: [],
        return_url: 'https://pay.example.com/return/x',
      };
      await pool.query(
        `insert into payments (id, invoice_id, merchant_id, account_id, provider, method, currency, amount, request, created_at, status, updated_at)
         values ($1, $2, $3, $4, $5, 'bank_transfer', 'VND', $6, $7, now(), 'requested', now())`,
        [id, invoice.id, merchant_id, account_id, provider, amount, request],
      );
      return id;
    },
    async webhook(invoice, payment_id, body) {
      const id = newId('whk');
      await pool.query(
        `insert into webhook_events (id, account_id, event_key, received_at, path, headers, body, invoice_id, payment_id, state)
         values ($1, $2, $1, now(), '/', '{}', $3, $4, $5, 'received')`,
        [id, account_id, Buffer.from(JSON.stringify(body)), invoice.id, payment_id],
      );
      return id;
    },
    async close() {
      await pool.end();
      await database.drop();
    },
  };
}

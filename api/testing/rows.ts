/** One row of every kind for a merchant, so that there is something of each that others must not see. */
import { newId } from '../../db/ids.ts';
import type { TestApi, TestMerchant } from './api.ts';

export type RowIds = Readonly<
  Record<
    | 'inv'
    | 'pay'
    | 'cap'
    | 'void'
    | 'rfd'
    | 'case'
    | 'evt'
    | 'exc'
    | 'whk'
    | 'inc'
    | 'whe'
    | 'dlv'
    | 'rec'
    | 'pacc'
    | 'key',
    string
  >
>;

/** Makes them in sandbox mode. The customer is the same for all merchants: `victim@example.com`. */
export async function rowsOfEveryKind(
  { call, pool }: TestApi,
  { id: merchant, key, account }: TestMerchant,
): Promise<RowIds> {
  const invoice = await call('POST', '/v1/invoices', {
    key,
    body: { amount: 200_000, currency: 'VND', customer: { email: 'victim@example.com' } },
  });
  const inv = String(invoice.json.id);
  const payment = await call('POST', `/v1/invoices/${inv}/payments`, {
    key,
    body: { payment_service: 'bazaar.qr' },
  });
  const pay = String(payment.json.id);
  const made = { cap: newId('cap'), void: newId('void'), rfd: newId('rfd') };
  for (const [kind, id] of [
    ['capture', made.cap],
    ['void', made.void],
    ['refund', made.rfd],
  ]) {
    await pool.query(
      `insert into payment_operations (id, kind, payment_id, invoice_id, merchant_id, mode, currency, amount, requested_by, status, created_at, updated_at)
       values ($1, $2, $3, $4, $5, 'sandbox', 'VND', 1, 'api', 'pending', now(), now())`,
      [id, kind, pay, inv, merchant],
    );
  }
  const rest = {
    case: newId('case'),
    evt: newId('evt'),
    exc: newId('exc'),
    whk: newId('whk'),
    inc: newId('inc'),
    whe: newId('whe'),
    dlv: newId('dlv'),
    rec: newId('rec'),
  };
  await pool.query(
    `insert into cases (id, kind, merchant_id, mode, invoice_id, payment_id, currency, amount, opened_at)
     values ($1, 'late_money', $2, 'sandbox', $3, $4, 'VND', 1, now())`,
    [rest.case, merchant, inv, pay],
  );
  await pool.query(
    `insert into outgoing_events (id, merchant_id, mode, invoice_id, payment_id, sequence, line, type, data, created_at)
     values ($1, $2, 'sandbox', $3, $4, 1, 1, 'payment.pending', '{"amount": null, "late": false}', now())`,
    [rest.evt, merchant, inv, pay],
  );
  await pool.query(
    `insert into provider_exchanges (id, account_id, invoice_id, payment_id, provider, operation, method, url, status, started_at, duration_ms, attempt, request_headers)
     values ($1, $2, $3, $4, 'bazaar', 'read_payment', 'GET', '/', 200, now(), 1, 1, '{}')`,
    [rest.exc, account, inv, pay],
  );
  await pool.query(
    `insert into webhook_events (id, account_id, event_key, received_at, path, headers, body, invoice_id, payment_id, state)
     values ($1, $2, 'e', now(), '/', '{}', '{}', $3, $4, 'received')`,
    [rest.whk, account, inv, pay],
  );
  await pool.query(
    `insert into incidents (id, account_id, merchant_id, mode, opened_at, failures) values ($1, $2, $3, 'sandbox', now(), 1)`,
    [rest.inc, account, merchant],
  );
  await pool.query(
    `insert into webhook_endpoints (id, merchant_id, mode, url, event_types, api_version, secrets, created_at, updated_at)
     values ($1, $2, 'sandbox', 'https://victim.example/hook', '{*}', '2026-11-01', '', now(), now())`,
    [rest.whe, merchant],
  );
  await pool.query(
    `insert into deliveries (id, endpoint_id, event_id, merchant_id, mode, subject, status, reason)
     values ($1, $2, $3, $4, 'sandbox', $5, 'exhausted', 'attempts_exhausted')`,
    [rest.dlv, rest.whe, rest.evt, merchant, inv],
  );
  await pool.query(
    `insert into reconciliation_runs (id, merchant_id, mode, account_id, day, source, is_complete, requested_by, status)
     values ($1, $2, 'sandbox', $3, current_date, 'list', true, 'x', 'pending')`,
    [rest.rec, merchant, account],
  );
  await pool.query(
    `insert into settlements (id, merchant_id, account_id, payment_id, invoice_id, key, currency, net, fee)
     values ($1, $2, $3, $4, $5, $1, 'VND', 1, 0)`,
    [newId('stl'), merchant, account, pay, inv],
  );
  await pool.query(
    `insert into ledger_entries (transaction_key, line, account, merchant_id, account_id, invoice_id, payment_id, currency, amount, at)
     select $1, n, 'provider_clearing', $1, $2, $3, $4, 'VND', 3 - 2 * n, now() from generate_series(1, 2) n`,
    [merchant, account, inv, pay],
  );
  return { inv, pay, ...made, ...rest, pacc: account, key: `key_${key.split('_')[2]}` };
}

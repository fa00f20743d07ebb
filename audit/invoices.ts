/** Reads the record invoice by invoice, in batches: memory does not grow with the number of invoices. */
import type pg from 'pg';
import type { InvoiceColumns, InvoiceRecord } from './invariant.ts';

/** The rows of each table, by the name they have in `InvoiceRecord`. */
const TABLES = {
  events: `select invoice_id, sequence, type, event_key, data, at, recorded_at::text as commit
    from invoice_events where invoice_id = any($1) order by invoice_id, sequence`,
  payments: `select p.invoice_id, p.id, p.account_id, p.provider, p.method, p.currency, p.amount, p.status, p.provider_payment_id,
      p.sent_at, p.expires_at, p.capture_before, p.amount_received, p.amount_authorized, p.amount_refunded, p.requested_by,
      coalesce(c.creations, 0) as creations
    from payments p left join (
      select payment_id, count(*) as creations from provider_exchanges
      where invoice_id = any($1) and operation = 'create_payment'
        and (status between 200 and 299 or failure->>'kind' = 'unknown_outcome')
      group by payment_id
    ) c on c.payment_id = p.id
    where p.invoice_id = any($1) order by p.id`,
  operations: `select invoice_id, id, kind, payment_id, currency, amount, status, provider_operation_id, requested_by
    from payment_operations where invoice_id = any($1) order by id`,
  cases: `select invoice_id, id, kind, payment_id, operation_id, currency, amount, opened_at, resolved_at, decision, resolved_by
    from cases where invoice_id = any($1) and row_id is null order by id`,
  ledger: `select invoice_id, transaction_key, line, account, merchant_id, account_id, payment_id, currency, amount
    from ledger_entries where invoice_id = any($1) and transaction_key not like 'settlement:%' order by transaction_key, line`,
  outgoing: `select invoice_id, sequence, line, type, payment_id, data
    from outgoing_events where invoice_id = any($1) order by sequence, line`,
  entries: `select invoice_id, id, event_sequence, merchant_id, mode, actor_type, actor_id, action, object_id
    from audit_entries where invoice_id = any($1)`,
} satisfies Record<Exclude<keyof InvoiceRecord, 'row'>, string>;

/**
 * Runs `read` in one snapshot, without the pool's limit on the time of a statement: commits that happen meanwhile are
 * seen whole or not at all, and a long table may take as long as it does.
 */
export async function inSnapshot<T>(pool: pg.Pool, read: (client: pg.PoolClient) => Promise<T>): Promise<T> {
  const client = await pool.connect();
  try {
    await client.query('begin transaction isolation level repeatable read, read only');
    await client.query('set local statement_timeout = 0');
    const result = await read(client);
    await client.query('commit');
    client.release();
    return result;
  } catch (error) {
    // The connection is closed, and with it the transaction.
    client.release(true);
    throw error;
  }
}

/** Every invoice with all that is recorded about it, `size` at a time, each batch in a snapshot of its own. */
export async function* invoiceBatches(pool: pg.Pool, size: number): AsyncGenerator<InvoiceRecord[]> {
  let last = '';
  for (;;) {
    const batch = await inSnapshot(pool, (client) => readBatch(client, last, size));
    if (batch.length > 0) yield batch;
    if (batch.length < size) return;
    last = batch.at(-1)?.row.id ?? last;
  }
}

async function readBatch(client: pg.PoolClient, after: string, size: number): Promise<InvoiceRecord[]> {
  const { rows } = await client.query<InvoiceColumns>(
    `select id, merchant_id, mode, created_by, currency, amount, due_at, created_at, capture_method, on_authorization_expiry, late_money, excess_money, state, version,
       status, (select t.last from audit_items t where t.subject = i.id order by t.first desc limit 1) as sealed_to, amount_received, amount_late, amount_authorized, amount_refunded
     from invoices i where id > $1 order by id limit $2`,
    [after, size],
  );
  const ids = rows.map(({ id }) => id);
  return joined(rows, {
    events: await grouped(client, TABLES.events, ids),
    payments: await grouped(client, TABLES.payments, ids),
    operations: await grouped(client, TABLES.operations, ids),
    cases: await grouped(client, TABLES.cases, ids),
    ledger: await grouped(client, TABLES.ledger, ids),
    outgoing: await grouped(client, TABLES.outgoing, ids),
    entries: await grouped(client, TABLES.entries, ids),
  });
}

type Grouped = { readonly [Name in keyof typeof TABLES]: ReadonlyMap<string, InvoiceRecord[Name][number][]> };

async function grouped<Row>(
  client: pg.PoolClient,
  text: string,
  ids: readonly string[],
): Promise<Map<string, Row[]>> {
  const { rows } = await client.query<{ invoice_id: string }>(text, [ids]);
  const groups = new Map<string, Row[]>();
  for (const { invoice_id, ...rest } of rows) {
    const group = groups.get(invoice_id) ?? [];
    group.push(rest as Row);
    groups.set(invoice_id, group);
  }
  return groups;
}

function joined(rows: readonly InvoiceColumns[], tables: Grouped): InvoiceRecord[] {
  return rows.map((row) => ({
    row,
    events: tables.events.get(row.id) ?? [],
    payments: tables.payments.get(row.id) ?? [],
    operations: tables.operations.get(row.id) ?? [],
    cases: tables.cases.get(row.id) ?? [],
    ledger: tables.ledger.get(row.id) ?? [],
    outgoing: tables.outgoing.get(row.id) ?? [],
    entries: tables.entries.get(row.id) ?? [],
  }));
}

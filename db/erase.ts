/**
 * Erases personal data of an invoice and leaves the record whole: amounts, events, ledger, ids and times stay. Whatever
 * comes for it afterwards loses its personal data on the way in (`exchanges.ts`, and a trigger on `webhook_events`).
 */
import type pg from 'pg';
import type { InvoiceState } from '../domain/state.ts';
import { isInFlight } from '../domain/status.ts';
import { noted, noteValue, type AuditNote } from './audit-entries.ts';
import type { Owner } from './invoices.ts';

/** `in_flight`: nothing was erased, because the invoice or one of its payments has not ended. */
export type ErasureOutcome = 'erased' | 'in_flight' | 'not_found';

/** Erases one invoice of this merchant. A second time changes nothing. */
export async function eraseInvoice(
  pool: pg.Pool,
  owner: Owner,
  id: string,
  note: AuditNote,
): Promise<ErasureOutcome> {
  const client = await pool.connect();
  try {
    await client.query('begin');
    const outcome = await eraseLocked(client, owner, id, note);
    await client.query(outcome === 'erased' ? 'commit' : 'rollback');
    client.release();
    return outcome;
  } catch (error) {
    // The connection is closed, and with it the transaction.
    client.release(true);
    throw error;
  }
}

async function eraseLocked(
  client: pg.PoolClient,
  owner: Owner,
  id: string,
  note: AuditNote,
): Promise<ErasureOutcome> {
  const { rows } = await client.query<{ state: InvoiceState; unrecorded: boolean }>(
    `select i.state, exists (
       select from payments p where p.invoice_id = i.id and p.status = 'requested' and p.sent_at is not null
     ) as unrecorded
     from invoices i where i.id = $1 and i.merchant_id = $2 and i.mode = $3 for update of i`,
    [id, owner.merchant_id, owner.mode],
  );
  const [invoice] = rows;
  if (!invoice) return 'not_found';
  if (invoice.unrecorded || isInFlight(invoice.state)) return 'in_flight';
  await client.query(ERASE, [id, noteValue('invoice.personal_data_erased', note)]);
  await eraseAnswers(client, owner, id);
  return 'erased';
}

/** A webhook that still waits to be applied is needed; the trigger erases it when it has been. */
const ERASE = `
  with invoice as (
    update invoices set customer = '{}', description = null, metadata = '{}', return_urls = '{}',
      items = (select coalesce(jsonb_agg(item || '{"name": ""}' order by place), '[]')
        from jsonb_array_elements(items) with ordinality as of (item, place)),
      erased_at = coalesce(erased_at, now())
    where id = $1 returning id, merchant_id, mode
  ), ${noted('invoice', 2)}, payments as (
    update payments set next_action = null,
      request = '{"description": null, "customer": {}, "items": [], "return_urls": {}}'
    where invoice_id = $1
  ), operations as (
    update payment_operations set reason = null, metadata = '{}' where invoice_id = $1
  ), calls as (
    update provider_exchanges set url = split_part(url, '?', 1), request_body = null, response_body = null,
      erased_at = coalesce(erased_at, now())
    where invoice_id = $1
  ), answers as (
    update delivery_attempts a set response_body = null
    from deliveries d join outgoing_events e on e.id = d.event_id
    where a.delivery_id = d.id and e.invoice_id = $1 and a.response_body is not null
  )
  update webhook_events set body = '', headers = '{}', erased_at = coalesce(erased_at, now())
  where invoice_id = $1 and state <> 'received'`;

/** The answers that repetitions of the invoice's and its payments' requests would get. */
async function eraseAnswers(client: pg.PoolClient, { merchant_id, mode }: Owner, id: string): Promise<void> {
  const { rows } = await client.query<{ key: string; answer_body: string }>(
    `select key, answer_body from idempotency_keys where merchant_id = $1 and mode = $2 and answer_body is not null
       and (resource_id = $3 or resource_id in (select id from payments where invoice_id = $3)
         or resource_id in (select id from payment_operations where invoice_id = $3))`,
    [merchant_id, mode, id],
  );
  for (const { key, answer_body } of rows) {
    await client.query(
      `update idempotency_keys set answer_body = to_jsonb($4::text) where merchant_id = $1 and mode = $2 and key = $3`,
      [merchant_id, mode, key, erasedAnswer(answer_body)],
    );
  }
}

/** The JSON text of an answer about an invoice or a payment without personal data; problems have none and stay as they are. */
export function erasedAnswer(text: string): string {
  const answer = JSON.parse(text) as Record<string, unknown>;
  switch (answer['object']) {
    case 'invoice':
      return JSON.stringify({
        ...answer,
        description: null,
        customer: {},
        items: list(answer['items']).map((item) => ({ ...item, name: '' })),
        metadata: {},
        return_urls: {},
        payments: list(answer['payments']).map(erasedPayment),
        erased_at: new Date().toISOString(),
      });
    case 'test_clock':
      return JSON.stringify({
        ...answer,
        invoice: JSON.parse(erasedAnswer(JSON.stringify(answer['invoice']))),
      });
    case 'payment':
      return JSON.stringify(erasedPayment(answer));
    case 'capture':
    case 'void':
    case 'refund':
      return JSON.stringify(erasedOperation(answer));
    default:
      return text;
  }
}

function erasedPayment(payment: Record<string, unknown>): Record<string, unknown> {
  const operations = (name: string) => list(payment[name]).map(erasedOperation);
  return {
    ...payment,
    description: null,
    next_action: null,
    captures: operations('captures'),
    voids: operations('voids'),
    refunds: operations('refunds'),
  };
}

function erasedOperation(operation: Record<string, unknown>): Record<string, unknown> {
  return { ...operation, reason: null, metadata: {} };
}

function list(value: unknown): Record<string, unknown>[] {
  return Array.isArray(value) ? (value as Record<string, unknown>[]) : [];
}

/** Whose data: one of the two. */
export interface Person {
  /** Compared by its digits. */
  readonly phone: string | null;
  /** Compared without regard to case. */
  readonly email: string | null;
}

const DIGITS = (phone: string): string =>
  `regexp_replace(regexp_replace(${phone}, '\\D', '', 'g'), '^00', '')`;
const isOf = (customer: string): string => `(
  ($3::text is not null and ${DIGITS(`${customer}->>'phone'`)} = ${DIGITS('$3::text')})
  or ($4::text is not null and lower(${customer}->>'email') = lower($4::text)))`;

/** Invoices that one statement looks through. */
const WINDOW = 20_000;

export interface PersonsInvoices {
  /** Of those looked through, the ones that name the person and were not erased yet. */
  readonly ids: readonly string[];
  /** Where to go on; null: these were the last. */
  readonly next: string | null;
}

/** Looks through this merchant's invoices after `after`, by id. The window keeps the statement short for large merchants. */
export async function invoicesOf(
  pool: pg.Pool,
  owner: Owner,
  { phone, email }: Person,
  after: string,
): Promise<PersonsInvoices> {
  const { rows } = await pool.query<PersonsInvoices>({
    name: 'invoices_of_person',
    text: `
      with looked as materialized (
        select id, customer, erased_at from invoices
        where merchant_id = $1 and mode = $2 and id > $5 order by id limit ${WINDOW}
      )
      select array(
        select l.id from looked l
        where l.erased_at is null and (${isOf('l.customer')}
          or exists (select from payments p where p.invoice_id = l.id and ${isOf("(p.request->'customer')")}))
        order by l.id
      ) as ids, (select max(id) from looked having count(*) = ${WINDOW}) as next`,
    values: [owner.merchant_id, owner.mode, phone, email, after],
  });
  return rows[0] ?? { ids: [], next: null };
}

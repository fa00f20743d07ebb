/** Payments that ended without their money and are read again for a while: which are due, and when the next reading is. */
import type pg from 'pg';
import { SWEPT_INVOICE, type SweptInvoice } from './sweep.ts';

/** One that could not be read comes again after this long. */
const AGAIN_S = 3600;
/** So long after money could last come, one that could never be read is given up. */
const GIVEN_UP_AFTER_S = 7 * 24 * 3600;

export interface LatePayment {
  readonly id: string;
  readonly provider: string;
  /** How often it was read since its end. */
  readonly late_reads: number;
  /** Minor units. */
  readonly amount_received: number;
  readonly invoice: SweptInvoice;
}

/** Payments that are to be read now, at most `limit`. Each comes again in an hour unless it is said before that it was read. */
export async function takeLatePayments(pool: pg.Pool, limit: number): Promise<LatePayment[]> {
  const { rows } = await pool.query<LatePayment>({
    name: 'take_late_payments',
    text: `
      with taken as (select id from payments where late_read_at <= now() order by late_read_at limit $1)
      update payments p set late_read_at = now() + make_interval(secs => ${AGAIN_S}) from taken, invoices i
      where p.id = taken.id and i.id = p.invoice_id
      returning p.id, p.provider, p.late_reads, p.amount_received, ${SWEPT_INVOICE}`,
    values: [limit],
  });
  return rows;
}

/** Payments of one invoice that are going to be read again. */
export async function lateReadsOf(pool: pg.Pool, invoiceId: string): Promise<string[]> {
  const { rows } = await pool.query<{ id: string }>({
    name: 'late_reads_of_invoice',
    text: 'select id from payments where invoice_id = $1 and late_read_at is not null order by id',
    values: [invoiceId],
  });
  return rows.map(({ id }) => id);
}

/**
 * Brings the next reading of these payments nearer by `by_s` seconds, for an invoice whose clock was moved. Those that are due by then
 * are returned, and come again in an hour unless it is said before that they were read.
 */
export async function bringLateReadsNearer(
  pool: pg.Pool,
  paymentIds: readonly string[],
  by_s: number,
): Promise<LatePayment[]> {
  const { rows } = await pool.query<LatePayment & { due: boolean }>({
    name: 'bring_late_reads_nearer',
    text: `
      with moved as (
        select id, late_read_at - make_interval(secs => $2::float8) as at from payments
        where id = any($1) and late_read_at is not null for update
      )
      update payments p set late_read_at = case when moved.at <= now() then now() + make_interval(secs => ${AGAIN_S}) else moved.at end
      from moved, invoices i
      where p.id = moved.id and i.id = p.invoice_id
      returning moved.at <= now() as due, p.id, p.provider, p.late_reads, p.amount_received, ${SWEPT_INVOICE}`,
    values: [paymentIds, by_s],
  });
  return rows.filter(({ due }) => due);
}

/**
 * Notes that it was read, and when it is read next, seconds from now; null: never again. One that the reading has completed stays
 * alone. What has come of its money now, minor units.
 */
export async function noteLateRead(pool: pg.Pool, paymentId: string, next_s: number | null): Promise<number> {
  const { rows } = await pool.query<{ amount_received: number }>({
    name: 'note_late_read',
    text: `
      update payments set late_reads = late_reads + 1,
        late_read_at = case when late_read_at is not null then now() + make_interval(secs => $2::float8) end
      where id = $1 returning amount_received`,
    values: [paymentId, next_s],
  });
  return rows[0]?.amount_received ?? 0;
}

/** Gives up one that cannot be read and can hardly be paid any more: `late_money_s` after its end, and a week. */
export async function giveUpLatePayment(
  pool: pg.Pool,
  paymentId: string,
  late_money_s: number,
): Promise<void> {
  await pool.query({
    name: 'give_up_late_payment',
    text: `
      update payments set late_read_at = null
      where id = $1 and updated_at < now() - make_interval(secs => $2::float8)`,
    values: [paymentId, late_money_s + GIVEN_UP_AFTER_S],
  });
}

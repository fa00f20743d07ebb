/** Ends an invoice as its workflow would have, where the workflows are stand-ins. */
import type pg from 'pg';
import { record } from '../../domain/reduce.ts';
import type { InvoiceState } from '../../domain/state.ts';
import { invoiceStatus } from '../../domain/status.ts';

/** Cancels it, with its payments. */
export async function endInvoice(pool: pg.Pool, id: string): Promise<void> {
  const { rows } = await pool.query<{ state: InvoiceState }>('select state from invoices where id = $1', [
    id,
  ]);
  const [row] = rows;
  if (!row) throw new Error('no invoice');
  const { state } = record(row.state, [{ type: 'invoice.canceled', reason: null }], Date.now());
  await pool.query('update invoices set state = $2, status = $3 where id = $1', [
    id,
    state,
    invoiceStatus(state),
  ]);
  await pool.query(`update payments set status = 'canceled' where invoice_id = $1`, [id]);
}

/** One invoice of whoever may see it: what pages and actions about it start from. */
import { findInvoiceWithPayments, type InvoiceWithPayments, type Owner } from '../../db/invoices.ts';
import { findByOurId } from '../../db/ops-invoices.ts';
import { isId } from '../../db/ids.ts';
import { contextOf } from '../context.ts';
import type { ApiDependencies } from '../dependencies.ts';
import { notFound } from '../problem.ts';
import type { Visit } from './page.ts';

export interface OneInvoice extends InvoiceWithPayments {
  readonly owner: Owner;
}

/** The invoice in the address. Throws the problem of an unknown one, also when it is one that they may not see. */
export async function oneInvoice(
  { pool }: Pick<ApiDependencies, 'pool'>,
  { params, operator, modes, response }: Visit,
): Promise<OneInvoice> {
  const id = params['id'] ?? '';
  const found = isId('inv', id) ? await findByOurId(pool, id) : null;
  const isTheirs = found !== null && (operator.merchant_id ?? found.merchant_id) === found.merchant_id;
  if (!isTheirs || !modes.includes(found.mode)) throw notFound('invoice');
  contextOf(response).invoice_id = id;
  const owner: Owner = { merchant_id: found.merchant_id, mode: found.mode };
  const invoice = await findInvoiceWithPayments(pool, owner, id);
  if (invoice === null) throw notFound('invoice');
  return { ...invoice, owner };
}

/** What goes into `POST /invoice`. */
import { createHash } from 'node:crypto';
import { fromWholeUnits, toWholeUnits } from '../../domain/money.ts';
import { exactly } from '../check-request.ts';
import type { CreatePayment, LineItem } from '../contract.ts';
import { dateTime, IQD, IQD_ID } from './wire.ts';

/** The older plugin fills texts that it does not need with blanks, so empty ones may be refused. */
const NOTHING = '-';

/** The plugins' fields. Our reference is code and order number at once: both are signed in webhooks. */
export function invoiceBody(
  customer_id: string,
  { money, reference, description, items }: CreatePayment,
  { at, ends_at }: { at: number; ends_at: number },
): Record<string, unknown> {
  const total = exactly(() => toWholeUnits(money));
  const subject = description ?? `Payment ${reference}`;
  return {
    code: reference,
    number: invoiceNumber(reference),
    order_number: reference,
    customer_id,
    currency_id: IQD_ID,
    base_currency_id: IQD_ID,
    rate_id: -1,
    rate: 1,
    at: dateTime(at),
    due_at: dateTime(ends_at),
    terms: 'due_on_recept',
    subject,
    customer_notes: NOTHING,
    terms_and_conditions: NOTHING,
    notes: NOTHING,
    attachments: [],
    discount: 0,
    discount_type: 'percentage',
    subtotal: total,
    total,
    status: 'pending',
    remarks: NOTHING,
    items: linesOf(items, total) ?? [lineOf(subject, 1, total)],
    meta_data: { reference },
  };
}

/**
 * `number` must be an integer, says the newer plugin, where the older one sends digits as text: so digits as text, always
 * the same for one reference, and no more than a column of 32 bits takes. Nothing is found by it.
 */
function invoiceNumber(reference: string): string {
  const hash = createHash('sha256').update(reference, 'utf8').digest();
  return String(hash.readUInt32BE(0) >>> 1 || 1);
}

/** The items in whole dinars; null when they are not, or do not add up to what is to be paid. */
function linesOf(items: readonly LineItem[], total: number): unknown[] | null {
  const dinar = fromWholeUnits(1, IQD).amount;
  if (items.length === 0 || items.some(({ unit_amount }) => unit_amount % dinar !== 0)) return null;
  const lines = items.map(({ name, quantity, unit_amount }) => lineOf(name, quantity, unit_amount / dinar));
  return lines.reduce((sum, { rate, quantity }) => sum + rate * quantity, 0) === total ? lines : null;
}

const lineOf = (item: string, quantity: number, rate: number) => ({
  item,
  description: NOTHING,
  rate,
  quantity,
  discount: 0,
});

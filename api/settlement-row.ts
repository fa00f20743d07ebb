/** One line of a settlement file, read strictly: what cannot be understood exactly is refused with its column, never guessed. */
import { createHash } from 'node:crypto';
import type { ProviderRow } from '../db/reconciliation-rows.ts';
import { isCurrency, type Currency } from '../domain/currency.ts';
import { MAX_AMOUNT, MoneyError, parseDecimal } from '../domain/money.ts';
import type { FileColumn } from '../domain/settlement-format.ts';
import type { FieldError } from './problem.ts';
import type { FullFormat } from './settlement-format.ts';

/** A cell that cannot be read. */
class Unreadable extends Error {
  readonly error: Omit<FieldError, 'pointer'>;
  constructor(error: Omit<FieldError, 'pointer'>) {
    super(error.detail);
    this.error = error;
  }
}

const ID_MAX = 200;

/** What the file has of our columns: a file with none of those that tell of settlement has nothing to book. */
const TELLS_SETTLEMENT: readonly FileColumn[] = [
  'fee',
  'net',
  'settled_at',
  'settlement_reference',
  'settlement_id',
];

/** `cell`: the text of one of our columns in this line, trimmed; empty where the file has none. */
export function readLine(
  line: number,
  cell: (column: FileColumn) => string,
  format: FullFormat,
  has: ReadonlySet<FileColumn>,
): { readonly row: ProviderRow } | { readonly errors: readonly FieldError[] } {
  const errors: FieldError[] = [];
  const read = <T>(column: FileColumn, parse: (text: string) => T): T | null => {
    const text = cell(column);
    if (text === '') return null;
    try {
      return parse(text);
    } catch (error) {
      if (!(error instanceof Unreadable)) throw error;
      errors.push({ pointer: at(line, format.columns[column]), ...error.error });
      return null;
    }
  };
  const refuse = (column: FileColumn, code: string, detail: string, expected: string): void => {
    errors.push({ pointer: at(line, format.columns[column]), code, detail, expected });
  };

  const provider_payment_id = read('provider_payment_id', idText);
  const reference = read('reference', idText);
  const currency = read('currency', currencyText) ?? (cell('currency') === '' ? format.currency : null);
  if (currency === null) {
    if (cell('currency') === '') refuse('currency', 'required', 'is missing', 'an ISO 4217 currency code');
    return { errors };
  }
  const amountIn = (column: FileColumn) => read(column, (text) => amountText(text, currency, format));
  const [amount, fee, told_net] = [amountIn('amount'), amountIn('fee'), amountIn('net')];
  const status = read('status', (text) => statusText(text, format));
  const paid_at = read('paid_at', (text) => timeText(text, format));
  const settled_at = read('settled_at', (text) => timeText(text, format));
  const settlement_reference = read('settlement_reference', idText);
  const settlement_id = read('settlement_id', idText);

  const isFeeAlone =
    provider_payment_id === null && reference === null && (amount ?? 0) === 0 && fee !== null;
  if (amount === null && !isFeeAlone && cell('amount') === '')
    refuse('amount', 'required', 'is missing', 'the amount the customer paid');
  if (amount === 0 && !isFeeAlone) refuse('amount', 'not_positive', 'must not be zero', 'an amount');
  const net = told_net ?? (amount ?? 0) - (fee ?? 0);
  if (told_net !== null && fee !== null && (amount ?? 0) - fee !== told_net)
    refuse('net', 'conflict', 'is not the amount less the fee', `${(amount ?? 0) - fee} in minor units`);
  if (
    !isFeeAlone &&
    (['provider_payment_id', 'reference', 'paid_at'] as const).every((column) => cell(column) === '')
  )
    refuse(
      'provider_payment_id',
      'required',
      'is missing, and so are reference and paid_at',
      'something to find the payment by',
    );
  if (errors.length > 0) return { errors };

  const isMoney = status === null || status === 'paid';
  const settles = isMoney && TELLS_SETTLEMENT.some((column) => has.has(column));
  // A net without a fee tells the fee.
  const told_fee = fee ?? (told_net !== null && amount !== null ? amount - told_net : null);
  const same = [provider_payment_id, reference, settlement_reference, settled_at, currency, amount, fee, net];
  return {
    row: {
      row_key: `line:${line}`,
      line,
      provider_payment_id,
      reference,
      currency,
      amount: status === null ? null : amount !== null && amount > 0 ? amount : null,
      received: isFeeAlone ? null : isMoney ? amount : 0,
      refunded: null,
      fee: told_fee,
      status,
      provider_status: cell('status').slice(0, ID_MAX) || null,
      at: paid_at,
      settled: settles ? net : null,
      settled_at,
      settlement_reference,
      settlement_key: settles ? (settlement_id === null ? digest(same) : `id:${settlement_id}`) : null,
    },
  };
}

/** Where an error is: the line, and the column as the file calls it. */
export const at = (line: number, column: string): string =>
  `/line/${line}/${column.replaceAll('~', '~0').replaceAll('/', '~1')}`;

/** Rows that say the same are the same settlement, in whatever file. */
const digest = (parts: readonly unknown[]): string =>
  createHash('sha256').update(JSON.stringify(parts)).digest('hex');

function idText(text: string): string {
  const expected = `1 to ${ID_MAX} printable characters`;
  if (text.length <= ID_MAX && !/\p{Cc}/u.test(text)) return text;
  throw new Unreadable({ code: 'invalid_format', detail: `must be ${expected}`, expected });
}

function currencyText(text: string): Currency {
  if (isCurrency(text)) return text;
  const expected = 'an ISO 4217 currency code in use, such as VND, XAF, IQD or SAR';
  throw new Unreadable({ code: 'unknown_currency', detail: 'is not a currency code in use', expected });
}

/** Signed: a refund or a fee that was given back is negative. */
function amountText(text: string, currency: Currency, { amounts, decimal_separator }: FullFormat): number {
  const expected =
    amounts === 'minor'
      ? 'a whole number of minor units, without separators'
      : `a decimal number with the decimals of ${currency} at most, "${decimal_separator}" before them and no other separators`;
  const refusal = new Unreadable({ code: 'invalid_format', detail: 'is not an amount', expected });
  const [, sign = '', digits = ''] = /^([+-]?)([\d.,]+)$/.exec(text) ?? [];
  const other = decimal_separator === '.' ? ',' : '.';
  if (digits === '' || digits.includes(other)) throw refusal;
  const plain = digits.replace(decimal_separator, '.');
  if (!(amounts === 'minor' ? /^\d{1,16}$/ : /^\d{1,16}(\.\d+)?$/).test(plain)) throw refusal;
  try {
    const value = amounts === 'minor' ? Number(plain) : parseDecimal(plain, currency).amount;
    if (value > MAX_AMOUNT) throw refusal;
    return sign === '-' && value !== 0 ? -value : value;
  } catch (error) {
    if (error instanceof MoneyError) throw refusal;
    throw error;
  }
}

function statusText(text: string, { statuses }: FullFormat) {
  const meaning = Object.hasOwn(statuses, text) ? statuses[text] : undefined;
  if (meaning !== undefined) return meaning;
  const expected = `one of ${Object.keys(statuses).join(', ')}; the account's settlement_file.statuses adds words`;
  throw new Unreadable({
    code: 'unknown_status',
    detail: 'is not a status known for this account',
    expected,
  });
}

const FORMS: Readonly<Record<FullFormat['dates'], RegExp>> = {
  'YYYY-MM-DD': /^(?<year>\d{4})-(?<month>\d\d)-(?<day>\d\d)/,
  'DD/MM/YYYY': /^(?<day>\d\d)\/(?<month>\d\d)\/(?<year>\d{4})/,
  'MM/DD/YYYY': /^(?<month>\d\d)\/(?<day>\d\d)\/(?<year>\d{4})/,
};
const TIME = /^(?:[Tt ](\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?) ?([Zz]|[+-]\d\d:?\d\d)?)?$/;

/** A day, or a day with a time; a time without a zone needs the account's `utc_offset`. A day alone begins at 00:00 there, or in UTC. */
function timeText(text: string, { dates, utc_offset }: FullFormat): string {
  const zoned = utc_offset === null ? '; a time with its zone, such as 2027-01-31T17:00:00Z' : '';
  const expected = `${dates}, alone or with a time${zoned}`;
  const refusal = new Unreadable({
    code: 'invalid_format',
    detail: 'is not a time that can be read',
    expected,
  });
  const date = FORMS[dates].exec(text);
  const { year = '', month = '', day = '' } = date?.groups ?? {};
  const rest = date === null ? null : TIME.exec(text.slice(date[0].length));
  if (rest === null) throw refusal;
  const [, time, given] = rest;
  if (time !== undefined && given === undefined && utc_offset === null) throw refusal;
  const zone = (given ?? utc_offset ?? 'Z').replace(/^([+-]\d\d)(\d\d)$/, '$1:$2').toUpperCase();
  const moment = Date.parse(`${year}-${month}-${day}T${time ?? '00:00'}${zone}`);
  const lastDay = new Date(Date.UTC(Number(year), Number(month), 0)).getUTCDate();
  if (Number.isNaN(moment) || Number(day) > lastDay) throw refusal;
  return new Date(moment).toISOString();
}

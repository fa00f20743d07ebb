/**
 * What FIB takes in its create calls. Amounts come as JSON numbers from its npm and Python clients and as decimal text from
 * its PHP family; its PHP client sends empty text for what it does not know. Unknown fields are passed over.
 */

export interface PaymentOrder {
  /** Whole dinars. */
  readonly dinars: number;
  readonly description: string | null;
  readonly statusCallbackUrl: URL | null;
  readonly redirectUri: URL | null;
  readonly expiresInMs: number;
  readonly refundableForMs: number;
}

/** Money to somebody's account. */
export interface PayoutOrder {
  /** Whole dinars. */
  readonly dinars: number;
  readonly iban: string;
  readonly description: string | null;
}

/** A body that FIB answers with 400. `code` is made up here: FIB does not publish its codes. */
export class InvalidRequest extends Error {
  readonly code: string;

  constructor(code: string, message: string) {
    super(message);
    this.code = code;
  }
}

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
/** Not documented. */
const DEFAULT_EXPIRY_MS = HOUR_MS;
const REFUNDABLE_MIN_MS = 12 * HOUR_MS;
const REFUNDABLE_MAX_MS = 7 * DAY_MS;
/** "Must be bigger than 250." */
const NOT_ENOUGH_DINARS = 250;
const DESCRIPTION_MAX = 50;
const IBAN = /^IQ[0-9A-Z]{8,32}$/;
const CATEGORIES = [
  'ERP',
  'POS',
  'ECOMMERCE',
  'UTILITY',
  'PAYROLL',
  'SUPPLIER',
  'LOAN',
  'GOVERNMENT',
  'MISCELLANEOUS',
  'OTHER',
];

/** The order in a request body; throws `InvalidRequest`. */
export function parseOrder(rawBody: Buffer): PaymentOrder {
  const body = parseObject(rawBody);
  const amount = amountIn(body, 'monetaryValue');
  const description = optionalText(body, 'description');
  if (description !== null && [...description].length > DESCRIPTION_MAX) {
    throw invalid(`description must not be longer than ${DESCRIPTION_MAX} characters`);
  }
  const category = optionalText(body, 'category');
  if (category !== null && !CATEGORIES.includes(category)) {
    throw invalid(`category must be one of ${CATEGORIES.join(', ')}`);
  }
  const refundableForMs = duration(body, 'refundableFor') ?? REFUNDABLE_MAX_MS;
  if (refundableForMs < REFUNDABLE_MIN_MS || refundableForMs > REFUNDABLE_MAX_MS) {
    throw invalid('refundableFor must be between 12 hours and 7 days');
  }
  return {
    dinars: enough(parseDinars(amount, 'monetaryValue')),
    description,
    statusCallbackUrl: optionalUrl(body, 'statusCallbackUrl'),
    redirectUri: optionalUrl(body, 'redirectUri'),
    expiresInMs: duration(body, 'expiresIn') ?? DEFAULT_EXPIRY_MS,
    refundableForMs,
  };
}

/** The payout in a request body; throws `InvalidRequest`. */
export function parsePayout(rawBody: Buffer): PayoutOrder {
  const body = parseObject(rawBody);
  const dinars = parseDinars(amountIn(body, 'amount'), 'amount');
  if (dinars === 0) throw new InvalidRequest('INVALID_AMOUNT', 'amount.amount must be above 0 IQD');
  const iban = optionalText(body, 'targetAccountIban')?.replaceAll(' ', '').toUpperCase() ?? '';
  if (!IBAN.test(iban)) throw new InvalidRequest('INVALID_IBAN', 'targetAccountIban must be an IBAN');
  return { dinars, iban, description: optionalText(body, 'description') };
}

/** Milliseconds of an ISO 8601 duration such as `PT8H6M12.345S` or `P7D`; null when it is none. Months have 30 days. */
export function durationMs(text: string): number | null {
  const match =
    /^P(?=.)(?:(\d+)Y)?(?:(\d+)M)?(?:(\d+)W)?(?:(\d+)D)?(?:T(?=.)(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d{1,9})?)S)?)?$/.exec(
      text,
    );
  if (match === null) return null;
  const units = [365 * DAY_MS, 30 * DAY_MS, 7 * DAY_MS, DAY_MS, HOUR_MS, 60_000, 1000];
  const total = units.reduce((sum, unit, index) => sum + Number(match[index + 1] ?? 0) * unit, 0);
  return Number.isFinite(total) ? total : null;
}

function parseObject(rawBody: Buffer): Readonly<Record<string, unknown>> {
  let value: unknown;
  try {
    value = JSON.parse(rawBody.toString('utf8'));
  } catch {
    throw invalid('the body is not JSON');
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw invalid('the body must be an object');
  }
  return Object.fromEntries(Object.entries(value));
}

/** `amount` of `{amount, currency}`, which must be in dinars. */
function amountIn(body: Readonly<Record<string, unknown>>, name: string): unknown {
  const value = body[name];
  if (typeof value !== 'object' || value === null) throw invalid(`${name} is required`);
  const { amount, currency } = Object.fromEntries(Object.entries(value));
  if (currency !== 'IQD') throw new InvalidRequest('UNSUPPORTED_CURRENCY', 'currency must be IQD');
  return amount;
}

function parseDinars(amount: unknown, name: string): number {
  const text = typeof amount === 'number' ? String(amount) : amount;
  if (typeof text !== 'string' || !/^\d{1,12}(\.0+)?$/.test(text)) {
    throw new InvalidRequest('INVALID_AMOUNT', `${name}.amount must be whole dinars`);
  }
  return Number(text);
}

function enough(dinars: number): number {
  if (dinars > NOT_ENOUGH_DINARS) return dinars;
  throw new InvalidRequest('INVALID_AMOUNT', `monetaryValue.amount must be above ${NOT_ENOUGH_DINARS} IQD`);
}

function duration(body: Readonly<Record<string, unknown>>, name: string): number | null {
  const text = optionalText(body, name);
  if (text === null) return null;
  const ms = durationMs(text);
  if (ms === null || ms <= 0) throw invalid(`${name} must be an ISO 8601 duration`);
  return ms;
}

function optionalUrl(body: Readonly<Record<string, unknown>>, name: string): URL | null {
  const text = optionalText(body, name);
  if (text === null) return null;
  if (!URL.canParse(text)) throw invalid(`${name} must be an absolute URL`);
  return new URL(text);
}

function optionalText(body: Readonly<Record<string, unknown>>, name: string): string | null {
  const value = body[name];
  if (value === undefined || value === null || value === '') return null;
  if (typeof value !== 'string') throw invalid(`${name} must be text`);
  return value;
}

function invalid(message: string): InvalidRequest {
  return new InvalidRequest('INVALID_REQUEST', message);
}

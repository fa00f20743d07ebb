/**
 * Reads the bodies that FuratPay's simulator takes: the fields of FuratPay's two plugins. The older one fills texts with
 * blanks and writes `number` and the total as text; the newer one leaves texts empty and writes numbers as numbers.
 */

export interface InvoiceOrder {
  readonly code: string;
  readonly number: string;
  readonly orderNumber: string;
  /** The UUID of a customer that is there, or the merchant's own code for one. */
  readonly customerId: string;
  /** The customer comes along in `customer`, to be created under its code unless it is there. */
  readonly bringsCustomer: boolean;
  /** 3 is the dinar, 1 the US dollar. */
  readonly currencyId: number;
  /** As it came: a number, or a decimal text. */
  readonly total: number;
  /** The whole body, which the invoice repeats. */
  readonly body: Readonly<Record<string, unknown>>;
}

/** A body that is answered with 400 and this message. */
export class InvalidRequest extends Error {}

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
const CURRENCY_IDS = new Set([1, 3]);

/** A JSON object; throws `InvalidRequest` for anything else. */
export function parseBody(rawBody: Buffer): Readonly<Record<string, unknown>> {
  let value: unknown;
  try {
    value = JSON.parse(rawBody.toString('utf8'));
  } catch {
    throw new InvalidRequest('invalid JSON');
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new InvalidRequest('an object is expected');
  }
  return Object.fromEntries(Object.entries(value));
}

export function parseInvoice(body: Readonly<Record<string, unknown>>): InvoiceOrder {
  const customerId = requiredText(body, 'customer_id');
  const currencyId = body['currency_id'];
  if (typeof currencyId !== 'number' || !CURRENCY_IDS.has(currencyId)) {
    throw new InvalidRequest('currency_id is unknown');
  }
  const items = body['items'];
  if (!Array.isArray(items) || items.length === 0) throw new InvalidRequest('items must not be empty');
  return {
    code: requiredText(body, 'code'),
    number: invoiceNumber(body['number']),
    orderNumber: requiredText(body, 'order_number'),
    customerId,
    bringsCustomer: !UUID.test(customerId) && isObject(body['customer']),
    currencyId,
    total: parseTotal(body['total']),
    body,
  };
}

export function parsePayment(body: Readonly<Record<string, unknown>>): {
  serviceId: number;
  invoiceId: string;
} {
  const serviceId = Number(body['payment_service_id']);
  if (!Number.isSafeInteger(serviceId)) throw new InvalidRequest('payment_service_id must be an integer');
  return { serviceId, invoiceId: requiredText(body, 'invoice_id') };
}

/** WooCommerce writes totals as texts: `"25000.00"`. */
function parseTotal(value: unknown): number {
  const total = typeof value === 'string' && /^\d{1,12}(\.\d+)?$/.test(value) ? Number(value) : value;
  if (typeof total !== 'number' || !Number.isFinite(total) || total <= 0) {
    throw new InvalidRequest('total must be a positive number');
  }
  return total;
}

/** "Must be integer per API spec" says the newer plugin; the older one writes text. */
function invoiceNumber(value: unknown): string {
  const text = typeof value === 'number' && Number.isSafeInteger(value) ? String(value) : value;
  if (typeof text !== 'string' || text === '') throw new InvalidRequest('number is required');
  return text;
}

function isObject(value: unknown): boolean {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function requiredText(body: Readonly<Record<string, unknown>>, name: string): string {
  const value = body[name];
  if (typeof value !== 'string' || value === '') throw new InvalidRequest(`${name} is required`);
  return value;
}

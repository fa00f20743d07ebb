/** Reads the bodies that Rehive's simulator takes. Fields as in the generated types of `rehive/rehive-javascript`. */

export type Body = Readonly<Record<string, unknown>>;

/** A body that is answered with 400: `{status:"error", message, data: {field: [message]}}`. */
export class InvalidField extends Error {
  readonly field: string;

  constructor(field: string, message: string) {
    super(message);
    this.field = field;
  }
}

export interface InvoiceOrder {
  readonly reference: string | null;
  readonly amount: number;
  readonly description: string | null;
  readonly status: 'draft' | 'initiated';
  readonly returnUrl: string | null;
  readonly payerEmail: string | null;
  readonly payerMobile: string | null;
  /** Milliseconds since the epoch. */
  readonly expirationDate: number | null;
  readonly dueDate: number | null;
  readonly metadata: unknown;
}

export const HOOK_EVENTS = [
  'service_payment_requests.request.create',
  'service_payment_requests.request.update',
  'service_payment_requests.quote.create',
  'service_payment_requests.otp.create',
  'service_payment_requests.payer_reminder',
  'service_payment_requests.payer_requested',
] as const;

export interface HookOrder {
  readonly url: URL;
  readonly event: (typeof HOOK_EVENTS)[number];
  readonly secret: string | null;
}

/** What a manager may still change of an invoice; what was not sent is not there. */
export type InvoiceChanges = Partial<Omit<InvoiceOrder, 'status'>>;

export interface RefundOrder {
  readonly amount: number;
  readonly currency: string;
  readonly reason: string | null;
}

export function parseBody(rawBody: Buffer): Body {
  let value: unknown;
  try {
    value = JSON.parse(rawBody.toString('utf8'));
  } catch {
    throw new InvalidField('non_field_errors', 'JSON parse error.');
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new InvalidField('non_field_errors', 'Invalid data. Expected a dictionary.');
  }
  return Object.fromEntries(Object.entries(value));
}

export function parseInvoice(body: Body): InvoiceOrder {
  const status = body['status'];
  if (status !== 'draft' && status !== 'initiated') {
    throw new InvalidField('status', 'Must be draft or initiated.');
  }
  return { ...fieldsOf(body), status };
}

/** A user's payment request: the caller says the currency, and need not say that it is not a draft. */
export function parseRequest(body: Body): InvoiceOrder {
  const currency = text(body, 'request_currency', 30);
  if (currency === null) throw new InvalidField('request_currency', 'This field is required.');
  if (currency !== 'USD') throw new InvalidField('request_currency', 'Invalid currency.');
  return parseInvoice({ status: 'initiated', ...body });
}

/** The registration of a webhook; what is missing comes from `before`, when there is one. */
export function parseHook(body: Body, before: HookOrder | null): HookOrder {
  const target = url(body, 'url') ?? before?.url.href ?? null;
  if (target === null) throw new InvalidField('url', 'This field is required.');
  const asked = body['event'] ?? before?.event;
  const event = HOOK_EVENTS.find((known) => known === asked);
  if (event === undefined) throw new InvalidField('event', 'Not a valid choice.');
  const secret = 'secret' in body ? text(body, 'secret', 200) : (before?.secret ?? null);
  return { url: new URL(target), event, secret };
}

/** The fields of a PATCH. With `whole`, as for a PUT, the mandatory ones have to be there. */
export function parseChanges(body: Body, whole: boolean): InvoiceChanges {
  if (whole && body['status'] === undefined) throw new InvalidField('status', 'This field is required.');
  const amountGiven = whole || body['request_amount'] !== undefined;
  const fields = fieldsOf(amountGiven ? body : { ...body, request_amount: 1 });
  const sent: Readonly<Record<keyof typeof fields, boolean>> = {
    reference: 'request_reference' in body,
    amount: amountGiven,
    description: 'description' in body,
    returnUrl: 'return_url' in body,
    payerEmail: 'payer_email' in body,
    payerMobile: 'payer_mobile_number' in body,
    expirationDate: 'expiration_date' in body,
    dueDate: 'due_date' in body,
    metadata: 'metadata' in body,
  };
  return Object.fromEntries(Object.entries(fields).filter(([name]) => sent[name as keyof typeof fields]));
}

function fieldsOf(body: Body): Omit<InvoiceOrder, 'status'> {
  return {
    reference: text(body, 'request_reference', 255),
    amount: amountOf(body, 'request_amount'),
    description: text(body, 'description', 255),
    returnUrl: url(body, 'return_url'),
    payerEmail: text(body, 'payer_email', 254),
    payerMobile: text(body, 'payer_mobile_number', 24),
    expirationDate: time(body, 'expiration_date'),
    dueDate: time(body, 'due_date'),
    metadata: body['metadata'] ?? {},
  };
}

export function parseRefund(body: Body): RefundOrder {
  const currency = text(body, 'currency', 30);
  if (currency === null) throw new InvalidField('currency', 'This field is required.');
  if (body['type'] !== 'native') throw new InvalidField('type', 'Only native refunds are supported.');
  return { amount: amountOf(body, 'amount'), currency, reason: text(body, 'reason', 500) };
}

/** Positive integers of the currency's smallest unit. */
function amountOf(body: Body, name: string): number {
  const value = body[name];
  if (value === undefined || value === null) throw new InvalidField(name, 'This field is required.');
  if (typeof value !== 'number' || !Number.isSafeInteger(value)) {
    throw new InvalidField(name, 'A valid integer is required.');
  }
  if (value <= 0) throw new InvalidField(name, 'Ensure this value is greater than or equal to 1.');
  return value;
}

function text(body: Body, name: string, max: number): string | null {
  const value = body[name];
  if (value === undefined || value === null || value === '') return null;
  if (typeof value !== 'string') throw new InvalidField(name, 'Not a valid string.');
  if (value.length > max)
    throw new InvalidField(name, `Ensure this field has no more than ${max} characters.`);
  return value;
}

function url(body: Body, name: string): string | null {
  const value = text(body, name, 2048);
  if (value !== null && !URL.canParse(value)) throw new InvalidField(name, 'Enter a valid URL.');
  return value;
}

/** Seconds are a mistake that is worth being told about. */
function time(body: Body, name: string): number | null {
  const value = body[name];
  if (value === undefined || value === null) return null;
  if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < 100_000_000_000) {
    throw new InvalidField(name, 'A UNIX timestamp in milliseconds is required.');
  }
  return value;
}

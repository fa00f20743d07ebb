/**
 * What Finan's documentation demands of the body of `POST /api/v1/payments`. The wording of its error messages is not
 * published; ours name the field.
 */
import { z } from 'zod';

export const PAYMENT_METHODS = ['bank_transfer', 'card', 'ewallet_momo'] as const;
export type PaymentMethod = (typeof PAYMENT_METHODS)[number];

const text = z.string({ error: 'must be a string' });
const requiredText = text.trim().min(1, { error: 'is required' });
const whole = z.int({ error: 'must be an integer' });

const item = z
  .object({
    name: requiredText,
    price: whole.min(0, { error: 'must not be negative' }),
    quantity: whole.min(1, { error: 'must be at least 1' }),
    amount: whole.min(0, { error: 'must not be negative' }),
  })
  .refine((line) => line.amount === line.price * line.quantity, {
    error: 'must be price * quantity',
    path: ['amount'],
  });

const createPayment = z.object({
  payment_method: z.enum(PAYMENT_METHODS, { error: `must be one of ${PAYMENT_METHODS.join(', ')}` }),
  amount: whole.min(1, { error: 'must be greater than 0' }),
  reference_id: requiredText,
  reference_type: text.optional(),
  account_id: z.uuid({ error: 'must be a uuid' }).optional(),
  description: text.max(30, { error: 'must not exceed 30 characters' }).optional(),
  success_redirect_url: text.optional(),
  failure_redirect_url: text.optional(),
  items: z.array(item, { error: 'must be an array' }).optional(),
  customer: z
    .object({
      name: requiredText,
      phone: text.optional(),
      address: text.optional(),
      email: text.optional(),
    })
    .optional(),
  merchant: z
    .object({
      name: text.optional(),
      phone: text.optional(),
      address: text.optional(),
      email: text.optional(),
    })
    .optional(),
});

export type CreatePaymentBody = z.infer<typeof createPayment>;

export type Parsed<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly message: string };

/** The body of a create call, or what is wrong with it. */
export function parseCreatePayment(rawBody: Buffer): Parsed<CreatePaymentBody> {
  const json = parseJsonObject(rawBody);
  if (!json.ok) return json;
  const body = withoutNulls(json.value);
  const result = createPayment.safeParse(body);
  if (result.success) return { ok: true, value: result.data };
  const [issue] = result.error.issues;
  if (issue === undefined) return { ok: false, message: 'invalid request' };
  const path = issue.path.join('.');
  const missing = issue.code !== 'too_small' && valueAt(body, issue.path) === undefined;
  return { ok: false, message: missing ? `${path} is required` : `${path} ${issue.message}` };
}

/** A JSON object, or what is wrong with it. */
export function parseJsonObject(rawBody: Buffer): Parsed<Readonly<Record<string, unknown>>> {
  let value: unknown;
  try {
    value = JSON.parse(rawBody.toString('utf8'));
  } catch {
    return { ok: false, message: 'invalid JSON body' };
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return { ok: false, message: 'the body must be a JSON object' };
  }
  return { ok: true, value: Object.fromEntries(Object.entries(value)) };
}

/** An optional field that is null counts as one that was not sent, as a server written in Go reads it. */
function withoutNulls(value: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, field]) => field !== null)
      .map(([name, field]) => [name, isPlainObject(field) ? withoutNulls(field) : field]),
  );
}

function isPlainObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function valueAt(root: unknown, path: readonly PropertyKey[]): unknown {
  let value = root;
  for (const key of path) {
    if (typeof value !== 'object' || value === null) return undefined;
    value = Reflect.get(value, key);
  }
  return value;
}

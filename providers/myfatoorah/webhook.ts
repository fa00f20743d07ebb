/**
 * MyFatoorah's webhooks, V1 and V2: proof, content, answer. Claims are made of signed fields, so a webhook whose other
 * parts were changed still says the same. (With the old signature of V2 the reference is not one of them; the invoice's
 * id, which is what is read again, always is.)
 */
import { createHmac } from 'node:crypto';
import { z } from 'zod';
import { readWebhook } from '../answers.ts';
import type {
  IncomingWebhook,
  ProviderAccount,
  WebhookClaim,
  WebhookSetup,
  WebhookVerdict,
} from '../contract.ts';
import { optionalText, text } from '../fields.ts';
import { equalInConstantTime } from '../webhook-proof.ts';
import type { MyFatoorahCredentials } from './wire.ts';

/**
 * Base64 HMAC-SHA-256 over `Name=value,Name=value`. V1 signs all of `Data`, sorted; V2 the fields of its event in the
 * order of the documentation. No time is signed, so there is no window: replays say nothing new.
 */
export function verifyWebhook(
  { credentials }: ProviderAccount<MyFatoorahCredentials>,
  { headers, body }: IncomingWebhook,
): WebhookVerdict {
  const given = headers['myfatoorah-signature'];
  if (!given) return { ok: false, reason: 'missing_signature' };
  const signed = signedText(parsed(body), credentials.webhook_v2_field ?? 'Invoice.ExternalIdentifier');
  const stated = headers['myfatoorah-webhook-version']?.toLowerCase();
  if (signed === null || (stated !== undefined && stated !== signed.version)) {
    return { ok: false, reason: 'bad_signature' };
  }
  const expected = createHmac('sha256', credentials.webhook_secret)
    .update(signed.text, 'utf8')
    .digest('base64');
  return equalInConstantTime(given, expected) ? { ok: true } : { ok: false, reason: 'bad_signature' };
}

const record = z.record(z.string(), z.unknown());
const webhookV1 = z.object({ EventType: z.number(), Data: record });
const webhookV2 = z.object({ Event: z.object({ Code: z.number() }), Data: record });

/** What the signature is computed over, or null when the body is no webhook or holds what cannot be signed. */
function signedText(
  body: unknown,
  paymentField: string,
): { readonly version: 'v1' | 'v2'; readonly text: string } | null {
  const v2 = webhookV2.safeParse(body);
  if (v2.success) {
    const { Event, Data } = v2.data;
    const fields = fieldsOfV2(Event.Code, paymentField);
    return (
      fields &&
      joined(
        'v2',
        fields.map((field): Pair => [field, valueAt(Data, field)]),
      )
    );
  }
  const v1 = webhookV1.safeParse(body);
  if (!v1.success) return null;
  const pairs = Object.entries(v1.data.Data).filter(([name]) => name !== UNSIGNED_V1);
  return joined(
    'v1',
    pairs.toSorted(([a], [b]) => (a.toLowerCase() < b.toLowerCase() ? -1 : 1)),
  );
}

/** An object in the refund model that "should not be included in the signature properties". */
const UNSIGNED_V1 = 'GatewayReference';

/** The ordered fields of the documentation's "MyFatoorah Signature" page. */
function fieldsOfV2(code: number, paymentField: string): readonly string[] | null {
  const payment = ['Invoice.Id', 'Invoice.Status', 'Transaction.Status', 'Transaction.PaymentId'];
  switch (code) {
    case 1:
      return [...payment, paymentField];
    case 2:
      return ['Refund.Id', 'Refund.Status', 'Amount.ValueInBaseCurrency', 'ReferencedInvoice.Id'];
    case 3:
      return ['Deposit.Reference', 'Deposit.ValueInBaseCurrency', 'Deposit.NumberOfTransactions'];
    case 4:
      return ['Supplier.Code', 'KycDecision.Status'];
    case 5:
      return ['Recurring.Id', 'Recurring.Status', 'Recurring.InitialInvoiceId'];
    case 6:
      return ['Dispute.DisputeTransactionId', 'Dispute.Status', ...payment, 'Invoice.ExternalIdentifier'];
    default:
      return null;
  }
}

type Pair = readonly [name: string, value: unknown];

function valueAt(data: Readonly<Record<string, unknown>>, field: string): unknown {
  const [group = '', name = ''] = field.split('.');
  const inner = record.safeParse(data[group]);
  return inner.success ? inner.data[name] : null;
}

function joined<V>(
  version: V,
  pairs: readonly Pair[],
): { readonly version: V; readonly text: string } | null {
  const parts: string[] = [];
  for (const [name, value] of pairs) {
    const said = printed(value);
    if (said === null) return null;
    parts.push(`${name}=${said}`);
  }
  return { version, text: parts.join(',') };
}

/** A single value as the signature has it; null for what is none. */
function printed(value: unknown): string | null {
  if (value === null || value === undefined) return '';
  if (typeof value === 'string') return value;
  return typeof value === 'number' || typeof value === 'boolean' ? String(value) : null;
}

function parsed(body: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body)) as unknown;
  } catch {
    return null;
  }
}

/** Ids are digits, as a text or a number. */
const id = z.union([z.int().positive().transform(String), z.string().regex(/^\d{1,20}$/)]);

const paymentV2 = z.object({
  Event: z.object({ Code: z.literal(1) }),
  Data: z.object({
    Invoice: z.object({ Id: id, Status: text(64), ExternalIdentifier: optionalText() }),
    Transaction: z.object({ Status: text(64), PaymentId: text(100) }),
  }),
});
const refundV2 = z.object({
  Event: z.object({ Code: z.literal(2) }),
  Data: z.object({
    Refund: z.object({ Id: id, Status: text(64) }),
    ReferencedInvoice: z.object({ Id: id }),
  }),
});
const disputeV2 = z.object({
  Event: z.object({ Code: z.literal(6) }),
  Data: z.object({
    Dispute: z.object({
      DisputeTransactionId: z.union([text(100), z.int().transform(String)]),
      Status: text(64),
    }),
    Invoice: z.object({ Id: id }),
  }),
});
/** Balance transfers, suppliers, recurring payments: nothing of ours, but truly sent. */
const otherV2 = z.object({
  Event: z.object({ Code: z.union([z.literal(3), z.literal(4), z.literal(5)]) }),
  Data: record,
});
const paymentV1 = z.object({
  EventType: z.number(),
  Data: z.object({
    InvoiceId: id,
    TransactionStatus: text(64),
    PaymentId: text(100),
    CustomerReference: optionalText(),
  }),
});
const refundV1 = z.object({
  EventType: z.number(),
  Data: z.object({ RefundId: id, RefundStatus: text(64), InvoiceId: id }),
});
const otherV1 = z.object({ EventType: z.union([z.literal(3), z.literal(4), z.literal(5)]), Data: record });

const hint = (
  event_key: string,
  provider_payment_id: string | null,
  reference: string | null = null,
): WebhookClaim => ({ event_key, provider_payment_id, reference, reading: null });

const claim = z.union([
  paymentV2.transform(({ Data: { Invoice, Transaction } }) =>
    hint(
      `${Invoice.Id}:${Invoice.Status}:${Transaction.PaymentId}:${Transaction.Status}`,
      Invoice.Id,
      Invoice.ExternalIdentifier,
    ),
  ),
  refundV2.transform(({ Data: { Refund, ReferencedInvoice } }) =>
    hint(`refund:${Refund.Id}:${Refund.Status}`, ReferencedInvoice.Id),
  ),
  disputeV2.transform(({ Data: { Dispute, Invoice } }) =>
    hint(`dispute:${Dispute.DisputeTransactionId}:${Dispute.Status}`, Invoice.Id),
  ),
  otherV2.transform(({ Event, Data }) => {
    const fields = fieldsOfV2(Event.Code, '') ?? [];
    const values = fields.map((field) => (printed(valueAt(Data, field)) ?? '').slice(0, 100));
    return hint(printable(`event:${Event.Code}:${values.join(':')}`), null);
  }),
  // V1 does not sign its EventType: the kind of event is read from the names under the signature.
  refundV1.transform(({ Data }) => hint(`refund:${Data.RefundId}:${Data.RefundStatus}`, Data.InvoiceId)),
  paymentV1.transform(({ Data }) =>
    hint(
      `${Data.InvoiceId}:${Data.PaymentId}:${Data.TransactionStatus}`,
      Data.InvoiceId,
      Data.CustomerReference,
    ),
  ),
  otherV1.transform(({ EventType, Data }) =>
    hint(printable(`event:${EventType}:${JSON.stringify(Data).slice(0, 300)}`), null),
  ),
]);

/** Keys are stored as text, and Postgres takes no NUL. */
function printable(key: string): string {
  return key.replace(/\p{Cc}/gu, ' ');
}

/** No reading: V2 signs neither amount nor currency, so the invoice is read again for every webhook. */
export function parseWebhook(body: Uint8Array): WebhookClaim {
  return readWebhook(body, claim);
}

/** Any success ends the repetitions; nobody reads the body. */
export const acknowledge = () => ({ status: 200, body: { received: true } });

/** What a person enters in MyFatoorah's portal. */
export const webhookSetup = (url: string): WebhookSetup => ({
  steps: [
    'Sign in to the MyFatoorah portal of the account’s country and open Integration Settings, Webhook Settings.',
    `Enable webhooks, choose version V2 (V1 is understood, too), and enter ${url} as the endpoint.`,
    'Choose the events of transaction status and of refund status.',
    'Enable the secret key, and give it to this account as webhook_secret unless it has it. Save.',
  ],
  secrets: [
    { credential: 'webhook_secret', place: 'secret key of the webhook settings; signs every webhook' },
  ],
});

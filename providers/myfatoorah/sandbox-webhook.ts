/**
 * Bodies and signatures of the MyFatoorah simulator's webhooks, V1 and V2.
 * Source: docs.myfatoorah.com "MyFatoorah Signature", "Webhook V1", "Webhook V2" and the data models.
 */
import { createHmac, randomBytes } from 'node:crypto';
import { HEX, randomText } from '../../sandbox/random.ts';
import type { OutgoingWebhook } from '../../sandbox/webhooks.ts';
import { serviceCharge } from './sandbox-answers.ts';
import type { Portal } from './sandbox-countries.ts';
import type { Invoice, Transaction, TransactionStatus } from './sandbox-invoices.ts';
import type { Refund } from './sandbox-refunds.ts';

/** Four attempts, 10 s apart. V2 has the policy's rule. */
const RETRY_DELAYS_V1_S = [10, 10, 10];

type Data = Readonly<Record<string, unknown>>;

/** What the portal's webhook page and the account's age decide. */
export interface WebhookSettings {
  readonly secret: string;
  readonly version: 1 | 2;
  /** Whether payment events V2 are signed with `Customer.Reference`, as the older PHP library checks them. */
  readonly oldSignature: boolean;
}

const UPPER: Readonly<Record<TransactionStatus, string>> = {
  InProgress: 'INPROGRESS',
  Succss: 'SUCCESS',
  Failed: 'FAILED',
  Canceled: 'CANCELED',
  Authorize: 'AUTHORIZE',
};

/** One change of a transaction as a webhook; `status` replaces the transaction's own, for webhooks that lie. */
export function paymentWebhook(
  settings: WebhookSettings,
  portal: Portal,
  invoice: Invoice,
  transaction: Transaction,
  at: number,
  status: TransactionStatus = transaction.status,
): OutgoingWebhook {
  const word = UPPER[status];
  const body =
    settings.version === 1
      ? eventV1(1, 'TransactionsStatusChanged', portal, at, paymentDataV1(portal, invoice, transaction, word))
      : eventV2(1, 'PAYMENT_STATUS_CHANGED', portal, at, paymentDataV2(portal, invoice, transaction, word));
  return outgoing(settings, String(invoice.id), `payment ${word}`, body);
}

/** The decision on a refund. */
export function refundWebhook(
  settings: WebhookSettings,
  portal: Portal,
  refund: Refund,
  at: number,
): OutgoingWebhook {
  const body =
    settings.version === 1
      ? eventV1(2, 'RefundStatusChanged', portal, at, refundDataV1(portal, refund))
      : eventV2(2, 'REFUND_STATUS_CHANGED', portal, at, refundDataV2(portal, refund));
  return outgoing(settings, String(refund.invoice.id), `refund ${refund.status}`, body);
}

function outgoing(
  settings: WebhookSettings,
  paymentId: string,
  event: string,
  body: { readonly Data: Data },
): OutgoingWebhook {
  const text =
    settings.version === 1 ? signedTextV1(body.Data) : signedTextV2(body.Data, settings.oldSignature);
  return {
    paymentId,
    event,
    body: JSON.stringify(body),
    ...(settings.version === 1 ? { retryDelaysS: RETRY_DELAYS_V1_S } : {}),
    proof: (_target, forged) => ({
      'MyFatoorah-Signature': sign(forged ? randomBytes(16).toString('hex') : settings.secret, text),
      'MyFatoorah-Webhook-Version': `v${settings.version}`,
    }),
  };
}

/** Base64 HMAC-SHA-256. */
export function sign(secret: string, text: string): string {
  return createHmac('sha256', Buffer.from(secret, 'utf8')).update(text, 'utf8').digest('base64');
}

/** All of `Data` but `GatewayReference`, names sorted without case. */
export function signedTextV1(data: Data): string {
  const names = Object.keys(data).filter((name) => name !== 'GatewayReference');
  names.sort((a, b) => {
    const [x, y] = [a.toLowerCase(), b.toLowerCase()];
    return x < y ? -1 : x > y ? 1 : 0;
  });
  return names.map((name) => `${name}=${printed(data[name])}`).join(',');
}

/** The listed fields of a payment or refund event, in their order. */
export function signedTextV2(data: Data, oldSignature: boolean): string {
  const last = oldSignature ? 'Customer.Reference' : 'Invoice.ExternalIdentifier';
  const fields =
    'Refund' in data
      ? ['Refund.Id', 'Refund.Status', 'Amount.ValueInBaseCurrency', 'ReferencedInvoice.Id']
      : ['Invoice.Id', 'Invoice.Status', 'Transaction.Status', 'Transaction.PaymentId', last];
  return fields
    .map((field) => {
      const value = field.split('.').reduce<unknown>((inner, name) => Object(inner)[name], data);
      return `${field}=${printed(value)}`;
    })
    .join(',');
}

function printed(value: unknown): string {
  return typeof value === 'string' || typeof value === 'number' ? String(value) : '';
}

function eventV1(EventType: number, Event: string, portal: Portal, at: number, Data: Data) {
  return { EventType, Event, DateTime: portal.compactTimestamp(at), CountryIsoCode: portal.iso, Data };
}

function eventV2(Code: number, Name: string, portal: Portal, at: number, Data: Data) {
  const CreationDate = utc(at);
  const Reference = `WH-${randomText(HEX, 12)}`;
  return { Event: { Code, Name, CountryIsoCode: portal.iso, CreationDate, Reference }, Data };
}

function paymentDataV1(portal: Portal, invoice: Invoice, transaction: Transaction, word: string): Data {
  const { order } = invoice;
  const value = portal.plain(transaction.value);
  return {
    InvoiceId: invoice.id,
    InvoiceReference: invoice.reference,
    CreatedDate: portal.compactTimestamp(invoice.createdAt),
    CustomerReference: order.customerReference,
    CustomerName: order.customerName,
    CustomerMobile: order.customerMobile,
    CustomerEmail: order.customerEmail,
    TransactionStatus: word,
    PaymentMethod: transaction.gateway,
    UserDefinedField: order.userDefinedField,
    ReferenceId: transaction.referenceId,
    TrackId: transaction.trackId,
    PaymentId: transaction.paymentId,
    AuthorizationId: transaction.authorizationId,
    InvoiceValueInBaseCurrency: value,
    BaseCurrency: portal.currency,
    InvoiceValueInDisplayCurreny: value,
    DisplayCurrency: portal.currency,
    InvoiceValueInPayCurrency: value,
    PayCurrency: portal.currency,
  };
}

function paymentDataV2(portal: Portal, invoice: Invoice, transaction: Transaction, word: string): Data {
  const { order } = invoice;
  const value = portal.plain(transaction.value);
  return {
    Invoice: {
      Id: String(invoice.id),
      Status: invoice.status.toUpperCase(),
      Reference: invoice.reference,
      CreationDate: utc(invoice.createdAt),
      ExpirationDate: utc(invoice.expiresAt),
      UserDefinedField: order.userDefinedField,
      ExternalIdentifier: order.externalIdentifier,
      MetaData: null,
    },
    Transaction: {
      Id: transaction.transactionId,
      Status: word,
      PaymentMethod: transaction.gateway,
      PaymentId: transaction.paymentId,
      ReferenceId: transaction.referenceId,
      TrackId: transaction.trackId,
      AuthorizationId: transaction.authorizationId,
      TransactionDate: utc(transaction.at),
      ECI: null,
      IP: {},
      Error: { Code: transaction.errorCode || null, Message: transaction.error },
      Card: {},
    },
    Customer: {
      Reference: order.customerReference,
      Name: order.customerName,
      Mobile: order.customerMobile,
      Email: order.customerEmail,
    },
    Amount: {
      BaseCurrency: portal.currency,
      ValueInBaseCurrency: value,
      ServiceCharge: portal.plain(serviceCharge(transaction.value)),
      DisplayCurrency: portal.currency,
      ValueInDisplayCurrency: value,
      PayCurrency: portal.currency,
      ValueInPayCurrency: value,
    },
    Suppliers: [],
  };
}

function refundDataV1(portal: Portal, refund: Refund): Data {
  return {
    RefundId: refund.id,
    RefundReference: refund.reference,
    CreatedDate: portal.compactTimestamp(refund.createdAt),
    RefundStatus: refund.status.toUpperCase(),
    Amount: portal.plain(refund.amount),
    Comments: refund.comment,
    InvoiceId: String(refund.invoice.id),
    GatewayReference: { RefundAmount: portal.plain(refund.amount), Currency: portal.currency },
  };
}

function refundDataV2(portal: Portal, refund: Refund): Data {
  return {
    Refund: { Id: String(refund.id), Status: refund.status.toUpperCase(), Reference: refund.reference },
    Amount: { BaseCurrency: portal.currency, ValueInBaseCurrency: portal.plain(refund.amount) },
    ReferencedInvoice: { Id: String(refund.invoice.id), Reference: refund.invoice.reference },
  };
}

function utc(at: number): string {
  return `${new Date(at).toISOString().slice(0, 19)}Z`;
}

/** How the ZainCash v2 simulator shows transactions and events: `+00:00` for UTC, numbers for amounts unless told otherwise. */
import { randomBytes } from 'node:crypto';
import type { Reply } from '../../sandbox/http-server.ts';
import { randomUUID } from '../../sandbox/random.ts';
import type { OutgoingWebhook } from '../../sandbox/webhooks.ts';
import { issueToken } from './sandbox-jwt.ts';
import type { EventType, Reversal, Status, Transaction } from './sandbox-transactions.ts';

export function jsonReply(status: number, body: unknown): Reply {
  return {
    status,
    headers: { 'content-type': 'application/json; charset=utf-8' },
    body: JSON.stringify(body),
  };
}

/** The shape is not documented; code and message are where clients look for them. */
export function errorReply(
  status: number,
  message: string,
  code = `HTTP_${status}`,
  more: Readonly<Record<string, unknown>> = {},
): Reply {
  return jsonReply(status, { code, message, ...more });
}

const utc = (at: number): string => new Date(at).toISOString().replace('Z', '+00:00');

/** The link has the id and a token, and is told once. */
export function pagePath({ id, pageToken }: Transaction): string {
  return `/transaction/pay?id=${id}&token=${pageToken}`;
}

/** Numbers in the guide's examples, texts elsewhere: the setting `amounts_as_text` chooses. */
function numberJson({ amountsAsText }: Transaction, value: number | null): number | string | null {
  return amountsAsText && value !== null ? String(value) : value;
}

function amountJson(transaction: Transaction, withFee: boolean): Record<string, unknown> {
  return {
    currency: 'IQD',
    value: numberJson(transaction, transaction.order.amount),
    ...(withFee ? { feeValue: numberJson(transaction, transaction.fee) } : {}),
  };
}

export function createdJson(transaction: Transaction, origin: string): Record<string, unknown> {
  const { order } = transaction;
  return {
    status: 'SUCCESS',
    transactionDetails: {
      transactionId: transaction.id,
      externalReferenceId: order.externalReferenceId,
      orderId: order.orderId,
      amount: amountJson(transaction, transaction.amountsAsText),
    },
    redirectUrl: origin + pagePath(transaction),
    expiryTime: utc(transaction.expiresAt),
    createdAt: utc(transaction.createdAt),
  };
}

export function inquiryJson(transaction: Transaction): Record<string, unknown> {
  const { order } = transaction;
  return {
    status: transaction.status,
    transactionDetails: {
      transactionId: transaction.id,
      operationId: numberJson(transaction, transaction.operationId),
      externalReferenceId: order.externalReferenceId,
      orderId: order.orderId,
      amount: amountJson(transaction, true),
    },
    customer: { phone: transaction.phone },
    timeStamps: {
      expiryTime: utc(transaction.expiresAt),
      createdAt: utc(transaction.createdAt),
      updatedAt: utc(transaction.updatedAt),
      completedAt: transaction.completedAt === null ? null : utc(transaction.completedAt),
    },
  };
}

export function reversalJson(
  transaction: Transaction,
  reversal: Reversal,
  merchant: { merchantId: string },
): Record<string, unknown> {
  return {
    id: reversal.id,
    customerId: 2096310,
    operationId: numberJson(transaction, reversal.operationId),
    referenceId: transaction.id,
    reversalReferenceId: reversal.reversalReferenceId,
    status: 'COMPLETED',
    customerMsisdn: transaction.phone,
    merchantMsisdn: '9647800000001',
    merchantId: merchant.merchantId,
    reason: reversal.reason,
    amount: numberJson(transaction, transaction.order.amount),
    createdAt: utc(reversal.at),
    updatedAt: utc(reversal.at),
  };
}

/** The claims of a webhook, and of the token that the browser brings back. */
export function eventClaims(
  transaction: Transaction,
  eventType: EventType,
  status: Status,
): Record<string, unknown> {
  const { order } = transaction;
  return {
    eventType,
    // A webhook that says another status is another event.
    eventId: status === transaction.status ? transaction.eventId : randomUUID(),
    timestamp: utc(transaction.updatedAt),
    data: {
      transactionId: transaction.id,
      merchantReferenceId: order.externalReferenceId,
      customerMsisdn: transaction.phone,
      orderId: order.orderId,
      operationId: numberJson(transaction, transaction.operationId),
      serviceType: order.serviceType,
      language: order.language,
      errorMessage: transaction.errorMessage,
      previousStatus: transaction.previousStatus,
      currentStatus: status,
      amount: amountJson(transaction, true),
    },
  };
}

/** Everything is in the token, so a forgery is one that another key signed. */
export function eventWebhook(
  transaction: Transaction,
  event: EventType,
  status: Status,
  apiKey: string,
): OutgoingWebhook {
  const claims = eventClaims(transaction, event, status);
  const bodyBy = (key: string): string => JSON.stringify({ webhook_token: issueToken(claims, key) });
  return {
    paymentId: transaction.id,
    event: `${event} ${status}`,
    body: bodyBy(apiKey),
    forgedBody: bodyBy(randomBytes(16).toString('hex')),
    proof: () => ({}),
  };
}

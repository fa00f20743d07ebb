/** How the Fapshi simulator shows a transaction: the same in every answer and in every webhook. */
import { randomBytes } from 'node:crypto';
import type { OutgoingWebhook } from '../../sandbox/webhooks.ts';
import { revenueOf } from './sandbox-transactions.ts';
import type { Status, Transaction } from './sandbox-transactions.ts';

export const SERVICE_NAME = 'Sarraf Sandbox';

/** A transaction as every answer and every webhook shows it. What the merchant never sent is left out. */
export function transactionJson(
  transaction: Transaction,
  webhook: string | null,
  status: Status,
): Record<string, unknown> {
  const { order } = transaction;
  return {
    transId: transaction.transId,
    status,
    medium: transaction.medium,
    serviceName: SERVICE_NAME,
    transType: transaction.kind === 'payout' ? 'Payout' : 'Collection',
    amount: order.amount,
    revenue: revenueOf(transaction),
    payerName: transaction.payerName ?? undefined,
    email: order.email ?? transaction.payerEmail ?? undefined,
    redirectUrl: order.redirectUrl ?? undefined,
    externalId: order.externalId ?? undefined,
    userId: order.userId ?? undefined,
    webhook: webhook ?? undefined,
    reason: transaction.reason,
    financialTransId: transaction.financialTransId,
    dateInitiated: new Date(transaction.initiatedAt).toISOString(),
    dateConfirmed: transaction.confirmedAt === null ? null : new Date(transaction.confirmedAt).toISOString(),
  };
}

/** Body equal to the status answer; the shared secret goes unhashed into `x-wh-secret` when one is set. */
export function statusWebhook(
  secret: string,
  url: string | null,
  transaction: Transaction,
  status: Status,
): OutgoingWebhook {
  return {
    paymentId: transaction.transId,
    event: status,
    body: JSON.stringify(transactionJson(transaction, url, status)),
    proof: (_target, forged): Record<string, string> => {
      if (forged) return { 'x-wh-secret': randomBytes(16).toString('hex') };
      return secret === '' ? {} : { 'x-wh-secret': secret };
    },
  };
}

/** What tests and people can do to the ZainCash v1 simulator's transactions through the control API. */
import { ControlError } from '../../sandbox/payment-control.ts';
import type { PaymentControl, PaymentView } from '../../sandbox/payment-control.ts';
import { pagePath } from './sandbox-checkout.ts';
import type { Outcome, Transaction, TransactionBook } from './sandbox-transactions.ts';

export function zaincashV1Control(core: { origin(): string }, book: TransactionBook): PaymentControl {
  const find = (id: string): Transaction => {
    const transaction = book.find(id);
    if (transaction === null) throw new ControlError(404, `zaincash_v1 has no payment ${id}`);
    return transaction;
  };
  return {
    list: (reference) => book.list(reference).map((transaction) => view(transaction, core.origin())),
    find: (id) => {
      const transaction = book.find(id);
      return transaction === null ? null : view(transaction, core.origin());
    },
    pay: (id, { amount, after_expiry, phone }) => {
      const transaction = find(id);
      if (amount !== undefined && Number(amount) !== transaction.order.amount) {
        throw new ControlError(400, `ZainCash collects the whole amount: ${transaction.order.amount} IQD`);
      }
      if (after_expiry !== true) must(book.sendOtp(transaction, phone ?? '9647800000002'), transaction);
      must(book.complete(transaction, after_expiry === true), transaction);
    },
    fail: (id, reason) => {
      const transaction = find(id);
      must(book.fail(transaction, reason ?? 'Not enough credit on balance'), transaction);
    },
    expire: (id) => {
      const transaction = find(id);
      must(book.expire(transaction), transaction);
    },
    sendWebhook: () => {
      throw new ControlError(400, 'ZainCash v1 sends no webhooks');
    },
  };
}

function must(outcome: Outcome, { status }: Transaction): void {
  if (outcome === 'blocked')
    throw new ControlError(409, `a transaction that is ${status} allows no such thing`);
}

function view(transaction: Transaction, origin: string): PaymentView {
  const { amount, orderId } = transaction.order;
  const paid = transaction.status === 'completed';
  return {
    id: transaction.id,
    reference: orderId,
    amount,
    currency: 'IQD',
    status: transaction.status,
    paid_amount: paid ? amount : 0,
    created_at: new Date(transaction.createdAt).toISOString(),
    expires_at: new Date(transaction.expiresAt).toISOString(),
    page_url: origin + pagePath(transaction),
    transfers: paid
      ? [
          {
            id: transaction.operationId ?? transaction.id,
            amount,
            at: new Date(transaction.updatedAt).toISOString(),
            medium: 'wallet',
          },
        ]
      : [],
  };
}

/** What tests and people can do to the ZainCash v2 simulator's transactions through the control API. */
import { ControlError } from '../../sandbox/payment-control.ts';
import type { PaymentControl, PaymentView } from '../../sandbox/payment-control.ts';
import { pagePath } from './sandbox-answers.ts';
import { STATUSES } from './sandbox-transactions.ts';
import type { Outcome, Status, Transaction, TransactionBook } from './sandbox-transactions.ts';

/** `sendNow` sends one webhook that says `status`, whatever the transaction's own status. */
export function zaincashControl(
  core: { origin(): string },
  book: TransactionBook,
  sendNow: (transaction: Transaction, status: Status, forged: boolean) => void,
): PaymentControl {
  const find = (id: string): Transaction => {
    const transaction = book.find(id);
    if (transaction === null) throw new ControlError(404, `zaincash has no payment ${id}`);
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
      const late = after_expiry === true && transaction.status === 'EXPIRED';
      if (!late) must(book.sendOtp(transaction, phone ?? transaction.phone ?? '9647800000002'), transaction);
      must(book.succeed(transaction, late), transaction);
    },
    fail: (id, reason) => {
      const transaction = find(id);
      must(book.fail(transaction, reason ?? 'Insufficient balance'), transaction);
    },
    expire: (id) => {
      const transaction = find(id);
      must(book.expire(transaction), transaction);
    },
    sendWebhook: (id, { status, forge }) => {
      const transaction = find(id);
      const said = status === undefined ? transaction.status : STATUSES.find((known) => known === status);
      if (said === undefined) throw new ControlError(400, `unknown status ${status}`, STATUSES);
      sendNow(transaction, said, forge === true);
    },
  };
}

function must(outcome: Outcome, { status }: Transaction): void {
  if (outcome === 'blocked')
    throw new ControlError(409, `a transaction that is ${status} allows no such thing`);
}

function view(transaction: Transaction, origin: string): PaymentView {
  const { amount, orderId } = transaction.order;
  const { completedAt } = transaction;
  return {
    id: transaction.id,
    reference: orderId,
    amount,
    currency: 'IQD',
    status: transaction.status,
    paid_amount: completedAt === null ? 0 : amount,
    created_at: new Date(transaction.createdAt).toISOString(),
    expires_at: new Date(transaction.expiresAt).toISOString(),
    page_url: origin + pagePath(transaction),
    transfers:
      completedAt === null
        ? []
        : [
            {
              id: String(transaction.operationId),
              amount,
              at: new Date(completedAt).toISOString(),
              medium: 'wallet',
            },
          ],
  };
}

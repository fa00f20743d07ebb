/** What tests and people can do to the Fapshi simulator's transactions through the control API. */
import { ControlError } from '../../sandbox/payment-control.ts';
import type {
  ExtraWebhookInput,
  PayInput,
  PaymentControl,
  PaymentView,
} from '../../sandbox/payment-control.ts';
import { mediumOf, normalizePhone } from './sandbox-requests.ts';
import type { Medium } from './sandbox-requests.ts';
import { STATUSES } from './sandbox-transactions.ts';
import type { Status, Transaction, TransactionBook } from './sandbox-transactions.ts';

/** `sendNow` sends one webhook that says `status`, whatever the transaction's own status. */
export function fapshiControl(
  core: { origin(): string },
  book: TransactionBook,
  sendNow: (transaction: Transaction, status: Status, forged: boolean) => void,
): PaymentControl {
  const find = (id: string): Transaction => {
    const transaction = book.find(id) ?? book.findByCheckout(id);
    if (transaction === null) throw new ControlError(404, `fapshi has no payment ${id}`);
    return transaction;
  };
  const view = (transaction: Transaction): PaymentView => paymentView(transaction, core.origin());
  return {
    list: (reference) => book.list(reference).map(view),
    find: (id) => {
      const transaction = book.find(id) ?? book.findByCheckout(id);
      return transaction === null ? null : view(transaction);
    },
    pay: (id, input) => pay(book, find(id), input),
    fail: (id, reason) => fail(book, find(id), reason),
    expire: (id) => {
      const transaction = find(id);
      if (book.expire(transaction) === 'blocked') throw notNow(transaction, 'cannot expire');
    },
    sendWebhook: (id, input) => {
      const transaction = find(id);
      sendNow(transaction, statusFrom(input, transaction), input.forge === true);
    },
  };
}

function pay(book: TransactionBook, transaction: Transaction, input: PayInput): void {
  if (input.amount !== undefined && Number(input.amount) !== transaction.order.amount) {
    throw new ControlError(400, `Fapshi collects the whole amount: ${transaction.order.amount} XAF`);
  }
  if (input.after_expiry === true && transaction.status === 'EXPIRED') {
    book.succeed(transaction, true);
    return;
  }
  startAttempt(book, transaction, input);
  if (book.succeed(transaction) === 'blocked') throw notNow(transaction, 'cannot be paid');
}

function fail(book: TransactionBook, transaction: Transaction, reason: string | null): void {
  startAttempt(book, transaction, {});
  if (book.fail(transaction, reason ?? 'The payer declined the request') === 'blocked') {
    throw notNow(transaction, 'cannot fail');
  }
}

/** A link must be begun before an attempt can end; direct payments and payouts are begun by their creation. */
function startAttempt(book: TransactionBook, transaction: Transaction, input: PayInput): void {
  if (transaction.kind !== 'link' || transaction.status === 'PENDING') return;
  const phone = normalizePhone(input.phone ?? '670000000');
  if (phone === null) throw new ControlError(400, 'phone must look like 6XXXXXXXX');
  const medium = mediumFrom(input.medium) ?? mediumOf(phone) ?? 'mobile money';
  const payer = { phone, medium, name: input.name ?? null, email: null };
  if (book.begin(transaction, payer) === 'blocked') throw notNow(transaction, 'takes no payment');
}

function mediumFrom(medium: string | undefined): Medium | null {
  if (medium === undefined) return null;
  if (medium === 'mobile money' || medium === 'orange money') return medium;
  throw new ControlError(400, `unknown medium ${medium}`, ['mobile money', 'orange money']);
}

function statusFrom(input: ExtraWebhookInput, transaction: Transaction): Status {
  if (input.status === undefined) return transaction.status;
  const status = STATUSES.find((known) => known === input.status);
  if (status === undefined) throw new ControlError(400, `unknown status ${input.status}`, STATUSES);
  return status;
}

function notNow(transaction: Transaction, what: string): ControlError {
  const hint =
    transaction.status === 'EXPIRED' ? '; say "after_expiry": true to push the money all the same' : '';
  return new ControlError(409, `a ${transaction.kind} that is ${transaction.status} ${what}${hint}`);
}

function paymentView(transaction: Transaction, origin: string): PaymentView {
  const paid = transaction.status === 'SUCCESSFUL' && transaction.confirmedAt !== null;
  const transfers =
    paid && transaction.confirmedAt !== null
      ? [
          {
            id: transaction.financialTransId ?? transaction.transId,
            amount: transaction.order.amount,
            at: new Date(transaction.confirmedAt).toISOString(),
            medium: transaction.medium,
          },
        ]
      : [];
  return {
    id: transaction.transId,
    reference: transaction.order.externalId,
    amount: transaction.order.amount,
    currency: 'XAF',
    status: transaction.status,
    paid_amount: paid ? transaction.order.amount : 0,
    created_at: new Date(transaction.initiatedAt).toISOString(),
    expires_at: transaction.expiresAt === null ? null : new Date(transaction.expiresAt).toISOString(),
    page_url: transaction.kind === 'payout' ? null : `${origin}/payment/${transaction.checkoutId}`,
    transfers,
  };
}

/** What tests and people can do to the Finan simulator's payments through the control API. */
import { ControlError } from '../../sandbox/payment-control.ts';
import type {
  ExtraWebhookInput,
  PayInput,
  PaymentControl,
  PaymentView,
} from '../../sandbox/payment-control.ts';
import { randomUUID } from '../../sandbox/random.ts';
import type { SimulatorCore } from '../../sandbox/simulator.ts';
import { transferWebhook } from './sandbox-auth.ts';
import type { Credentials } from './sandbox-auth.ts';
import { pagePath } from './sandbox-pages.ts';
import { paidAmount, statusOf, wholeSeconds } from './sandbox-payments.ts';
import type { PaymentBook, PaymentRequest } from './sandbox-payments.ts';

export function finanControl(core: SimulatorCore<Credentials>, book: PaymentBook): PaymentControl {
  const found = (id: string): PaymentRequest | null => book.find(id) ?? book.findByCode(id);
  const find = (id: string): PaymentRequest => {
    const payment = found(id);
    if (payment === null) throw new ControlError(404, `finan has no payment ${id}`);
    return payment;
  };
  return {
    list: (reference) => book.list(reference).map((payment) => view(core, payment)),
    find: (id) => {
      const payment = found(id);
      return payment === null ? null : view(core, payment);
    },
    pay: (id, input) => pay(book, find(id), input),
    fail: (id) => {
      const payment = find(id);
      if (payment.bankTransfer !== null)
        throw new ControlError(409, 'a bank transfer that fails never reaches Finan');
      book.decline(payment);
    },
    expire: (id) => book.expire(find(id)),
    sendWebhook: (id, input) => sendExtraWebhook(core, find(id), input),
  };
}

function pay(book: PaymentBook, payment: PaymentRequest, input: PayInput): void {
  const due = payment.body.amount - paidAmount(payment);
  const amount = input.amount ?? (due > 0 ? due : payment.body.amount);
  if (typeof amount !== 'number' || !Number.isSafeInteger(amount) || amount <= 0) {
    throw new ControlError(400, 'amount must be a positive whole number of dong');
  }
  if (payment.bankTransfer === null) {
    if (amount !== payment.body.amount)
      throw new ControlError(409, 'card and MoMo payments are always the whole amount');
    if (payment.transfers.length > 0) throw new ControlError(409, 'this payment is paid already');
    if (book.isExpired(payment) && input.after_expiry !== true) {
      throw new ControlError(
        409,
        'the link has expired; say "after_expiry": true to push the money all the same',
      );
    }
  }
  book.receive(payment, amount);
}

/** Sends a transfer's webhook once more; with `forge` also one for money that never came. */
function sendExtraWebhook(
  core: SimulatorCore<Credentials>,
  payment: PaymentRequest,
  input: ExtraWebhookInput,
): void {
  const forged = input.forge === true;
  const known =
    input.transfer_id === undefined
      ? payment.transfers.at(-1)
      : payment.transfers.find(({ id }) => id === input.transfer_id);
  if (known === undefined && !forged) {
    const ids = payment.transfers.map(({ id }) => id);
    throw new ControlError(
      409,
      'Finan sends webhooks for transfers only, and there is none such; pay first',
      ids,
    );
  }
  const transfer = known ?? {
    id: input.transfer_id ?? randomUUID(),
    amount: payment.body.amount,
    method: payment.body.payment_method,
    created_at: wholeSeconds(core.clock.now()),
  };
  core.webhooks.sendNow(transferWebhook(core.credentials, payment, transfer), forged);
}

function view(core: SimulatorCore<Credentials>, payment: PaymentRequest): PaymentView {
  return {
    id: payment.id,
    reference: payment.body.reference_id,
    amount: payment.body.amount,
    currency: 'VND',
    status: statusOf(payment),
    paid_amount: paidAmount(payment),
    created_at: new Date(payment.createdAt).toISOString(),
    expires_at: new Date(payment.expiresAt).toISOString(),
    page_url: core.origin() + pagePath(payment),
    transfers: payment.transfers.map(({ id, amount, method, created_at }) => ({
      id,
      amount,
      at: created_at,
      medium: method,
    })),
  };
}

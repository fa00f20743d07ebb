/** What tests and people can do to the Rehive simulator's invoices through the control API. */
import { ControlError } from '../../sandbox/payment-control.ts';
import type { PayInput, PaymentControl, PaymentView } from '../../sandbox/payment-control.ts';
import { CURRENCY, paidAmount, STATUSES } from './sandbox-invoices.ts';
import type { Invoice, InvoiceBook, Status } from './sandbox-invoices.ts';
import { pageUrl } from './sandbox-json.ts';

/** `sendNow` sends one webhook that says `status`, whatever the invoice's own status. */
export function rehiveControl(
  core: { origin(): string },
  book: InvoiceBook,
  sendNow: (invoice: Invoice, status: Status, forged: boolean) => void,
): PaymentControl {
  const find = (id: string): Invoice => {
    const invoice = book.find(id);
    if (invoice === null) throw new ControlError(404, `rehive has no payment ${id}`);
    return invoice;
  };
  const view = (invoice: Invoice): PaymentView => paymentView(invoice, core.origin());
  const end = (id: string, status: 'failed' | 'expired'): void => {
    const invoice = find(id);
    if (!book.end(invoice, status)) throw notNow(invoice);
  };
  return {
    list: (reference) => book.list(reference).map(view),
    find: (id) => {
      const invoice = book.find(id);
      return invoice === null ? null : view(invoice);
    },
    pay: (id, input) => pay(book, find(id), input),
    fail: (id) => end(id, 'failed'),
    expire: (id) => end(id, 'expired'),
    sendWebhook: (id, input) => {
      const invoice = find(id);
      const status = STATUSES.find((known) => known === (input.status ?? invoice.status));
      if (status === undefined) throw new ControlError(400, `unknown status ${input.status}`, STATUSES);
      sendNow(invoice, status, input.forge === true);
    },
  };
}

/** Amounts in cents. What is due, unless another amount is said. */
function pay(book: InvoiceBook, invoice: Invoice, input: PayInput): void {
  const amount = input.amount ?? invoice.order.amount - paidAmount(invoice);
  if (typeof amount !== 'number' || !Number.isSafeInteger(amount) || amount <= 0) {
    throw new ControlError(400, 'amount must be a positive whole number of cents');
  }
  if (!book.receive(invoice, amount, input.after_expiry === true)) throw notNow(invoice);
}

function notNow({ status }: Invoice): ControlError {
  return new ControlError(
    409,
    `the invoice is ${status}; say "after_expiry": true to push the money all the same`,
  );
}

function paymentView(invoice: Invoice, origin: string): PaymentView {
  const { order } = invoice;
  return {
    id: invoice.id,
    reference: order.reference,
    amount: order.amount,
    currency: CURRENCY.code,
    status: invoice.status,
    paid_amount: paidAmount(invoice),
    created_at: new Date(invoice.createdAt).toISOString(),
    expires_at: order.expirationDate === null ? null : new Date(order.expirationDate).toISOString(),
    page_url: pageUrl(invoice, origin),
    transfers: invoice.transfers.map(({ id, amount, at }) => ({
      id,
      amount,
      at: new Date(at).toISOString(),
      medium: 'native',
    })),
  };
}

/** What tests and people can do to the FuratPay simulator's invoices through the control API. */
import { ControlError } from '../../sandbox/payment-control.ts';
import type { PayInput, PaymentControl, PaymentView } from '../../sandbox/payment-control.ts';
import { currencyOf, STATUSES } from './sandbox-invoices.ts';
import type { Invoice, InvoiceBook, Status } from './sandbox-invoices.ts';

/** `sendNow` sends one webhook that says `status`, whatever the invoice's own status. */
export function furatPayControl(
  core: { origin(): string },
  book: InvoiceBook,
  sendNow: (invoice: Invoice, status: Status, forged: boolean) => void,
): PaymentControl {
  const found = (id: string): Invoice | null => book.find(id) ?? book.findByPage(id);
  const find = (id: string): Invoice => {
    const invoice = found(id);
    if (invoice === null) throw new ControlError(404, `furatpay has no payment ${id}`);
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
      const invoice = found(id);
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

function pay(book: InvoiceBook, invoice: Invoice, input: PayInput): void {
  if (input.amount !== undefined && Number(input.amount) !== invoice.order.total) {
    throw new ControlError(400, `the services collect the whole amount: ${invoice.order.total}`);
  }
  if (invoice.service === null) throw new ControlError(409, 'no payment was requested for this invoice yet');
  if (!book.pay(invoice, input.after_expiry === true)) throw notNow(invoice);
}

function notNow(invoice: Invoice): ControlError {
  const hint =
    invoice.status === 'expired' ? '; say "after_expiry": true to push the money all the same' : '';
  return new ControlError(409, `the invoice is ${invoice.status}${hint}`);
}

function paymentView(invoice: Invoice, origin: string): PaymentView {
  const { order, service, paidAt, transferId } = invoice;
  return {
    id: invoice.id,
    reference: order.orderNumber,
    amount: order.total,
    currency: currencyOf(invoice),
    status: invoice.status,
    paid_amount: paidAt === null ? 0 : order.total,
    created_at: new Date(invoice.createdAt).toISOString(),
    expires_at: invoice.expiresAt === null ? null : new Date(invoice.expiresAt).toISOString(),
    page_url: `${origin}/pay/${invoice.pageCode}`,
    transfers:
      paidAt === null || transferId === null
        ? []
        : [
            {
              id: transferId,
              amount: order.total,
              at: new Date(paidAt).toISOString(),
              medium: service?.name ?? null,
            },
          ],
  };
}

/** What tests and people can do to the MyFatoorah simulator's invoices through the control API. */
import { ControlError } from '../../sandbox/payment-control.ts';
import type {
  ExtraWebhookInput,
  PayInput,
  PaymentControl,
  PaymentView,
} from '../../sandbox/payment-control.ts';
import type { Portal } from './sandbox-countries.ts';
import type { Invoice, InvoiceBook, Transaction, TransactionStatus } from './sandbox-invoices.ts';

export const GATEWAYS = ['VISA/MASTER', 'KNET', 'MADA', 'Apple Pay'];
const STATUSES: readonly TransactionStatus[] = ['InProgress', 'Succss', 'Failed', 'Canceled', 'Authorize'];

/** `sendNow` sends one webhook that says `status`, whatever the transaction's own status. */
export function myfatoorahControl(
  book: InvoiceBook,
  portal: Portal,
  pageUrl: (invoice: Invoice) => string,
  sendNow: (invoice: Invoice, transaction: Transaction, status: TransactionStatus, forged: boolean) => void,
): PaymentControl {
  const lookUp = (id: string): Invoice | null => book.find(Number(id)) ?? book.findByKey(id);
  const find = (id: string): Invoice => {
    const invoice = lookUp(id);
    if (invoice === null) throw new ControlError(404, `myfatoorah has no payment ${id}`);
    return invoice;
  };
  const view = (invoice: Invoice): PaymentView => paymentView(invoice, portal, pageUrl(invoice));
  return {
    list: (reference) => book.list(reference).map(view),
    find: (id) => {
      const invoice = lookUp(id);
      return invoice === null ? null : view(invoice);
    },
    pay: (id, input) => pay(book, portal, find(id), input),
    fail: (id, reason) => {
      const failed = { code: 'MF004', text: reason ?? 'Insufficient funds' };
      const invoice = find(id);
      if (!book.fail(invoice, 'VISA/MASTER', failed)) throw notNow(invoice, 'takes no attempt');
    },
    expire: (id) => {
      const invoice = find(id);
      if (!book.expire(invoice)) throw notNow(invoice, 'cannot run out');
    },
    sendWebhook: (id, input) => {
      const invoice = find(id);
      const transaction = chosen(invoice, input);
      sendNow(invoice, transaction, statusFrom(input, transaction), input.forge === true);
    },
  };
}

function pay(book: InvoiceBook, portal: Portal, invoice: Invoice, input: PayInput): void {
  if (input.amount !== undefined && portal.units(input.amount) !== invoice.value) {
    throw new ControlError(400, `MyFatoorah collects the whole amount: ${portal.plain(invoice.value)}`);
  }
  const gateway = input.medium ?? 'VISA/MASTER';
  if (!GATEWAYS.includes(gateway)) throw new ControlError(400, `unknown gateway ${gateway}`, GATEWAYS);
  if (!book.pay(invoice, gateway, input.after_expiry === true)) throw notNow(invoice, 'cannot be paid');
}

function chosen(invoice: Invoice, input: ExtraWebhookInput): Transaction {
  const found =
    input.transfer_id === undefined
      ? invoice.transactions.at(-1)
      : invoice.transactions.find(({ paymentId }) => paymentId === input.transfer_id);
  if (found === undefined) throw new ControlError(409, 'webhooks tell of attempts, and there is no such one');
  return found;
}

function statusFrom(input: ExtraWebhookInput, transaction: Transaction): TransactionStatus {
  if (input.status === undefined) return transaction.status;
  const status = STATUSES.find((known) => known === input.status);
  if (status === undefined) throw new ControlError(400, `unknown status ${input.status}`, STATUSES);
  return status;
}

function notNow(invoice: Invoice, what: string): ControlError {
  return new ControlError(
    409,
    `an invoice that is ${invoice.status}, held or run out ${what}; "after_expiry": true pays one that has run out`,
  );
}

function paymentView(invoice: Invoice, portal: Portal, page_url: string): PaymentView {
  const received = invoice.transactions.filter(({ status }) => status === 'Succss');
  const last = invoice.transactions.at(-1);
  return {
    id: String(invoice.id),
    reference: invoice.order.customerReference,
    amount: portal.plain(invoice.value),
    currency: portal.currency,
    status: last === undefined ? invoice.status : `${invoice.status} ${last.status}`,
    paid_amount: portal.plain(received.reduce((sum, { value }) => sum + value, 0)),
    created_at: new Date(invoice.createdAt).toISOString(),
    expires_at: new Date(invoice.expiresAt).toISOString(),
    page_url,
    transfers: received.map(({ paymentId, value, at, gateway }) => ({
      id: paymentId,
      amount: portal.plain(value),
      at: new Date(at).toISOString(),
      medium: gateway,
    })),
  };
}

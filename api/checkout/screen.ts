/** Which screen an invoice's page shows: decided by the record alone. What a browser asks for only chooses among the harmless. */
import { toString as drawQr } from 'qrcode';
import type { CheckoutInvoice, CheckoutPayment } from '../../db/checkout.ts';
import { currency as asCurrency } from '../../domain/currency.ts';
import { toDecimal } from '../../domain/money.ts';
import type { InvoiceStatus } from '../../domain/status.ts';
import type { Instructions, Receipt, Screen, ServiceView, Setback } from '../../pages/checkout/view.ts';
import type { NextAction } from '../../providers/contract.ts';

/** What the browser wants to see. */
export interface Wish {
  /** The services, although a payment is under way. */
  readonly choose: boolean;
  /** On to the provider's page: the payment has just been asked for. */
  readonly forward: boolean;
  /** The customer has just come back from the provider's page without having paid. */
  readonly cameBack: boolean;
  /** One of several payments that are under way; null: the latest. */
  readonly payment: string | null;
}

export interface Surroundings {
  readonly services: readonly ServiceView[];
  /** Also of services that are not offered any more. */
  readonly serviceOf: (payment: CheckoutPayment) => ServiceView;
  readonly write: (minor: number) => string;
}

export async function screenOf(
  invoice: CheckoutInvoice,
  wish: Wish,
  surroundings: Surroundings,
): Promise<Screen> {
  const { status } = invoice;
  const { write } = surroundings;
  switch (status) {
    case 'paid':
      return { type: 'paid', receipt: receiptOf(invoice, surroundings) };
    case 'overpaid': {
      const excess = write(invoice.amount_received - invoice.amount_refunded - invoice.amount);
      return { type: 'overpaid', receipt: receiptOf(invoice, surroundings), excess };
    }
    case 'partially_refunded':
    case 'refunded':
      return { type: 'refunded', refunded: write(invoice.amount_refunded) };
    case 'authorized':
      return { type: 'authorized' };
    case 'expired':
      return { type: 'expired' };
    case 'canceled':
      return { type: 'canceled' };
    case 'open':
    case 'partially_paid':
      return openScreen(invoice, wish, surroundings);
  }
}

/** Whether a payment can still be asked for. */
export const isPayable = (status: InvoiceStatus): boolean => status === 'open' || status === 'partially_paid';

/** Payments that may still bring money: nobody is to be asked for the same again meanwhile. */
export function isUnderWay({ status }: CheckoutPayment): boolean {
  return (
    status === 'requested' ||
    status === 'unknown' ||
    status === 'pending' ||
    status === 'partially_paid' ||
    status === 'authorized'
  );
}

async function openScreen(invoice: CheckoutInvoice, wish: Wish, surroundings: Surroundings): Promise<Screen> {
  const { services, serviceOf } = surroundings;
  const chosen = invoice.payments.find((payment) => payment.id === wish.payment && isUnderWay(payment));
  const last = chosen ?? invoice.payments.at(-1);
  if (last === undefined) return { type: 'choose', setback: null, last: null, services, hasLive: false };
  if (wish.choose) return { type: 'choose', setback: null, last: null, services, hasLive: isUnderWay(last) };
  // Nobody knows whether it brought anything, and a guess would be about the customer's money.
  if (last.status === 'failed' && last.failure?.kind === 'unknown_outcome') return { type: 'processing' };
  if (isUnderWay(last)) return liveScreen(invoice, last, wish, surroundings);
  const setback = setbackOf(last);
  const known = services.find(({ id }) => id === serviceOf(last).id) ?? null;
  return { type: 'choose', setback, last: known, services, hasLive: false };
}

/** Why a payment that has ended brought nothing, in the customer's terms; null: it did bring something. */
function setbackOf({ status, failure }: CheckoutPayment): Setback | null {
  switch (status) {
    case 'expired':
      return 'lapsed';
    case 'canceled':
      return 'left';
    case 'failed':
      return failure === null ? 'declined' : FAILURES[failure.kind];
    default:
      return null;
  }
}

const FAILURES = {
  declined: 'declined',
  unavailable: 'unavailable',
  rate_limited: 'unavailable',
  unknown_outcome: 'left',
  invalid_request: 'refused',
  bad_credentials: 'refused',
  not_found: 'refused',
} as const satisfies Record<string, Setback>;

async function liveScreen(
  invoice: CheckoutInvoice,
  payment: CheckoutPayment,
  { forward, cameBack }: Wish,
  { serviceOf, write }: Surroundings,
): Promise<Screen> {
  const { next_action: action } = payment;
  // Without an answer, or with one that was lost: there is nothing to show, and money may come all the same.
  if (payment.status === 'requested' || payment.status === 'unknown' || action === null)
    return { type: 'processing' };
  const service = serviceOf(payment);
  const until = untilOf(invoice, payment);
  switch (action.type) {
    case 'redirect': {
      const url = webUrl(action.redirect_url);
      if (url === null) return { type: 'processing' };
      return forward
        ? { type: 'forward', service, url }
        : { type: 'redirect', service, url, until, cameBack };
    }
    case 'qr_code':
    case 'bank_transfer':
      return {
        type: 'instructions',
        service,
        show: await instructionsOf(invoice, payment, action, write),
        until,
      };
    case 'confirm_on_phone':
      return { type: 'phone', service, hint: action.phone_hint ?? null, until };
  }
}

/**
 * When the customer's time ends, by the customer's clock: a test clock that was moved puts the payment's times ahead of ours.
 */
function untilOf(
  { states }: CheckoutInvoice,
  { id, expires_at, created_at }: CheckoutPayment,
): string | null {
  if (expires_at === null) return null;
  const requested_at = states.find((state) => state.id === id)?.requested_at ?? created_at;
  const ahead_ms = Date.parse(requested_at) - Date.parse(created_at);
  return new Date(Date.parse(expires_at) - (ahead_ms > MOVED_MS ? ahead_ms : 0)).toISOString();
}

/** More than a workflow is ever late. */
const MOVED_MS = 120_000;

async function instructionsOf(
  { currency, amount, amount_received }: CheckoutInvoice,
  payment: CheckoutPayment,
  { qr_payload, qr_image, readable_code, deep_links, bank_transfer }: NextAction,
  write: (minor: number) => string,
): Promise<Instructions> {
  const missing = Math.min(payment.amount - payment.amount_received, amount - amount_received);
  // What the code asks for is fixed. Once a part has come, it would ask for too much.
  const isWhole = missing === payment.amount;
  return {
    qr: isWhole ? await qrOf(qr_payload, qr_image) : null,
    readable_code: readable_code ?? null,
    links: (deep_links ?? []).flatMap(({ label, url }) => (appUrl(url) === null ? [] : [{ label, url }])),
    transfer: bank_transfer
      ? {
          bank_name: bank_transfer.bank_name,
          account_name: bank_transfer.account_name,
          account_number: bank_transfer.account_number,
          amount: write(missing),
          amount_plain: toDecimal({ amount: missing, currency: asCurrency(currency) }).replace(/\.0+$/, ''),
          remark: bank_transfer.remark,
        }
      : null,
  };
}

/** The quiet zone is the white ground that the page puts under it. */
const MARGIN = 2;

async function qrOf(payload: string | undefined, image: string | undefined): Promise<Instructions['qr']> {
  if (payload !== undefined) return { svg: await drawQr(payload, { type: 'svg', margin: MARGIN }) };
  return image !== undefined && /^data:image\/(png|jpeg|gif|webp);base64,[A-Za-z0-9+/=]+$/.test(image)
    ? { picture: image }
    : null;
}

/** Links come from providers: pages on the web, and for apps anything that is no script. */
const webUrl = (url: string | undefined): string | null =>
  url !== undefined && /^https?:\/\//i.test(url) ? url : null;
const appUrl = (url: string): string | null =>
  /^[a-z][a-z0-9+.-]*:/i.test(url) && !/^(javascript|data|vbscript|blob|file):/i.test(url) ? url : null;

/** How the invoice was paid: by the payment that brought something last. */
function receiptOf({ payments, states }: CheckoutInvoice, { serviceOf }: Surroundings): Receipt {
  const paid = [...payments].reverse().find(({ amount_received }) => amount_received > 0);
  if (paid === undefined) return { service: null, paid_at: null, transaction: null };
  const receipts = states.find(({ id }) => id === paid.id)?.receipts ?? [];
  const moments = receipts.map(({ paid_at, at }) => paid_at ?? at).sort();
  return {
    service: serviceOf(paid).title,
    paid_at: moments.at(-1) ?? null,
    transaction: paid.provider_payment_id,
  };
}

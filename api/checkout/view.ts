/** Everything the checkout page shows of an invoice. What is known of the customer stays behind. */
import type { Request } from 'express';
import type { CheckoutInvoice, CheckoutPayment } from '../../db/checkout.ts';
import type { AccountInUse } from '../../db/merchants.ts';
import { currency as asCurrency } from '../../domain/currency.ts';
import { toDecimal } from '../../domain/money.ts';
import { checkoutTexts } from '../../pages/checkout/texts/index.ts';
import type { CheckoutView, OrderView, SandboxView, Screen, ServiceView } from '../../pages/checkout/view.ts';
import { localeOf, writeAmount, writeNumber, type Locale } from '../../pages/locale.ts';
import { addressOf } from '../merchant-address.ts';
import type { PaymentService } from '../payment-service.ts';
import { serviceId } from '../present.ts';
import { brandingOf } from './branding.ts';
import { offersFor, viewOf, type Offer } from './services.ts';
import { isPayable, screenOf, type Wish } from './screen.ts';

/** One request for a page. */
export interface Visit {
  readonly invoice: CheckoutInvoice;
  readonly offers: readonly Offer[];
  readonly locale: Locale;
  readonly isLanguageChosen: boolean;
  /** Path of the page, as the outside knows it. */
  readonly path: string;
}

export function localeOfRequest(request: Request): Locale {
  const { lang } = request.query;
  const accepted = request.headers['accept-language'] === undefined ? [] : request.acceptsLanguages();
  return localeOf(typeof lang === 'string' ? lang : null, accepted);
}

/** `accounts`: the merchant's. */
export function visitOf(
  request: Request,
  invoice: CheckoutInvoice,
  {
    services,
    accounts,
    path,
  }: { services: readonly PaymentService[]; accounts: readonly AccountInUse[]; path: string },
): Visit {
  const locale = localeOfRequest(request);
  const offers = offersFor(invoice, services, accounts, checkoutTexts(locale.language));
  return { invoice, offers, locale, isLanguageChosen: request.query['lang'] === locale.language, path };
}

/** The view of a screen; without `screen`, the one that the record calls for. */
export async function viewOfVisit(
  visit: Visit,
  {
    services,
    sandbox,
    wish,
    screen,
  }: {
    services: ReadonlyMap<string, PaymentService>;
    sandbox: SandboxView | null;
    wish: Wish;
    screen?: Screen;
  },
): Promise<CheckoutView> {
  const { invoice, offers, locale, isLanguageChosen, path } = visit;
  const write = (minor: number): string => written(locale, minor, invoice.currency);
  const surroundings = {
    services: offers.map(({ view }) => view),
    serviceOf: (payment: CheckoutPayment) => serviceOf(payment, services, locale),
    write,
  };
  return {
    locale,
    isLanguageChosen,
    path,
    brand: brandingOf(invoice.branding, invoice.merchant_name),
    order: orderOf(invoice, locale, write),
    screen: screen ?? (await screenOf(invoice, wish, surroundings)),
    version: invoice.version,
    shop_url: shopUrl(invoice),
    sandbox,
  };
}

function written(locale: Locale, minor: number, currency: string): string {
  return writeAmount(locale, toDecimal({ amount: minor, currency: asCurrency(currency) }), currency);
}

/** Also for payments with services that are not linked or not known any more. */
function serviceOf(
  { provider, method }: CheckoutPayment,
  services: ReadonlyMap<string, PaymentService>,
  { language }: Locale,
): ServiceView {
  const id = serviceId(provider, method);
  const service = services.get(id);
  if (service) return viewOf(service, checkoutTexts(language), true, false);
  return { id, title: id, flow: 'redirect', isReady: false, needsDetails: false };
}

function orderOf(invoice: CheckoutInvoice, locale: Locale, write: (minor: number) => string): OrderView {
  const { amount, amount_received, amount_refunded, reference, description, items, status, due_at } = invoice;
  const kept = amount_received - amount_refunded;
  const isPart = status === 'partially_paid';
  return {
    total: write(amount),
    received: isPart ? write(kept) : null,
    left: isPart ? write(amount - kept) : null,
    reference,
    description,
    items: items.map(({ name, quantity, unit_amount }) => ({
      name,
      quantity: writeNumber(locale, quantity),
      // More than can be written exactly is not written at all.
      amount: Number.isSafeInteger(quantity * unit_amount) ? write(quantity * unit_amount) : '',
    })),
    due_at: isPayable(status) ? due_at : null,
  };
}

/** Back to the merchant: to the page for what has happened. */
function shopUrl(invoice: CheckoutInvoice): string | null {
  const last = invoice.payments.at(-1);
  const outcome =
    isPayable(invoice.status) || invoice.status === 'canceled'
      ? 'canceled'
      : invoice.status === 'expired'
        ? 'failed'
        : 'paid';
  return addressOf(invoice.return_urls, outcome, {
    invoice_id: invoice.id,
    ...(last ? { payment_id: last.id, status: last.status } : {}),
  });
}

/**
 * The customer chooses a service. However often the same choice arrives (two clicks, the back button, a reload, two tabs), it
 * makes one payment: a payment that is under way is shown again, and the idempotency key of a new one follows from the record
 * alone, so nothing that the browser remembers can make a second one.
 */
import { createHash, createHmac } from 'node:crypto';
import type { IdempotencyClaim } from '../../db/idempotency.ts';
import type { CheckoutInvoice, CheckoutPayment } from '../../db/checkout.ts';
import type { CustomerJson } from '../../db/invoices.ts';
import type { DetailName, DetailView } from '../../pages/checkout/view.ts';
import { characters } from '../fields.ts';
import { payableAmount, serviceId } from '../present.ts';
import { exampleNumber, mobileNumber } from './phone-number.ts';
import { isUnderWay } from './screen.ts';
import type { Offer } from './services.ts';

/** What the customer has typed, as the provider gets it, and as it is shown again when something is wrong with it. */
export interface Details {
  readonly customer: CustomerJson;
  readonly shown: readonly DetailView[];
  readonly isComplete: boolean;
}

const EMAIL = /^[^\s@<>"]+@[^\s@<>"]+\.[^\s@<>"]+$/;
const NAME_MAX = 200;
const EMAIL_MAX = 254;

/** Reads the fields that the service asks for. `form` null: nothing was sent yet, so nothing is wrong yet. */
export function detailsOf({ details, service }: Offer, form: URLSearchParams | null): Details {
  const { countries } = service.manifest;
  const read = details.map((name): { view: DetailView; value: string | null } => {
    const typed = (form?.get(name) ?? '').trim();
    const value = checked(name, typed, countries);
    const example = name === 'phone' ? exampleNumber(countries) : null;
    return {
      view: { name, value: typed.slice(0, EMAIL_MAX), isWrong: form !== null && value === null, example },
      value,
    };
  });
  return {
    customer: Object.fromEntries(
      read.flatMap(({ view, value }) => (value === null ? [] : [[view.name, value]])),
    ),
    shown: read.map(({ view }) => view),
    isComplete: read.every(({ value }) => value !== null),
  };
}

function checked(name: DetailName, typed: string, countries: readonly string[]): string | null {
  // Postgres and UTF-8 cannot hold these.
  if (/[\0\p{Surrogate}]/u.test(typed)) return null;
  switch (name) {
    case 'phone':
      return mobileNumber(typed, countries);
    case 'email':
      return typed.length <= EMAIL_MAX && EMAIL.test(typed) ? typed : null;
    case 'name':
      return typed !== '' && characters(typed) <= NAME_MAX ? typed : null;
  }
}

/** The payment that is the same choice again and may still bring the money, if there is one. */
export function sameUnderWay(
  invoice: CheckoutInvoice,
  { service }: Offer,
  customer: CustomerJson,
): CheckoutPayment | undefined {
  const wanted = { ...invoice.customer, ...customer };
  return [...invoice.payments].reverse().find(
    (payment) =>
      isUnderWay(payment) &&
      serviceId(payment.provider, payment.method) === service.id &&
      // Another number is another phone; and a code that asks for more than is missing would take too much.
      service.method.requires.every((field) => {
        const name = field.slice('customer.'.length) as DetailName;
        return payment.customer[name] === wanted[name];
      }) &&
      payment.amount - payment.amount_received === payableAmount(invoice),
  );
}

/** The body that the API would get, with a description that the service takes. */
export function paymentBody(
  { description }: CheckoutInvoice,
  { service, account_id }: Offer,
  customer: CustomerJson,
): Readonly<Record<string, unknown>> {
  const { description_max: max } = service.method;
  const isTooLong = description !== null && characters(description) > max;
  const short = isTooLong ? [...description].slice(0, max).join('').trim() : null;
  return {
    payment_service: service.id,
    provider_account: account_id,
    customer,
    ...(short === null || short === '' ? {} : { description: short }),
  };
}

/** The claim of this choice: the same until a payment with this service has ended, or the amount has changed. */
export function claimOfChoice(
  invoice: CheckoutInvoice,
  { service }: Offer,
  customer: CustomerJson,
  key: Uint8Array,
): IdempotencyClaim {
  const ended = invoice.payments.filter(
    (payment) => !isUnderWay(payment) && serviceId(payment.provider, payment.method) === service.id,
  );
  const choice = JSON.stringify([
    invoice.id,
    service.id,
    payableAmount(invoice),
    ended.length,
    customer.name ?? '',
    customer.phone ?? '',
    customer.email ?? '',
  ]);
  const { merchant_id, mode } = invoice;
  return {
    merchant_id,
    mode,
    // Keyed, so that nobody else with the merchant's key can take it first.
    key: `checkout_${createHmac('sha256', key).update(`choice:${choice}`).digest('base64url')}`,
    request_hash: createHash('sha256').update(`checkout ${invoice.id} ${service.id}`).digest(),
  };
}

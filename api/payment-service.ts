/**
 * A payment service is one method of one provider (`finan.bank_transfer`). Its manifest says what it can take; here
 * is what that means for an amount and an invoice, in words. `db/payments.ts` applies the same rules when it stores.
 */
import { currency as asCurrency } from '../domain/currency.ts';
import { display } from '../domain/money.ts';
import type { CaptureMethod } from '../domain/state.ts';
import type { CustomerJson } from '../db/invoices.ts';
import type { LinkedAccount } from '../db/merchants.ts';
import type { InsertPaymentResult, NewPayment, PayableInvoice } from '../db/payments.ts';
import type { Connector, Manifest, MethodManifest } from '../providers/contract.ts';
import { nearest } from './did-you-mean.ts';
import type { Refusal } from './field-errors.ts';
import { characters } from './fields.ts';
import { payableAmount, serviceId } from './present.ts';
import { invalidFields, notFound, Problem, type FieldError } from './problem.ts';

export interface PaymentService {
  readonly id: string;
  readonly manifest: Manifest;
  readonly method: MethodManifest;
}

/** Every service of these connectors, by its id. */
export function paymentServices(
  connectors: readonly Connector<unknown>[],
): ReadonlyMap<string, PaymentService> {
  return new Map(
    connectors.flatMap(({ manifest }) =>
      manifest.methods.map((method): [string, PaymentService] => {
        const id = serviceId(manifest.provider, method.method);
        return [id, { id, manifest, method }];
      }),
    ),
  );
}

/** True when money is authorized first and captured by a call of its own, so that a merchant may capture it later. */
export function authorizesFirst({ manifest, method }: Pick<PaymentService, 'manifest' | 'method'>): boolean {
  return (method.capture ?? manifest.capture) !== 'automatic';
}

/** Why the service cannot take a payment that is to be captured in this way, or null. */
export function captureRefusal(service: PaymentService, capture_method: CaptureMethod): Refusal | null {
  if (capture_method === 'automatic' || authorizesFirst(service)) return null;
  return {
    code: 'capture_method_not_supported',
    detail: `${service.id} takes the money at once, and the invoice is to be captured by hand`,
    expected: 'a service that authorizes first, or an invoice with "capture_method": "automatic"',
  };
}

/** The service called `id`; throws `Problem` with a hint when there is none. */
export function serviceCalled(services: ReadonlyMap<string, PaymentService>, id: string): PaymentService {
  const service = services.get(id);
  if (service) return service;
  throw invalidFields([{ pointer: '/payment_service', ...unknownService(services, id) }]);
}

/** What is wrong with an id that no service has. */
export function unknownService(services: ReadonlyMap<string, PaymentService>, id: string): Refusal {
  const meant = nearest(id.slice(0, 64), services.keys());
  return {
    code: 'unknown_payment_service',
    detail: `is not a payment service${meant === null ? '' : `; did you mean "${meant}"?`}`,
    expected: `one of ${[...services.keys()].join(', ')}`,
  };
}

/** Why the service cannot take payments in this currency, or null. */
export function currencyRefusal({ id, method }: PaymentService, currency: string): Refusal | null {
  if (method.amounts.some((limit) => limit.currency === currency)) return null;
  const expected = `an invoice in ${method.amounts.map((limit) => limit.currency).join(' or ')}`;
  return { code: 'currency_not_supported', detail: `${id} does not take ${currency}`, expected };
}

/** Why the service cannot take this amount (minor units), or null; also null when it does not take the currency at all. */
export function amountRefusal(
  { id, method }: PaymentService,
  currency: string,
  amount: number,
): Refusal | null {
  const limit = method.amounts.find((candidate) => candidate.currency === currency);
  if (!limit) return null;
  const { min, max, step } = limit;
  const text = (minor: number): string => display({ amount: minor, currency: asCurrency(currency) });
  const expected =
    `from ${min} to ${max} minor units (${text(min)} to ${text(max)})` +
    (step === 1 ? '' : `, a multiple of ${step}`);
  if (amount < min)
    return { code: 'amount_too_small', detail: `${id} takes at least ${text(min)}`, expected };
  if (amount > max) return { code: 'amount_too_large', detail: `${id} takes at most ${text(max)}`, expected };
  return amount % step === 0
    ? null
    : { code: 'amount_not_representable', detail: `${id} takes multiples of ${text(step)} only`, expected };
}

/** Why nothing was stored, as the problem to answer: `insertPayment` has applied the rules, this puts them into words. */
export function explainRefusal(
  service: PaymentService,
  payment: NewPayment,
  { invoice, accounts }: InsertPaymentResult,
): Problem {
  if (invoice === null) return notFound('invoice');
  if (!takesPayments(invoice)) return notPayable(invoice);
  const { provider, account_id } = payment;
  const account = accountRefusal(service, { account_id }, accounts);
  const errors = [
    ...(account === null ? [] : [{ pointer: '/provider_account', ...account }]),
    ...paymentRefusals(service, payableOf(invoice), payment),
  ];
  if (errors.length > 0) return invalidFields(errors);
  const refuses_s = accounts.find(({ enabled }) => enabled)?.refuses_s ?? null;
  if (refuses_s !== null) {
    const detail = `${service.id} is temporarily unavailable: no calls to ${provider} are made for now`;
    return new Problem('temporarily_unavailable', detail, { retryAfter_s: refuses_s });
  }
  return new Problem('temporarily_unavailable', 'the invoice changed at this moment; repeat the request', {
    retryAfter_s: 1,
  });
}

const takesPayments = ({ status }: PayableInvoice): boolean =>
  status === 'open' || status === 'partially_paid';

const notPayable = ({ status }: PayableInvoice): Problem =>
  new Problem('invoice_not_payable', `the invoice is ${status}`);

/** Throws `Problem` when the invoice has ended or nothing is missing. */
export function refuseUnpayable(invoice: PayableInvoice): void {
  if (!takesPayments(invoice)) throw notPayable(invoice);
}

/** What there is to pay. */
export interface Payable {
  readonly currency: string;
  /** Minor units. */
  readonly remaining: number;
  readonly capture_method: CaptureMethod;
  readonly customer: CustomerJson;
  readonly description: string | null;
}

export function payableOf(invoice: PayableInvoice): Payable {
  const { currency, capture_method, customer, description } = invoice;
  return { currency, remaining: payableAmount(invoice), capture_method, customer, description };
}

/** What a request says of its payment; null: as the invoice has it. */
type WantedPayment = Pick<NewPayment, 'amount' | 'customer' | 'description'>;

/** Why the service cannot take this payment, whatever its accounts; all reasons at once. */
export function paymentRefusals(
  service: PaymentService,
  { currency, remaining, capture_method, ...payable }: Payable,
  wanted: WantedPayment,
): FieldError[] {
  const errors: FieldError[] = [];
  const add = (pointer: string, refusal: Refusal | null): void => {
    if (refusal !== null) errors.push({ pointer, ...refusal });
  };
  const amount = wanted.amount ?? remaining;
  add('/payment_service', currencyRefusal(service, currency));
  add('/payment_service', captureRefusal(service, capture_method));
  add('/amount', tooMuchRefusal(currency, remaining, amount) ?? amountRefusal(service, currency, amount));
  const customer = { ...payable.customer, ...wanted.customer };
  for (const required of service.method.requires) {
    const field = customerField(required);
    if (customer[field] === undefined) {
      add(`/customer/${field}`, {
        code: 'required',
        detail: `is needed by ${service.id}`,
        expected: `the customer's ${field}`,
      });
    }
  }
  add('/description', descriptionRefusal(service, wanted.description ?? payable.description));
  return errors;
}

/** Why no service takes this amount, or null. */
export function tooMuchRefusal(currency: string, remaining: number, amount: number): Refusal | null {
  if (amount <= remaining) return null;
  return {
    code: 'more_than_remains',
    detail: `only ${display({ amount: remaining, currency: asCurrency(currency) })} remain to be paid`,
    expected: `at most ${remaining} minor units`,
  };
}

/** Why none of these accounts, all of them at the service's provider, can be taken, or null. */
export function accountRefusal(
  { manifest }: PaymentService,
  { account_id }: Pick<NewPayment, 'account_id'>,
  accounts: readonly LinkedAccount[],
): Refusal | null {
  const enabled = accounts.filter((account) => account.enabled);
  if (enabled.length === 1) return null;
  if (enabled.length > 1) {
    return {
      code: 'required',
      detail: `is needed, because several accounts at ${manifest.title} are linked`,
      expected: `one of ${enabled.map(({ id, label }) => `${id} (${label})`).join(', ')}`,
    };
  }
  const detail =
    accounts.length > 0
      ? `the account at ${manifest.title} is disabled`
      : account_id === null
        ? `no account at ${manifest.title} is linked`
        : `is not one of your accounts at ${manifest.title}`;
  return {
    code: accounts.length > 0 ? 'account_disabled' : 'unknown_account',
    detail,
    expected: `an enabled account at ${manifest.title}, as GET /v1/payment_services lists them`,
  };
}

function descriptionRefusal({ id, method }: PaymentService, description: string | null): Refusal | null {
  const length = characters(description ?? '');
  const { description_max: max } = method;
  if (length <= max) return null;
  return {
    code: 'too_long',
    detail: `${id} takes descriptions of at most ${max} characters and the description has ${length}; this request may carry a shorter "description" of its own`,
    expected: `at most ${max} characters`,
  };
}

/** `customer.phone` → `phone` */
export function customerField(required: MethodManifest['requires'][number]): 'name' | 'phone' | 'email' {
  switch (required) {
    case 'customer.name':
      return 'name';
    case 'customer.phone':
      return 'phone';
    case 'customer.email':
      return 'email';
  }
}

/** Which payment services a merchant can offer: what is linked, narrowed by an invoice or an amount. */
import type { Request, Response } from 'express';
import { z } from 'zod';
import { findInvoice, type InvoiceRow, type Owner } from '../../db/invoices.ts';
import { linkedAccounts, type AccountInUse, type MeasuredAccount } from '../../db/merchants.ts';
import { isId } from '../../db/ids.ts';
import type { CaptureMethod } from '../../domain/state.ts';
import { sendJson } from '../answer.ts';
import { contextOf, ownerOf } from '../context.ts';
import type { ApiDependencies } from '../dependencies.ts';
import { amountText, currencyCode } from '../fields.ts';
import {
  amountRefusal,
  captureRefusal,
  currencyRefusal,
  paymentServices,
  type PaymentService,
} from '../payment-service.ts';
import { presentPerformance } from '../present-performance.ts';
import { payableAmount } from '../present.ts';
import { invalidFields, notFound } from '../problem.ts';
import { parseQuery } from '../query.ts';
import type { paymentService } from '../schemas/account.ts';
import type { Shown } from '../schemas/parts.ts';

export const serviceQuery = z.strictObject({
  invoice: z.string().optional(),
  currency: currencyCode().optional(),
  amount: amountText(1).optional(),
});

/** What the list is narrowed to; `payable` is false for an invoice that takes no payments any more. */
interface Wanted {
  readonly currency: string | null;
  /** Minor units. */
  readonly amount: number | null;
  readonly payable: boolean;
  /** The invoice's. */
  readonly capture_method?: CaptureMethod;
}

export function paymentServiceRoutes({ pool, connectors }: ApiDependencies) {
  const services = [...paymentServices(connectors).values()];

  const wantedBy = async (request: Request, response: Response, owner: Owner): Promise<Wanted> => {
    const { invoice: id, currency = null, amount } = parseQuery(serviceQuery, request);
    if (id === undefined) {
      if (amount !== undefined && currency === null) throw invalidFields([needsCurrency]);
      return { currency, amount: amount === undefined ? null : Number(amount), payable: true };
    }
    if (currency !== null || amount !== undefined) throw invalidFields([eitherOr]);
    const invoice = isId('inv', id) ? await findInvoice(pool, owner, id) : null;
    if (!invoice) throw notFound('invoice');
    contextOf(response).invoice_id = id;
    return wantedFor(invoice);
  };

  const list = async (request: Request, response: Response): Promise<void> => {
    const owner = ownerOf(response);
    const wanted = await wantedBy(request, response, owner);
    const accounts = await linkedAccounts(pool, owner.merchant_id, owner.mode);
    const data = presentServices(services, accounts, wanted);
    sendJson(response, 200, JSON.stringify({ object: 'list', data }));
  };

  return { list };
}

/** What is left of an invoice. */
export function wantedFor(invoice: InvoiceRow) {
  const payable = invoice.status === 'open' || invoice.status === 'partially_paid';
  const { currency, capture_method } = invoice;
  return { currency, amount: payableAmount(invoice), payable, capture_method };
}

/** Each service with each account at its provider, and whether it can take what is wanted. */
export function presentServices(
  services: readonly PaymentService[],
  accounts: readonly MeasuredAccount[],
  wanted: Wanted,
): Shown<typeof paymentService>[] {
  return accounts.flatMap((account) =>
    services
      .filter(({ manifest }) => manifest.provider === account.provider)
      .map((service) => present(service, account, wanted)),
  );
}

const needsCurrency = {
  pointer: '?currency',
  code: 'required',
  detail: 'is needed with an amount',
  expected: 'the currency of the amount',
};
const eitherOr = {
  pointer: '?invoice',
  code: 'conflict',
  detail: 'cannot be combined with a currency or an amount: the invoice has its own',
  expected: 'an invoice, or a currency with or without an amount',
};

function present(
  service: PaymentService,
  account: MeasuredAccount,
  wanted: Wanted,
): Shown<typeof paymentService> {
  const { id, manifest, method } = service;
  const reason = unavailable(service, account, wanted);
  // Undefined: nothing was measured of it within the window.
  const measured = account.performance[method.method];
  return {
    object: 'payment_service',
    id,
    provider: manifest.provider,
    method: method.method,
    title: method.title,
    flow: method.flow,
    provider_account: account.id,
    currencies: method.amounts.map(({ currency, min, max, step }) => ({ currency, min, max, step })),
    requires: method.requires,
    description_max: method.description_max,
    lifetime_s: method.lifetime_s,
    capture: method.capture ?? manifest.capture,
    refund: manifest.refund,
    available: reason === null,
    unavailable_reason: reason,
    performance: measured === undefined ? null : presentPerformance(measured),
  };
}

function unavailable(
  service: PaymentService,
  { enabled, refuses_s }: AccountInUse,
  { currency, amount, payable, capture_method }: Wanted,
): { code: string; detail: string } | null {
  if (!enabled) return { code: 'account_disabled', detail: 'the provider account is disabled' };
  if (!payable) return { code: 'invoice_not_payable', detail: 'the invoice takes no payments any more' };
  const refusal =
    currency === null
      ? null
      : (currencyRefusal(service, currency) ??
        captureRefusal(service, capture_method ?? 'automatic') ??
        (amount === null ? null : amountRefusal(service, currency, amount)));
  // What passes by itself is said last: it is no reason where another one stays.
  if (refusal) return { code: refusal.code, detail: refusal.detail };
  if (refuses_s !== null)
    return { code: 'temporarily_unavailable', detail: 'the provider account takes no calls for now' };
  return null;
}

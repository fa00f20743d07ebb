/** Which payment services a customer can choose for an invoice, and with which of the merchant's accounts. */
import type { CheckoutInvoice } from '../../db/checkout.ts';
import type { AccountInUse } from '../../db/merchants.ts';
import { serviceName } from '../../pages/checkout/marks.ts';
import type { DetailName, ServiceView } from '../../pages/checkout/view.ts';
import {
  amountRefusal,
  captureRefusal,
  currencyRefusal,
  customerField,
  type PaymentService,
} from '../payment-service.ts';
import { payableAmount } from '../present.ts';

export interface Offer {
  readonly service: PaymentService;
  readonly account_id: string;
  /** What the customer has to tell, because the invoice does not. */
  readonly details: readonly DetailName[];
  readonly view: ServiceView;
}

/** `card`: the page's word for one. */
export type Naming = { readonly card: string };

export function viewOf(
  service: PaymentService,
  naming: Naming,
  isReady: boolean,
  needsDetails: boolean,
): ServiceView {
  const { id, method } = service;
  return { id, title: serviceName(id, method.title, naming.card), flow: method.flow, isReady, needsDetails };
}

/** Every service that takes this invoice; those whose provider cannot be reached come last. */
export function offersFor(
  invoice: CheckoutInvoice,
  services: readonly PaymentService[],
  accounts: readonly AccountInUse[],
  naming: Naming,
): Offer[] {
  const enabled = accounts.filter((account) => account.enabled);
  const offers = services.flatMap((service): Offer[] => {
    const own = enabled.filter(({ provider }) => provider === service.manifest.provider);
    const account = own.find(({ refuses_s }) => refuses_s === null) ?? own[0];
    if (account === undefined || !takes(service, invoice)) return [];
    const details = detailsFor(service, invoice);
    const view = viewOf(service, naming, account.refuses_s === null, details.length > 0);
    return [{ service, account_id: account.id, details, view }];
  });
  return offers.sort((a, b) => Number(b.view.isReady) - Number(a.view.isReady));
}

function takes(service: PaymentService, invoice: CheckoutInvoice): boolean {
  const { currency, capture_method } = invoice;
  return (
    currencyRefusal(service, currency) === null &&
    captureRefusal(service, capture_method) === null &&
    amountRefusal(service, currency, payableAmount(invoice)) === null
  );
}

function detailsFor({ method }: PaymentService, { customer }: CheckoutInvoice): DetailName[] {
  return method.requires.map(customerField).filter((field) => customer[field] === undefined);
}

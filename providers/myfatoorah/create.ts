/** Invoices with a link: SendPayment for every gateway of the account, ExecutePayment for cards held first. */
import type { Money } from '../../domain/money.ts';
import { unexpectedAnswer } from '../answers.ts';
import { checkRequest, refused } from '../check-request.ts';
import type { CreatedPayment, CreatePayment } from '../contract.ts';
import { wireNumber } from '../decimals.ts';
import { inAccountCurrency } from './amounts.ts';
import { localTime, splitPhone } from './countries.ts';
import { manifest } from './manifest.ts';
import { call, executedPayment, initiatedPayment, sentPayment, type Context } from './wire.ts';

/** "At most 254 characters", CallBackUrl and ErrorUrl. */
const URL_MAX = 254;
/** PaymentMethodCode of VISA/MASTER, the gateway that can authorize. */
const CARDS = 'vm';

/** Makes an invoice with a link; see `Connector.createPayment`. */
export async function createPayment(context: Context, request: CreatePayment): Promise<CreatedPayment> {
  const { lifetime_s } = checkRequest(manifest, request);
  const ends_ms = Math.floor(context.now() / 1000 + lifetime_s) * 1000;
  const body = invoiceBody(context, request, ends_ms);
  const { data, request: sent } = await (request.method === 'payment_link'
    ? sendPayment(context, body)
    : executePayment(context, body, request.money));
  if (data.CustomerReference !== null && data.CustomerReference !== request.reference) {
    throw unexpectedAnswer(sent, 'is about another reference');
  }
  return {
    provider_payment_id: data.InvoiceId,
    expires_at: new Date(ends_ms).toISOString(),
    next_action: { type: 'redirect', redirect_url: data.url },
  };
}

type Body = Readonly<Record<string, unknown>>;

function sendPayment(context: Context, body: Body) {
  return call(
    context,
    {
      operation: 'create_payment',
      endpoint: 'SendPayment',
      body: { NotificationOption: 'LNK', ...body },
      mutates: true,
    },
    sentPayment,
  );
}

/** Only ExecutePayment can leave the capture open, and it wants a gateway: its id differs by account. */
async function executePayment(context: Context, body: Body, money: Money) {
  const { data } = await call(
    context,
    {
      operation: 'list_methods',
      endpoint: 'InitiatePayment',
      body: { InvoiceAmount: wireNumber(money), CurrencyIso: money.currency },
      mutates: false,
    },
    initiatedPayment,
  );
  const cards = data.PaymentMethods.find((method) => method.PaymentMethodCode?.toLowerCase() === CARDS);
  if (!cards) throw refused('no_card_gateway', 'this MyFatoorah account has no VISA/MASTER gateway');
  return call(
    context,
    {
      operation: 'create_payment',
      endpoint: 'ExecutePayment',
      body: {
        PaymentMethodId: cards.PaymentMethodId,
        ...body,
        ProcessingDetails: { AutoCapture: false },
      },
      mutates: true,
    },
    executedPayment,
  );
}

/** Our reference goes out twice: by `CustomerReference` it is found, as `ExternalIdentifier` it is under the signature. */
function invoiceBody({ account }: Context, request: CreatePayment, ends_ms: number): Body {
  const { country } = account.credentials;
  const { customer, return_urls, money, reference } = request;
  inAccountCurrency(country, money);
  const phone = splitPhone(customer.phone, country);
  const { success, failure } = return_urls;
  if (failure.length > URL_MAX) {
    throw refused(
      'url_too_long',
      `return addresses: at most ${URL_MAX} characters; the public URL is too long`,
    );
  }
  return {
    InvoiceValue: wireNumber(money),
    DisplayCurrencyIso: money.currency,
    ...(customer.name ? { CustomerName: customer.name } : {}),
    ...(customer.email ? { CustomerEmail: customer.email } : {}),
    ...(phone ? { MobileCountryCode: phone.code, CustomerMobile: phone.number } : {}),
    CallBackUrl: success,
    ErrorUrl: failure,
    Language: 'en',
    CustomerReference: reference,
    ExternalIdentifier: reference,
    ExpiryDate: localTime(ends_ms),
    InvoiceItems: itemsOf(request),
  };
}

/** Items must add up to the invoice; those that do not (discounts, shipping) become one line. */
function itemsOf({ items, money, description, reference }: CreatePayment): readonly Body[] {
  const total = items.reduce((sum, { quantity, unit_amount }) => sum + quantity * unit_amount, 0);
  if (items.length === 0 || total !== money.amount || items.some(({ unit_amount }) => unit_amount <= 0)) {
    return [{ ItemName: description ?? reference, Quantity: 1, UnitPrice: wireNumber(money) }];
  }
  return items.map(({ name, quantity, unit_amount }) => ({
    ItemName: name,
    Quantity: quantity,
    UnitPrice: wireNumber({ amount: unit_amount, currency: money.currency }),
  }));
}

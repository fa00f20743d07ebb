/** The calls of the API that the MyFatoorah simulator answers. */
import type { Reply, Route, SimulatorRequest } from '../../sandbox/http-server.ts';
import { randomUUID } from '../../sandbox/random.ts';
import { sameText } from '../../sandbox/same-text.ts';
import type { SimulatorCore } from '../../sandbox/simulator.ts';
import { failure, invoiceJson, json, refundJson, refundStatusJson, success } from './sandbox-answers.ts';
import type { Portal } from './sandbox-countries.ts';
import type { Invoice, InvoiceBook } from './sandbox-invoices.ts';
import { checkMethod, methods } from './sandbox-methods.ts';
import type { RefundBook } from './sandbox-refunds.ts';
import { Fields, parseOrder, Refusal } from './sandbox-requests.ts';

export type Credentials = {
  readonly token: string;
  readonly country: string;
  readonly webhook_secret: string;
  /** `Invoice.ExternalIdentifier`, or `Customer.Reference` for an old account. */
  readonly webhook_v2_field: string;
};

/** The state that calls work on. */
export interface Parts {
  readonly core: SimulatorCore<Credentials>;
  readonly portal: Portal;
  readonly book: InvoiceBook;
  readonly refunds: RefundBook;
  /** Of embedded payments, each good for one payment. */
  readonly sessions: Set<string>;
}

/** Nearly every call is a POST below /v2, with its path matched without case. */
export function apiRoutes(parts: Parts, pageUrl: (invoice: Invoice) => string): Route[] {
  const { core, portal, book } = parts;
  const route = (
    endpoint: string,
    operations: readonly string[],
    handle: (fields: Fields, request: SimulatorRequest) => Reply,
    method: 'GET' | 'POST' = 'POST',
  ): Route => ({
    method,
    path: `/v2/${endpoint}`,
    ignoreCase: true,
    operations,
    handle: (request) => {
      try {
        const refused = unauthorized(core.credentials.token, request);
        return refused ?? handle(new Fields(method === 'GET' ? {} : request.rawBody), request);
      } catch (error) {
        if (error instanceof Refusal) return failure(400, error.message, error.validationErrors);
        throw error;
      }
    },
  });
  const order = (fields: Fields) => parseOrder(fields, portal, core.settings['refuse_local_urls'] === true);
  return [
    route('InitiatePayment', ['methods'], (fields) => success({ PaymentMethods: methods(fields, portal) })),
    // Not in the envelope. Only the account's own currency is shown here.
    route(
      'GetCurrenciesExchangeList',
      ['currencies'],
      () => json(200, [{ Text: portal.currency, Value: 1 }]),
      'GET',
    ),
    route('InitiateSession', ['session'], () => {
      const SessionId = randomUUID();
      parts.sessions.add(SessionId);
      return success({ SessionId, CountryCode: portal.iso }, 'Initiated Successfully!');
    }),
    route('SendPayment', ['create', 'send_payment'], (fields, request) => {
      requireForLink(fields);
      // ProcessingDetails belong to ExecutePayment; an invoice link is always captured.
      const invoice = book.create({ ...order(fields), autoCapture: true });
      request.about(String(invoice.id));
      return success(
        {
          InvoiceId: invoice.id,
          InvoiceURL: pageUrl(invoice),
          CustomerReference: invoice.order.customerReference,
          UserDefinedField: invoice.order.userDefinedField,
        },
        'Invoice Created Successfully!',
      );
    }),
    route('ExecutePayment', ['create', 'execute_payment'], (fields, request) => {
      const session = checkMethod(fields, parts.sessions);
      const asked = order(fields);
      parts.sessions.delete(session);
      const held = !asked.autoCapture && core.settings['authorization_enabled'] === true;
      const invoice = book.create({ ...asked, autoCapture: !held });
      request.about(String(invoice.id));
      return success(
        {
          InvoiceId: invoice.id,
          IsDirectPayment: false,
          PaymentURL: pageUrl(invoice),
          CustomerReference: invoice.order.customerReference,
          UserDefinedField: invoice.order.userDefinedField,
          RecurringId: '',
        },
        'Invoice Created Successfully!',
      );
    }),
    route('GetPaymentStatus', ['get', 'payment_status'], (fields, request) => {
      const invoice = invoiceNamed(fields, book);
      request.about(String(invoice.id));
      return success(invoiceJson(invoice, portal));
    }),
    route('UpdatePaymentStatus', ['update_payment'], (fields, request) => {
      const invoice = invoiceNamed(fields, book);
      request.about(String(invoice.id));
      updatePayment(fields, invoice, parts);
      return success(invoiceJson(invoice, portal));
    }),
    route('MakeRefund', ['refund'], (fields, request) => makeRefund(fields, request, parts)),
    route('GetRefundStatus', ['refund_status'], (fields) => success(refundStatus(fields, parts))),
  ];
}

function requireForLink(fields: Fields): void {
  fields.required('CustomerName');
  const option = fields.required('NotificationOption').toUpperCase();
  if (!['EML', 'SMS', 'LNK', 'ALL'].includes(option)) {
    fields.wrong('NotificationOption', 'NotificationOption must be EML, SMS, LNK or ALL');
  }
  if (option === 'EML' || option === 'ALL') fields.required('CustomerEmail');
  if (option === 'SMS' || option === 'ALL') fields.required('CustomerMobile');
}

/** By `Key` and `KeyType`; throws `Refusal` in the words of the real API when there is none. */
function invoiceNamed(fields: Fields, book: InvoiceBook): Invoice {
  const key = fields.required('Key');
  const keyType = fields.required('KeyType').toLowerCase();
  const find: Readonly<Record<string, () => Invoice | null>> = {
    invoiceid: () => book.find(Number(key)),
    paymentid: () => book.findByPaymentId(key),
    customerreference: () => book.list(key)[0] ?? null,
  };
  const look = find[keyType];
  if (look === undefined) fields.wrong('KeyType', 'KeyType is invalid');
  fields.check();
  const invoice = look?.() ?? null;
  if (invoice === null) throw new Refusal('No data match the provided values');
  return invoice;
}

/** "You can make only one Capture/Release operation on each invoice." */
function updatePayment(fields: Fields, invoice: Invoice, { portal, book }: Parts): void {
  const operation = fields.required('Operation').toLowerCase();
  const given = fields.text('Amount');
  const amount = given === null ? null : portal.units(given);
  if (operation !== 'capture' && operation !== 'release') fields.wrong('Operation', 'Operation is invalid');
  if (operation === 'capture' && given === null) fields.wrong('Amount', 'Amount is required');
  if (given !== null && amount === null) fields.wrong('Amount', 'Amount is invalid');
  fields.check();
  const held = invoice.transactions.find(({ status }) => status === 'Authorize');
  if (held === undefined || invoice.status !== 'Pending') {
    throw new Refusal('There is no authorized transaction on this invoice');
  }
  if (operation === 'release') {
    if (amount !== null && amount !== held.value) fields.wrong('Amount', 'Amount must be the invoice value');
    fields.check();
    book.release(invoice, held);
    return;
  }
  if (amount === null || amount > held.value) fields.wrong('Amount', 'Amount exceeds the invoice value');
  fields.check();
  book.capture(invoice, held, amount ?? 0);
}

function makeRefund(
  fields: Fields,
  request: SimulatorRequest,
  { core, portal, book, refunds }: Parts,
): Reply {
  const amount = portal.units(fields.value('Amount'));
  if (amount === null) fields.wrong('Amount', 'Amount must be a positive amount');
  if ((fields.text('KeyType') ?? '').toLowerCase() === 'customerreference') {
    fields.wrong('KeyType', 'KeyType must be InvoiceId or PaymentId');
  }
  const invoice = invoiceNamed(fields, book);
  request.about(String(invoice.id));
  const refund = refunds.request(
    invoice,
    amount ?? 0,
    fields.text('Comment'),
    fields.text('ExternalIdentifier'),
    () => ({
      afterS: Number(core.settings['refund_review_s']),
      refuses: core.settings['refuse_refunds'] === true,
    }),
  );
  const asked = { Key: fields.required('Key'), KeyType: fields.required('KeyType') };
  return success({ ...asked, ...refundJson(refund, portal) }, 'Refund Created Successfully!');
}

function refundStatus(fields: Fields, { portal, book, refunds }: Parts): Record<string, unknown> {
  const key = fields.required('Key');
  const keyType = fields.required('KeyType').toLowerCase();
  if (!['invoiceid', 'refundid', 'refundreference'].includes(keyType)) {
    fields.wrong('KeyType', 'KeyType is invalid');
  }
  fields.check();
  const invoice = keyType === 'invoiceid' ? book.find(Number(key)) : null;
  if (keyType === 'invoiceid' && invoice === null) throw new Refusal('No data match the provided values');
  const found = invoice === null ? refunds.find(key) : refunds.of(invoice.id);
  if (invoice === null && found.length === 0) throw new Refusal('No data match the provided values');
  return refundStatusJson(found, portal);
}

function unauthorized(token: string, { headers }: SimulatorRequest): Reply | null {
  const given = /^Bearer +(.+)$/i.exec(headers.authorization ?? '')?.[1] ?? '';
  return sameText(given, token) ? null : failure(401, 'Authorization has been denied for this request.');
}

/** Invoices, payments, captures, voids and refunds: their operations as the description has them. */
import type { ErrorCode } from '../error-catalogue.ts';
import { expandQuery } from '../expand.ts';
import { INVOICE_EXPANSIONS, OPERATION_EXPANSIONS, PAYMENT_EXPANSIONS } from '../expanded.ts';
import { noFields } from '../fields.ts';
import { listQuery } from '../lists.ts';
import { exchangeQuery } from '../routes/exchanges.ts';
import { personBody } from '../routes/erasures.ts';
import { cancelBody, invoiceBody } from '../routes/invoices.ts';
import { invoiceFilters } from '../routes/invoice-list.ts';
import { captureBody, refundBody, voidBody } from '../routes/operations.ts';
import { paymentBody } from '../routes/payments.ts';
import { paymentCancelBody } from '../routes/payment-cancel.ts';
import { paymentFilters } from '../routes/payment-list.ts';
import { quoteQuery } from '../routes/quotes.ts';
import { refundFilters } from '../routes/refund-list.ts';
import { clockBody } from '../routes/test-clock.ts';
import { erasure, invoice, testClock } from '../schemas/invoice.ts';
import {
  expandedInvoice,
  expandedOperation,
  expandedOperationWithLog,
  expandedPayment,
} from '../schemas/expanded.ts';
import { operation } from '../schemas/operation.ts';
import { listOf } from '../schemas/parts.ts';
import { payment } from '../schemas/payment.ts';
import { quotes } from '../schemas/quote.ts';
import { exchange } from '../schemas/webhook.ts';
import type { ApiDependencies } from '../dependencies.ts';
import { accepted, created, ok, page, type Operation } from './operation.ts';

/** The clock that schemas ask is only needed to parse. */
const now = (): number => 0;

const MOVING: readonly ErrorCode[] = [
  'not_found',
  'not_supported_by_provider',
  'operation_in_progress',
  'provider_refused',
  'provider_unavailable',
  'payment_not_authorized',
];
const CAPTURING: readonly ErrorCode[] = [
  ...MOVING,
  'authorization_ended',
  'nothing_to_capture',
  'amount_exceeds_capturable',
  'captured_already',
];

export const paymentOperations = ({ connectors }: Pick<ApiDependencies, 'connectors'>): Operation[] => [
  {
    id: 'createInvoice',
    method: 'post',
    path: '/v1/invoices',
    access: 'create',
    tag: 'Invoices',
    summary: 'Create an invoice',
    description:
      'Says what is owed. Ask for a payment next, or send the customer to the checkout page. It expires seven days later unless `due_at` says otherwise.',
    body: invoiceBody(now, 'sandbox'),
    answers: [created(invoice, 'The invoice.')],
  },
  {
    id: 'listInvoices',
    method: 'get',
    path: '/v1/invoices',
    access: 'read',
    tag: 'Invoices',
    summary: 'List invoices',
    query: listQuery('inv', invoiceFilters(connectors), INVOICE_EXPANSIONS),
    answers: [page(expandedInvoice)],
  },
  {
    id: 'readInvoice',
    method: 'get',
    path: '/v1/invoices/:id',
    access: 'read',
    tag: 'Invoices',
    summary: 'Read an invoice',
    query: expandQuery(INVOICE_EXPANSIONS),
    answers: [ok(expandedInvoice, 'The invoice with all its payments.')],
  },
  {
    id: 'listQuotes',
    method: 'get',
    path: '/v1/invoices/:id/quotes',
    access: 'read',
    tag: 'Invoices',
    summary: "List an invoice's quotes",
    description:
      'Which payment services were chosen, for how much, and what was paid with each, too little or too much; and which could be chosen now.',
    query: quoteQuery,
    answers: [ok(quotes, 'The quotes, the newest first, and what can be chosen now.')],
  },
  {
    id: 'cancelInvoice',
    method: 'post',
    path: '/v1/invoices/:id/cancel',
    access: 'create',
    tag: 'Invoices',
    summary: 'Cancel an invoice',
    description:
      'Providers are asked first whether money has come; nothing is canceled when one cannot say. Repeating it changes nothing.',
    body: cancelBody,
    answers: [ok(invoice, 'The canceled invoice.')],
    errors: ['invoice_not_cancelable', 'provider_unconfirmed'],
  },
  {
    id: 'createPayment',
    method: 'post',
    path: '/v1/invoices/:id/payments',
    access: 'create',
    tag: 'Payments',
    summary: 'Request a payment',
    description:
      'Starts an attempt to collect the invoice. Without `payment_service` the routing rules pick one. `next_action` of the answer says how the customer pays.',
    body: paymentBody('sandbox'),
    answers: [
      created(payment, 'The payment; the customer can pay.'),
      accepted(payment, 'The provider has not answered yet; read the payment again.'),
    ],
    errors: [
      'invoice_not_payable',
      'payment_declined',
      'provider_refused',
      'provider_unavailable',
      'provider_credentials_rejected',
    ],
  },
  {
    id: 'listPayments',
    method: 'get',
    path: '/v1/payments',
    access: 'read',
    tag: 'Payments',
    summary: 'List payments',
    query: listQuery('pay', paymentFilters(connectors), PAYMENT_EXPANSIONS),
    answers: [page(expandedPayment)],
  },
  {
    id: 'readPayment',
    method: 'get',
    path: '/v1/payments/:id',
    access: 'read',
    tag: 'Payments',
    summary: 'Read a payment',
    query: expandQuery(PAYMENT_EXPANSIONS),
    answers: [ok(expandedPayment, 'The payment.')],
  },
  {
    id: 'cancelPayment',
    method: 'post',
    path: '/v1/payments/:id/cancel',
    access: 'create',
    tag: 'Payments',
    summary: 'Cancel a payment',
    description:
      'Ends a payment that nobody has paid, at the provider where that can be; the invoice stays open for others. The provider is asked first whether money has come. Repeating it changes nothing.',
    body: paymentCancelBody,
    answers: [ok(payment, 'The payment, which has ended.')],
    errors: ['payment_not_cancelable', 'provider_unconfirmed'],
  },
  {
    id: 'capturePayment',
    method: 'post',
    path: '/v1/payments/:id/capture',
    access: 'capture',
    tag: 'Captures, voids and refunds',
    summary: 'Capture authorized money',
    description: 'All that is left, or `amount`; in parts where the provider can.',
    body: captureBody,
    answers: [created(operation, 'The capture.'), accepted(operation, 'How it ends is not known yet.')],
    errors: CAPTURING,
  },
  {
    id: 'voidPayment',
    method: 'post',
    path: '/v1/payments/:id/void',
    access: 'capture',
    tag: 'Captures, voids and refunds',
    summary: 'Give up authorized money',
    body: voidBody,
    answers: [created(operation, 'The void.'), accepted(operation, 'How it ends is not known yet.')],
    errors: CAPTURING,
  },
  {
    id: 'createRefund',
    method: 'post',
    path: '/v1/refunds',
    access: 'refund',
    tag: 'Captures, voids and refunds',
    summary: 'Refund a payment',
    description:
      'All that is left, or `amount`. With `"manual": true` you give the money back yourself and it is only recorded.',
    body: refundBody,
    answers: [created(operation, 'The refund.'), accepted(operation, 'How it ends is not known yet.')],
    errors: [...MOVING, 'nothing_to_refund', 'amount_exceeds_refundable', 'full_refund_only'],
  },
  {
    id: 'listRefunds',
    method: 'get',
    path: '/v1/refunds',
    access: 'read',
    tag: 'Captures, voids and refunds',
    summary: 'List refunds',
    query: listQuery('rfd', refundFilters(connectors), OPERATION_EXPANSIONS),
    answers: [page(expandedOperation)],
  },
  ...(['capture', 'void', 'refund'] as const).map((kind): Operation => ({
    id: { capture: 'readCapture', void: 'readVoid', refund: 'readRefund' }[kind],
    method: 'get',
    path: `/v1/${kind}s/:id`,
    access: 'read',
    tag: 'Captures, voids and refunds',
    summary: `Read a ${kind}`,
    description: 'With its history, and each call that asked the provider for it.',
    query: expandQuery(OPERATION_EXPANSIONS),
    answers: [ok(expandedOperationWithLog, `The ${kind}.`)],
  })),
  {
    id: 'advanceTestClock',
    method: 'post',
    path: '/v1/invoices/:id/test_clock',
    access: 'create',
    tag: 'Invoices',
    summary: 'Move the time of a sandbox invoice',
    description: 'Everything that is due on the way happens as it would: expiry, status checks, webhooks.',
    body: clockBody,
    answers: [ok(testClock, 'The invoice as it is then.')],
    errors: ['sandbox_only', 'invoice_not_in_flight', 'test_clock_unavailable'],
  },
  {
    id: 'listExchanges',
    method: 'get',
    path: '/v1/invoices/:id/exchanges',
    access: 'read',
    tag: 'Personal data',
    summary: 'List what was said to and by providers',
    query: exchangeQuery,
    answers: [{ ...page(exchange, false), schema: listOf(exchange) }],
  },
  {
    id: 'readExchange',
    method: 'get',
    path: '/v1/exchanges/:id',
    access: 'read',
    tag: 'Personal data',
    summary: 'Read an exchange',
    answers: [ok(exchange, 'The call or webhook.')],
  },
  {
    id: 'eraseInvoice',
    method: 'post',
    path: '/v1/invoices/:id/erase',
    access: 'admin',
    tag: 'Personal data',
    summary: 'Erase the personal data of an invoice',
    body: noFields,
    answers: [ok(invoice, 'The invoice without it.')],
    errors: ['invoice_in_flight'],
  },
  {
    id: 'erasePerson',
    method: 'post',
    path: '/v1/erasures',
    access: 'admin',
    tag: 'Personal data',
    summary: 'Erase a person from all invoices',
    description: 'The body has exactly one of `email` and `phone`.',
    body: personBody,
    answers: [ok(erasure, 'What was erased, and what is still needed.')],
  },
];

/**
 * Simulator of Finan's payment gateway (Vietnam): paths, signature, envelope and webhooks as open.finan.one documents
 * them. It shares no code with the connector.
 *
 * Not documented, so chosen here: error codes and texts, HTTP 201 for a create, plain UUIDs as ids, and that a
 * `reference_id` may be used again.
 */
import type { Reply, Route, SimulatorRequest } from '../../sandbox/http-server.ts';
import { defineSimulator } from '../../sandbox/simulator.ts';
import type { SimulatorCore } from '../../sandbox/simulator.ts';
import { accountRoutes, merchantAccounts } from './sandbox-accounts.ts';
import type { BankAccount } from './sandbox-accounts.ts';
import { BASE, refuseUnsigned, transferWebhook } from './sandbox-auth.ts';
import type { Credentials } from './sandbox-auth.ts';
import { finanControl } from './sandbox-control.ts';
import { errorReply, success } from './sandbox-envelope.ts';
import { finanPages, pagePath } from './sandbox-pages.ts';
import { PaymentBook, paidAmount, statusOf } from './sandbox-payments.ts';
import type { PaymentRequest } from './sandbox-payments.ts';
import { parseCreatePayment } from './sandbox-requests.ts';

export const finanSimulator = defineSimulator<Credentials>({
  name: 'finan',
  basePath: BASE,
  bodyLimitBytes: 1024 * 1024,
  credentials: (random) => ({
    client_id: random.uuid(),
    secret: random.hex(64),
    account_id: random.uuid(),
  }),
  webhooks: {
    timeoutMs: 10_000,
    acknowledged: (status) => status === 200,
    retryDelaysS: [5 * 60, 10 * 60, 15 * 60],
    // "Events with URL Not Set or Timeout status are not auto-retried."
    retried: (outcome) => outcome === 'refused' || outcome === 'connection_failed',
  },
  settings: {},
  build: (core) => {
    const accounts = [...merchantAccounts(core.credentials.account_id)];
    const book = new PaymentBook(core.clock, core.ledger, (payment, transfer) => {
      core.webhooks.send(transferWebhook(core.credentials, payment, transfer));
    });
    return {
      routes: [...apiRoutes(core, book, accounts), ...finanPages(book)],
      errorReply,
      payments: finanControl(core, book),
      reset: () => {
        book.reset();
        accounts.splice(2);
      },
    };
  },
});

function apiRoutes(core: SimulatorCore<Credentials>, book: PaymentBook, accounts: BankAccount[]): Route[] {
  const route = (
    method: string,
    path: string,
    operation: string,
    handle: (request: SimulatorRequest) => Reply,
  ): Route => ({
    method,
    path: BASE + path,
    operations: [operation],
    handle: (request) => refuseUnsigned(core.credentials, request) ?? handle(request),
  });
  return [
    route('POST', '/api/v1/payments', 'create', (request) => create(core, book, accounts, request)),
    route('GET', '/api/v1/payments', 'list', (request) => {
      const type = request.query.get('reference_type');
      const found = book
        .list(request.query.get('reference_id'))
        .filter((payment) => type === null || payment.body.reference_type === type);
      return success(102000, found.map(paymentJson));
    }),
    route('GET', '/api/v1/payments/:id', 'get', (request) => {
      const payment = book.find(request.param('id'));
      if (payment === null) return errorReply(404, 'payment request not found');
      request.about(payment.id);
      return success(102000, paymentJson(payment));
    }),
    ...accountRoutes(route, accounts),
  ];
}

function create(
  core: SimulatorCore<Credentials>,
  book: PaymentBook,
  accounts: readonly BankAccount[],
  request: SimulatorRequest,
): Reply {
  const body = parseCreatePayment(request.rawBody);
  if (!body.ok) return errorReply(400, body.message);
  const { payment_method: method, account_id: accountId } = body.value;
  const account = accounts.find(({ id }) => id === (accountId ?? core.credentials.account_id));
  if (method === 'bank_transfer' && account === undefined)
    return errorReply(400, 'account_id is not one of your accounts');
  const payment = book.create(
    body.value,
    method === 'bank_transfer' && account !== undefined ? account : null,
  );
  request.about(payment.id);
  return success(102001, {
    payment_request_id: payment.id,
    payment_request_code: payment.code,
    payment_url: payment.bankTransfer === null ? core.origin() + pagePath(payment) : '',
    ...(payment.bankTransfer === null ? {} : { bank_transfer_detail: payment.bankTransfer }),
  });
}

/** A payment request as the list and the single read show it: without where to pay. */
function paymentJson(payment: PaymentRequest): Record<string, unknown> {
  const { body } = payment;
  return {
    payment_request_id: payment.id,
    paid_amount: paidAmount(payment),
    status: statusOf(payment),
    payment_method: body.payment_method,
    amount: body.amount,
    description: body.description ?? '',
    reference_type: body.reference_type ?? '',
    reference_id: body.reference_id,
    payments: payment.transfers.map(({ id, amount, method, created_at }) => ({
      id,
      amount,
      method,
      created_at,
    })),
    ...(body.merchant === undefined ? {} : { merchant: body.merchant }),
    ...(body.customer === undefined ? {} : { customer: body.customer }),
  };
}

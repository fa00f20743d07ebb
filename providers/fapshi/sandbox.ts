/**
 * Simulator of Fapshi (Cameroon, XAF): paths, headers, messages and webhooks as docs.fapshi.com and Fapshi's own client
 * libraries show them. It shares no code with the connector.
 *
 * Deliberately different from Fapshi's sandbox: numbers off its list wait for a decision instead of dice, and the
 * balance is what the books say instead of random. Not documented, so chosen here: 401 when the credentials are missing
 * (403 when they are wrong is documented), 404 for an unknown transaction, 400 for a payout of more than there is, a
 * webhook also after `/expire-pay`, and that a GET with the body `null` counts as one without (the official Go client
 * sends that).
 */
import type { Reply, Route, SimulatorRequest } from '../../sandbox/http-server.ts';
import { sameText } from '../../sandbox/same-text.ts';
import { defineSimulator } from '../../sandbox/simulator.ts';
import type { SimulatorCore } from '../../sandbox/simulator.ts';
import { fapshiControl } from './sandbox-control.ts';
import { fapshiPages } from './sandbox-pages.ts';
import { outcomeOf } from './sandbox-outcomes.ts';
import {
  InvalidRequest,
  OWN_ID,
  TRANS_ID,
  parseBody,
  parseLinkOrder,
  parsePayoutOrder,
  parsePhoneOrder,
} from './sandbox-requests.ts';
import { searchTransactions } from './sandbox-search.ts';
import { TransactionBook } from './sandbox-transactions.ts';
import type { Transaction } from './sandbox-transactions.ts';
import { SERVICE_NAME, statusWebhook, transactionJson } from './sandbox-webhook.ts';

/** What the service owns before its first collection, in XAF, so that payouts can be tried. */
const OPENING_BALANCE_XAF = 1_000_000;

type Credentials = {
  readonly apiuser: string;
  readonly apikey: string;
  /** Sent in `x-wh-secret`; empty means that none is set in the dashboard. */
  readonly webhook_secret: string;
};

export const fapshiSimulator = defineSimulator<Credentials>({
  name: 'fapshi',
  basePath: '',
  bodyLimitBytes: 100 * 1024,
  credentials: (random) => ({
    apiuser: random.uuid(),
    apikey: `FAK_TEST_${random.hex(20)}`,
    webhook_secret: random.hex(32),
  }),
  webhooks: {
    timeoutMs: 10_000,
    acknowledged: (status) => status >= 200 && status < 300,
    // "Fapshi sends only one webhook request per event, regardless of whether your server responds or not."
    retryDelaysS: [],
    retried: () => false,
  },
  settings: {
    /** How long the operator takes to answer for the sandbox numbers, in milliseconds. */
    operator_delay_ms: 1_000,
    /** Reads of one transaction's status per minute; 0 is no limit. Fapshi's newer documentation is said to allow 6. */
    status_reads_per_minute: 0,
  },
  build: (core) => {
    const book = new TransactionBook(core.clock, core.ledger, (transaction) => {
      core.webhooks.send(
        statusWebhook(core.credentials.webhook_secret, core.webhooks.url(), transaction, transaction.status),
      );
    });
    const reads = new Map<string, number[]>();
    return {
      routes: [...apiRoutes(core, book, reads), ...fapshiPages(book, SERVICE_NAME)],
      errorReply,
      payments: fapshiControl(core, book, (transaction, status, forged) => {
        core.webhooks.sendNow(
          statusWebhook(core.credentials.webhook_secret, core.webhooks.url(), transaction, status),
          forged,
        );
      }),
      reset: () => {
        book.reset();
        reads.clear();
      },
    };
  },
});

function apiRoutes(
  core: SimulatorCore<Credentials>,
  book: TransactionBook,
  reads: Map<string, number[]>,
): Route[] {
  const route = (
    method: string,
    path: string,
    operations: readonly string[],
    handle: (request: SimulatorRequest) => Reply,
  ): Route => ({
    method,
    path,
    operations,
    handle: (request) => {
      try {
        return refuse(core.credentials, request) ?? handle(request);
      } catch (error) {
        if (error instanceof InvalidRequest) return errorReply(400, error.message);
        throw error;
      }
    },
  });
  const json = (transaction: Transaction): Record<string, unknown> => {
    return transactionJson(transaction, core.webhooks.url(), transaction.status);
  };
  return [
    route('POST', '/initiate-pay', ['create', 'initiate_pay'], (request) => {
      const transaction = book.createLink(parseLinkOrder(parseBody(request.rawBody)));
      request.about(transaction.transId);
      return accepted(transaction, { link: `${core.origin()}/payment/${transaction.checkoutId}` });
    }),
    route('POST', '/direct-pay', ['create', 'direct_pay'], (request) => {
      const order = parsePhoneOrder(parseBody(request.rawBody));
      const transaction = book.createDirect(order);
      request.about(transaction.transId);
      settleLater(core, book, transaction, outcomeOf(order.phone));
      return accepted(transaction, {});
    }),
    route('GET', '/payment-status/:transId', ['get', 'payment_status'], (request) => {
      const transId = request.param('transId');
      if (!TRANS_ID.test(transId)) return errorReply(400, 'invalid transaction id');
      const transaction = book.find(transId);
      if (transaction === null) return errorReply(404, 'Transaction not found');
      request.about(transId);
      if (tooManyReads(core, reads, transId)) return errorReply(429, 'Too many requests');
      return reply(200, json(transaction));
    }),
    route('POST', '/expire-pay', ['expire', 'expire_pay'], (request) => expirePay(book, request, json)),
    route('GET', '/transaction/:userId', ['list', 'user_transactions'], (request) => {
      const userId = request.param('userId');
      if (!OWN_ID.test(userId)) return errorReply(400, 'invalid user id');
      return reply(200, book.ofUser(userId).map(json));
    }),
    route('GET', '/search', ['list', 'search'], (request) => {
      return reply(200, searchTransactions(book.list(null), request.query).map(json));
    }),
    route('GET', '/balance', ['balance'], () => {
      return reply(200, {
        service: SERVICE_NAME,
        balance: OPENING_BALANCE_XAF + book.balance(),
        currency: 'XAF',
      });
    }),
    route('POST', '/payout', ['payout'], (request) => {
      const order = parsePayoutOrder(parseBody(request.rawBody));
      if (order.amount > OPENING_BALANCE_XAF + book.balance()) return errorReply(400, 'insufficient balance');
      const transaction = book.createPayout(order);
      request.about(transaction.transId);
      const outcome = outcomeOf(order.phone ?? order.email ?? '');
      settleLater(core, book, transaction, outcome === 'undecided' ? 'success' : outcome);
      return accepted(transaction, {});
    }),
  ];
}

function expirePay(
  book: TransactionBook,
  request: SimulatorRequest,
  json: (transaction: Transaction) => Record<string, unknown>,
): Reply {
  const { transId } = parseBody(request.rawBody);
  if (typeof transId !== 'string') return errorReply(400, 'invalid type, string expected');
  if (!TRANS_ID.test(transId)) return errorReply(400, 'invalid transaction id');
  const transaction = book.find(transId);
  if (transaction === null) return errorReply(404, 'Transaction not found');
  request.about(transId);
  if (transaction.kind !== 'link') return errorReply(400, 'Only payment links can be expired');
  if (transaction.status === 'EXPIRED') return errorReply(400, 'Link already expired');
  if (book.expire(transaction) === 'blocked') return errorReply(400, 'Payment already successful');
  return reply(200, json(transaction));
}

function settleLater(
  core: SimulatorCore<Credentials>,
  book: TransactionBook,
  transaction: Transaction,
  outcome: 'success' | 'failure' | 'undecided',
): void {
  if (outcome === 'undecided') return;
  core.clock.schedule(Number(core.settings['operator_delay_ms'] ?? 0), () => {
    if (outcome === 'success') book.succeed(transaction);
    else book.fail(transaction, 'The payer did not confirm');
  });
}

/** Counts by the wall clock: a limit is about load, not about the simulated time. */
function tooManyReads(
  core: SimulatorCore<Credentials>,
  reads: Map<string, number[]>,
  transId: string,
): boolean {
  const limit = Number(core.settings['status_reads_per_minute'] ?? 0);
  if (limit <= 0) return false;
  const since = Date.now() - 60_000;
  const recent = (reads.get(transId) ?? []).filter((at) => at > since);
  const full = recent.length >= limit;
  if (!full) recent.push(Date.now());
  reads.set(transId, recent);
  return full;
}

/** The answer to a call without valid credentials, or to a GET with a body; null when both are in order. */
function refuse(credentials: Credentials, request: SimulatorRequest): Reply | null {
  const { apiuser, apikey } = request.headers;
  if (typeof apiuser !== 'string' || typeof apikey !== 'string')
    return errorReply(401, 'API credentials required');
  const userFits = sameText(apiuser, credentials.apiuser);
  const keyFits = sameText(apikey, credentials.apikey);
  if (!userFits || !keyFits) return errorReply(403, 'Invalid API credentials');
  const body = request.rawBody.toString('utf8').trim();
  if (request.method === 'GET' && body !== '' && body !== 'null') {
    return errorReply(400, 'GET requests must not contain a body');
  }
  return null;
}

function accepted(transaction: Transaction, extra: Readonly<Record<string, unknown>>): Reply {
  const dateInitiated = new Date(transaction.initiatedAt).toISOString().slice(0, 10);
  return reply(200, { message: 'Request successful', ...extra, transId: transaction.transId, dateInitiated });
}

function errorReply(status: number, message: string): Reply {
  return reply(status, { message });
}

function reply(status: number, body: unknown): Reply {
  return {
    status,
    headers: { 'content-type': 'application/json; charset=utf-8' },
    body: JSON.stringify(body),
  };
}

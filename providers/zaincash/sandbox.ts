/**
 * Simulator of ZainCash v2 (Iraq, IQD): paths, tokens, answers, events and the return of the browser as the "Merchant
 * Payment Gateway" integration guide of January 2026 shows them. It shares no code with the connector.
 *
 * Not documented, so chosen here: the shape of refusals, that a repeated `externalReferenceId` is refused without the
 * link, that webhooks are acknowledged by any 2xx and never repeated, that wrong PINs and OTPs may be tried again, the
 * data of REFUND_COMPLETED. A reversal is carried out as often as it is asked for: the worst that "not idempotent" can
 * mean. Unlike ZainCash's test environment this one sends webhooks.
 */
import type { Reply, Route, SimulatorRequest } from '../../sandbox/http-server.ts';
import { defineSimulator } from '../../sandbox/simulator.ts';
import type { SimulatorCore } from '../../sandbox/simulator.ts';
import {
  createdJson,
  errorReply,
  eventWebhook,
  inquiryJson,
  jsonReply,
  reversalJson,
} from './sandbox-answers.ts';
import { checkoutRoutes } from './sandbox-checkout.ts';
import { zaincashControl } from './sandbox-control.ts';
import { BadRequest, parseBody, parseOrder, uuid, words } from './sandbox-requests.ts';
import { TokenDesk } from './sandbox-tokens.ts';
import { TransactionBook } from './sandbox-transactions.ts';
import type { Transaction } from './sandbox-transactions.ts';

type Credentials = {
  readonly client_id: string;
  readonly client_secret: string;
  readonly api_key: string;
  /** The merchant's own choices, no secrets. */
  readonly service_type: string;
  readonly language: string;
};

const BASE = '/api/v2/payment-gateway/transaction';

export const zaincashSimulator = defineSimulator<Credentials>({
  name: 'zaincash',
  basePath: '',
  bodyLimitBytes: 100 * 1024,
  credentials: (random) => ({
    client_id: random.hex(32),
    client_secret: random.hex(32),
    api_key: random.hex(40),
    service_type: 'Delivery',
    language: 'en',
  }),
  webhooks: {
    timeoutMs: 10_000,
    acknowledged: (status) => status >= 200 && status < 300,
    retryDelaysS: [],
    retried: () => false,
  },
  settings: {
    /** `expires_in` of the guide's example. */
    token_lifetime_s: 86_399,
    /** 15 minutes lie between `createdAt` and `expiryTime` in the guide's example. */
    transaction_lifetime_s: 900,
    /** The guide's examples have numbers for amounts in answers and events; what integrators publish has texts. */
    amounts_as_text: false,
    /** Whole percent of the amount, rounded down to dinars; the guide's examples have no fee. */
    fee_percent: 0,
  },
  build: (core) => {
    const setting = (name: string): number => Number(core.settings[name] ?? 0);
    const { api_key } = core.credentials;
    const book = new TransactionBook(
      core,
      () => setting('transaction_lifetime_s'),
      (transaction, event) => {
        core.webhooks.send(eventWebhook(transaction, event, transaction.status, api_key));
      },
    );
    const desk = new TokenDesk(core.credentials, core.clock, () => setting('token_lifetime_s'));
    return {
      routes: [...apiRoutes(core, book, desk), ...checkoutRoutes(book, api_key)],
      errorReply,
      payments: zaincashControl(core, book, (transaction, status, forged) => {
        core.webhooks.sendNow(eventWebhook(transaction, 'STATUS_CHANGED', status, api_key), forged);
      }),
      reset: () => {
        book.reset();
        desk.reset();
      },
    };
  },
});

/** The guide names `payment:read` for creating, where `payment:write` would be expected. Either will do. */
const CREATE_SCOPES = ['payment:read', 'payment:write'] as const;

function apiRoutes(core: SimulatorCore<Credentials>, book: TransactionBook, desk: TokenDesk): Route[] {
  const route = (
    method: 'GET' | 'POST',
    path: string,
    operations: readonly string[],
    scopes: readonly string[],
    handle: (request: SimulatorRequest) => Reply,
  ): Route => ({
    method,
    path: BASE + path,
    operations,
    handle: (request) => {
      try {
        return desk.refuse(request, scopes) ?? handle(request);
      } catch (error) {
        if (error instanceof BadRequest) return errorReply(400, error.message, 'BAD_REQUEST');
        throw error;
      }
    },
  });
  return [
    {
      method: 'POST',
      path: '/oauth2/token',
      operations: ['token'],
      handle: (request) => desk.issue(request),
    },
    route('POST', '/init', ['create', 'init'], CREATE_SCOPES, (request) => {
      const order = parseOrder(parseBody(request.rawBody));
      const earlier = book.findByReference(order.externalReferenceId);
      if (earlier !== null) return alreadyExists(earlier);
      const transaction = book.create(order, {
        amountsAsText: core.settings['amounts_as_text'] === true,
        feePercent: Number(core.settings['fee_percent'] ?? 0),
      });
      request.about(transaction.id);
      return jsonReply(200, createdJson(transaction, core.origin()));
    }),
    route('GET', '/inquiry/:transactionId', ['get', 'inquiry'], ['payment:read'], (request) => {
      return about(
        book,
        request,
        uuid({ transactionId: request.param('transactionId') }, 'transactionId'),
        (found) => jsonReply(200, inquiryJson(found)),
      );
    }),
    route('POST', '/reverse', ['refund', 'reverse'], ['reverse:write'], (request) => {
      const body = parseBody(request.rawBody);
      const reason = words(body, 'reason');
      return about(book, request, uuid(body, 'transactionId'), (found) => {
        const reversal = book.reverse(found, reason);
        if (reversal === null) {
          return errorReply(
            400,
            `A ${found.status} transaction cannot be reversed`,
            'INVALID_TRANSACTION_STATUS',
          );
        }
        return jsonReply(200, reversalJson(found, reversal, { merchantId: core.credentials.client_id }));
      });
    }),
  ];
}

function about(
  book: TransactionBook,
  request: SimulatorRequest,
  id: string,
  answer: (transaction: Transaction) => Reply,
): Reply {
  const transaction = book.find(id);
  if (transaction === null) {
    return errorReply(404, 'Transaction not found', 'PAYMENT_GATEWAY_TRANSACTION_NOT_FOUND');
  }
  request.about(transaction.id);
  return answer(transaction);
}

function alreadyExists({ id, order }: Transaction): Reply {
  const { externalReferenceId, orderId } = order;
  return errorReply(400, 'External reference id already exists', 'EXTERNAL_REFERENCE_ALREADY_EXISTS', {
    transactionDetails: { transactionId: id, externalReferenceId, orderId },
  });
}

/**
 * Simulator of ZainCash v1 (Iraq, IQD): paths, tokens, statuses and the return of the browser as ZainCash's documentation
 * of March 2023 and clients in use show them. It shares no code with the connector.
 *
 * Not documented, so chosen here: the wording of refusals (they come with 200, as clients expect), an open transaction
 * fails after four hours, wrong PINs and OTPs may be tried again, the browser also returns with a token after a cancel.
 */
import type { Reply, Route, SimulatorRequest } from '../../sandbox/http-server.ts';
import { defineSimulator } from '../../sandbox/simulator.ts';
import { checkoutRoutes } from './sandbox-checkout.ts';
import { zaincashV1Control } from './sandbox-control.ts';
import { claimsOf, jsonReply, parseFields, parseOrder, Refusal } from './sandbox-requests.ts';
import type { Merchant } from './sandbox-requests.ts';
import { merchantJson, TransactionBook, transactionJson } from './sandbox-transactions.ts';

type Credentials = {
  readonly msisdn: string;
  readonly merchant_id: string;
  readonly secret: string;
  /** The merchant's own choice, no secret: which language the page is asked for. */
  readonly language: string;
};

export const zaincashV1Simulator = defineSimulator<Credentials>({
  name: 'zaincash_v1',
  basePath: '',
  bodyLimitBytes: 100 * 1024,
  credentials: (random) => ({
    msisdn: `96478${String(Math.floor(random.fraction() * 1e8)).padStart(8, '0')}`,
    merchant_id: random.hex(24),
    secret: `$2y$10$${random.hex(53)}`,
    language: 'en',
  }),
  // There are none; the machinery wants a rule all the same.
  webhooks: { timeoutMs: 1_000, acknowledged: () => true, retryDelaysS: [], retried: () => false },
  settings: {},
  build: (core) => {
    const book = new TransactionBook(core.clock, core.ledger);
    return {
      routes: [...apiRoutes(core.credentials, book), ...checkoutRoutes(book, core.credentials.secret)],
      errorReply,
      payments: zaincashV1Control(core, book),
      reset: () => book.reset(),
    };
  },
});

function apiRoutes(merchant: Merchant, book: TransactionBook): Route[] {
  const route = (
    path: string,
    operations: readonly string[],
    handle: (
      claims: Readonly<Record<string, unknown>>,
      fields: Readonly<Record<string, unknown>>,
      request: SimulatorRequest,
    ) => Reply,
  ): Route => ({
    method: 'POST',
    path,
    operations,
    handle: (request) => {
      try {
        const fields = parseFields(request.rawBody);
        return handle(claimsOf(fields, merchant), fields, request);
      } catch (error) {
        if (error instanceof Refusal) return errorReply(200, error.message);
        throw error;
      }
    },
  });
  return [
    route('/transaction/init', ['create', 'init'], (claims, fields, request) => {
      const transaction = book.create(parseOrder(claims, fields['lang']));
      request.about(transaction.id);
      return jsonReply(200, transactionJson(transaction, merchant.merchant_id));
    }),
    route('/transaction/get', ['get'], (claims, _, request) => {
      const transaction = book.find(String(claims['id']));
      if (transaction === null) throw new Refusal('Transaction not found');
      request.about(transaction.id);
      return jsonReply(200, transactionJson(transaction, merchantJson(merchant)));
    }),
  ];
}

function errorReply(status: number, message: string): Reply {
  return jsonReply(status, { err: { msg: message } });
}

/**
 * Payouts of the FIB simulator: money to an IBAN, created first and authorized in a second call. Calls and fields as
 * FIB's Laravel users show them. Not documented, so chosen here: 201 for the create, 202 without a body for the
 * authorization, 400 for a second one, and that a payout moves its money at once, or fails while `payouts_fail` is set.
 */
import type { Reply, Route, SimulatorRequest } from '../../sandbox/http-server.ts';
import { randomUUID } from '../../sandbox/random.ts';
import type { SimulatorCore } from '../../sandbox/simulator.ts';
import { empty, errorReply, json } from './sandbox-answers.ts';
import { InvalidRequest, parsePayout } from './sandbox-requests.ts';
import type { PayoutOrder } from './sandbox-requests.ts';

export const PAYOUTS = '/protected/v1/payouts';

interface Payout {
  readonly payoutId: string;
  readonly order: PayoutOrder;
  status: 'CREATED' | 'AUTHORIZED' | 'FAILED';
  authorizedAt: number | null;
  failedAt: number | null;
}

type Core = Pick<SimulatorCore<unknown>, 'clock' | 'ledger' | 'settings'>;

export class PayoutBook {
  readonly #byId = new Map<string, Payout>();
  readonly #core: Core;

  constructor(core: Core) {
    this.#core = core;
  }

  create(order: PayoutOrder): Payout {
    const payoutId = randomUUID();
    const payout: Payout = { payoutId, order, status: 'CREATED', authorizedAt: null, failedAt: null };
    this.#byId.set(payoutId, payout);
    this.#record('payout_created', payout);
    return payout;
  }

  /** Sends the money off. False when this was done before. */
  authorize(payout: Payout): boolean {
    if (payout.status !== 'CREATED') return false;
    const now = this.#core.clock.now();
    if (this.#core.settings['payouts_fail'] === true) {
      payout.status = 'FAILED';
      payout.failedAt = now;
      this.#record('attempt_failed', payout);
      return true;
    }
    payout.status = 'AUTHORIZED';
    payout.authorizedAt = now;
    this.#record('money_paid_out', payout);
    return true;
  }

  find(payoutId: string): Payout | null {
    return this.#byId.get(payoutId) ?? null;
  }

  reset(): void {
    this.#byId.clear();
  }

  #record(kind: 'payout_created' | 'money_paid_out' | 'attempt_failed', { payoutId, order }: Payout): void {
    this.#core.ledger.record({
      kind,
      payment_id: payoutId,
      reference: order.description,
      idempotency_key: null,
      amount: order.dinars,
      currency: 'IQD',
      transfer_id: kind === 'money_paid_out' ? payoutId : null,
    });
  }
}

/** `route` wraps a handler in the check of the token. */
export function payoutRoutes(
  route: (
    method: string,
    path: string,
    operations: readonly string[],
    handle: (request: SimulatorRequest) => Reply,
  ) => Route,
  book: PayoutBook,
): Route[] {
  const known = (handle: (payout: Payout) => Reply) => (request: SimulatorRequest) => {
    const payout = book.find(request.param('payoutId'));
    return payout === null ? errorReply(404, 'PAYOUT_NOT_FOUND', 'there is no such payout') : handle(payout);
  };
  return [
    route('POST', PAYOUTS, ['create_payout'], ({ rawBody }) => {
      try {
        return json(201, { payoutId: book.create(parsePayout(rawBody)).payoutId });
      } catch (error) {
        if (error instanceof InvalidRequest) return errorReply(400, error.code, error.message);
        throw error;
      }
    }),
    route(
      'POST',
      `${PAYOUTS}/:payoutId/authorize`,
      ['authorize_payout'],
      known((payout) => {
        if (book.authorize(payout)) return empty(202);
        return errorReply(400, 'PAYOUT_NOT_AUTHORIZABLE', `the payout is ${payout.status}`);
      }),
    ),
    route(
      'GET',
      `${PAYOUTS}/:payoutId`,
      ['get_payout'],
      known((payout) => json(200, payoutJson(payout))),
    ),
  ];
}

function payoutJson({ payoutId, order, status, authorizedAt, failedAt }: Payout): Record<string, unknown> {
  const moment = (time: number | null): string | null =>
    time === null ? null : new Date(time).toISOString();
  return {
    payoutId,
    status,
    targetAccountIban: order.iban,
    description: order.description,
    amount: { amount: order.dinars, currency: 'IQD' },
    authorizedAt: moment(authorizedAt),
    failedAt: moment(failedAt),
  };
}

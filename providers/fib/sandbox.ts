/**
 * Simulator of FIB (First Iraqi Bank) online payments: hosts' paths, Keycloak tokens of a minute, statuses and webhooks
 * as FIB's web payments page and its official clients show them. It shares no code with the connector.
 *
 * Not documented, so chosen here: the codes and statuses of refusals (400 for what the payment's state does not allow,
 * 404 for an unknown payment; a client in use knows `TRANSACTION_STATUS_IS_NOT_PAID`), that cancelling a cancelled payment answers 204 again, an hour's life without `expiresIn`,
 * the gaps between repeated webhooks, and that a webhook says every change of status but those of a refund (the setting
 * `refund_webhooks` adds them).
 */
import { randomBytes } from 'node:crypto';
import type { Reply, Route, SimulatorRequest } from '../../sandbox/http-server.ts';
import { qrDataUrl } from '../../sandbox/qr-png.ts';
import { defineSimulator } from '../../sandbox/simulator.ts';
import type { SimulatorCore } from '../../sandbox/simulator.ts';
import type { OutgoingWebhook } from '../../sandbox/webhooks.ts';
import { empty, errorReply, json } from './sandbox-answers.ts';
import { fibControl } from './sandbox-control.ts';
import { APPS, fibPages } from './sandbox-pages.ts';
import { PaymentBook } from './sandbox-payments.ts';
import type { Payment, Status } from './sandbox-payments.ts';
import { PayoutBook, payoutRoutes } from './sandbox-payouts.ts';
import { Realm } from './sandbox-realm.ts';
import type { Credentials } from './sandbox-realm.ts';
import { InvalidRequest, parseOrder } from './sandbox-requests.ts';

const PAYMENTS = '/protected/v1/payments';

export const fibSimulator = defineSimulator<Credentials>({
  name: 'fib',
  basePath: '',
  bodyLimitBytes: 100 * 1024,
  credentials: (random) => ({ client_id: `shop-${random.hex(8)}`, client_secret: random.uuid() }),
  webhooks: {
    timeoutMs: 10_000,
    acknowledged: (status) => status >= 200 && status < 300,
    // "Up to five redeliveries", as one integrator read it; FIB has not confirmed it.
    retryDelaysS: [10, 30, 60, 300, 900],
    retried: (outcome) => outcome !== 'acknowledged' && outcome !== 'no_url',
  },
  settings: {
    /** How long a new token lives, in seconds. */
    token_life_s: 60,
    /** Whether tokens come with one to refresh them by, as older clients insist; FIB's own examples have none. */
    refresh_tokens: false,
    /** How long a refund takes, in milliseconds. */
    refund_delay_ms: 1_000,
    /** Whether webhooks say REFUND_REQUESTED and REFUNDED, too. */
    refund_webhooks: false,
    /** Whether payouts fail when they are authorized. */
    payouts_fail: false,
  },
  build: (core) => {
    const realm = new Realm(core.credentials, () => core.clock.now());
    const book = new PaymentBook(core.clock, core.ledger, (payment) => {
      const ofRefund = payment.status === 'REFUND_REQUESTED' || payment.status === 'REFUNDED';
      if (ofRefund && core.settings['refund_webhooks'] !== true) return;
      core.webhooks.send(statusWebhook(payment, payment.status));
    });
    const payouts = new PayoutBook(core);
    return {
      routes: [
        tokenRoute(core, realm),
        ...paymentRoutes(core, realm, book),
        ...payoutRoutes(authorized(realm), payouts),
        ...fibPages(book),
      ],
      errorReply: (status, message) => errorReply(status, `HTTP_${status}`, message),
      payments: fibControl(core, book, (payment, status, forged) => {
        core.webhooks.sendNow(statusWebhook(payment, status), forged);
      }),
      reset: () => {
        book.reset();
        payouts.reset();
        realm.reset();
      },
    };
  },
});

function tokenRoute(core: SimulatorCore<Credentials>, realm: Realm): Route {
  return {
    method: 'POST',
    path: '/auth/realms/fib-online-shop/protocol/openid-connect/token',
    operations: ['token'],
    handle: (request) =>
      realm.issue(request, {
        lifeS: Number(core.settings['token_life_s']),
        refreshable: core.settings['refresh_tokens'] === true,
      }),
  };
}

/** Routes that take a call only with a token that is alive. */
function authorized(realm: Realm) {
  return (
    method: string,
    path: string,
    operations: readonly string[],
    handle: (request: SimulatorRequest) => Reply,
  ): Route => ({
    method,
    path,
    operations,
    handle: (request) => {
      if (!realm.admits(request)) return errorReply(401, 'UNAUTHORIZED', 'the access token is not valid');
      return handle(request);
    },
  });
}

function paymentRoutes(core: SimulatorCore<Credentials>, realm: Realm, book: PaymentBook): Route[] {
  const route = authorized(realm);
  const known = (handle: (payment: Payment) => Reply) => (request: SimulatorRequest) => {
    const payment = book.find(request.param('paymentId'));
    if (payment === null) return errorReply(404, 'PAYMENT_NOT_FOUND', 'there is no such payment');
    request.about(payment.paymentId);
    return handle(payment);
  };
  return [
    route('POST', PAYMENTS, ['create'], (request) => {
      try {
        const payment = book.create(parseOrder(request.rawBody));
        request.about(payment.paymentId);
        return json(201, createdJson(payment, core.origin()));
      } catch (error) {
        if (error instanceof InvalidRequest) return errorReply(400, error.code, error.message);
        throw error;
      }
    }),
    route(
      'GET',
      `${PAYMENTS}/:paymentId/status`,
      ['get', 'status'],
      known((payment) => json(200, statusJson(payment))),
    ),
    route(
      'POST',
      `${PAYMENTS}/:paymentId/cancel`,
      ['expire', 'cancel'],
      known((payment) => {
        const again = payment.decliningReason === 'PAYMENT_CANCELLATION';
        if (again || book.decline(payment, 'PAYMENT_CANCELLATION') === 'done') return empty(204);
        return errorReply(400, 'PAYMENT_NOT_CANCELABLE', `the payment is ${payment.status}`);
      }),
    ),
    route(
      'POST',
      `${PAYMENTS}/:paymentId/refund`,
      ['refund'],
      known((payment) => {
        const delayMs = Number(core.settings['refund_delay_ms']);
        if (book.requestRefund(payment, delayMs) === 'done') return empty(202);
        if (payment.status === 'PAID')
          return errorReply(400, 'PAYMENT_NOT_REFUNDABLE', 'the payment is too old');
        return errorReply(400, 'TRANSACTION_STATUS_IS_NOT_PAID', `the payment is ${payment.status}`);
      }),
    ),
  ];
}

function createdJson(payment: Payment, origin: string): Record<string, unknown> {
  const [personalAppLink, businessAppLink, corporateAppLink] = APPS.map(
    (app) => `${origin}/app/${app}/${payment.readableCode}`,
  );
  return {
    paymentId: payment.paymentId,
    readableCode: payment.readableCode,
    qrCode: qrDataUrl(personalAppLink ?? ''),
    validUntil: new Date(payment.validUntil).toISOString(),
    personalAppLink,
    businessAppLink,
    corporateAppLink,
  };
}

function statusJson(payment: Payment): Record<string, unknown> {
  const moment = (time: number | null): string | null =>
    time === null ? null : new Date(time).toISOString();
  return {
    paymentId: payment.paymentId,
    status: payment.status,
    validUntil: moment(payment.validUntil),
    amount: { amount: payment.order.dinars, currency: 'IQD' },
    paidAt: moment(payment.paidAt),
    decliningReason: payment.decliningReason,
    declinedAt: moment(payment.declinedAt),
    paidBy: payment.paidBy,
  };
}

/** Nothing is signed. Who does not know the callback URL can only guess its last segment: that is a forged one. */
function statusWebhook(payment: Payment, status: Status): OutgoingWebhook {
  const { statusCallbackUrl } = payment.order;
  return {
    paymentId: payment.paymentId,
    event: status,
    body: JSON.stringify({ id: payment.paymentId, status }),
    proof: () => ({}),
    url: (forged) => {
      if (statusCallbackUrl === null || !forged) return statusCallbackUrl;
      return new URL(randomBytes(32).toString('base64url'), statusCallbackUrl);
    },
  };
}

/**
 * The hosted page of the ZainCash v2 simulator: wallet number and PIN, then the OTP, or cancel. The browser goes back to
 * `successUrl` or `failureUrl` with `?token=<JWT>`.
 */
import { backToShop, escapeHtml, formField, htmlPage, seeOther, webUrl } from '../../sandbox/html.ts';
import type { Reply, Route, SimulatorRequest } from '../../sandbox/http-server.ts';
import { eventClaims } from './sandbox-answers.ts';
import { issueToken } from './sandbox-jwt.ts';
import { isOpen } from './sandbox-transactions.ts';
import type { Outcome, Transaction, TransactionBook } from './sandbox-transactions.ts';

/** Of the guide's test customers. */
const PIN = '1111';
const OTP = '111111';

/** Null: done. Otherwise what the customer is told. */
type Problem = string | null;

export function checkoutRoutes(book: TransactionBook, apiKey: string): Route[] {
  const route = (
    method: 'GET' | 'POST',
    handle: (transaction: Transaction, request: SimulatorRequest) => Reply,
  ): Route => ({
    method,
    path: '/transaction/pay',
    operations: [],
    handle: (request) => {
      const transaction = book.find(request.query.get('id') ?? '');
      if (transaction === null || request.query.get('token') !== transaction.pageToken) {
        return htmlPage('Not found', '<h1>No such transaction</h1>', 404);
      }
      return handle(transaction, request);
    },
  });
  return [
    route('GET', (transaction) => show(transaction, apiKey, null)),
    route('POST', (transaction, { rawBody }) => {
      const problem = submit(book, transaction, rawBody);
      const stays = isOpen(transaction) || transaction.status === 'EXPIRED';
      if (problem !== null || stays) return show(transaction, apiKey, problem);
      return seeOther(returnUrl(transaction, apiKey));
    }),
  ];
}

function returnUrl(transaction: Transaction, apiKey: string): string {
  const { successUrl, failureUrl } = transaction.order;
  const target = transaction.status === 'SUCCESS' ? successUrl : failureUrl;
  const url = webUrl(target);
  if (url === null) return target;
  const claims = eventClaims(transaction, 'STATUS_CHANGED', transaction.status);
  url.searchParams.set('token', issueToken(claims, apiKey));
  return url.href;
}

function submit(book: TransactionBook, transaction: Transaction, body: Buffer): Problem {
  switch (formField(body, 'step')) {
    case 'cancel':
      return over(book.fail(transaction, 'Cancelled by the customer'));
    case 'decline':
      return over(book.fail(transaction, 'Insufficient balance'));
    case 'lapse':
      return over(book.expire(transaction));
    case 'otp':
      if (transaction.status === 'OTP_SENT' && formField(body, 'otp') !== OTP) return 'Wrong OTP';
      return over(book.succeed(transaction));
    default: {
      const phone = formField(body, 'phone');
      if (!/^964\d{10}$/.test(phone)) return 'The number must be 13 digits: 9647…';
      if (formField(body, 'pin') !== PIN) return 'Wrong number or PIN';
      return over(book.sendOtp(transaction, phone));
    }
  }
}

const over = (outcome: Outcome): Problem =>
  outcome === 'done' ? null : 'This transaction is not open for that';

function show(transaction: Transaction, apiKey: string, problem: Problem): Reply {
  const { amount, serviceType } = transaction.order;
  const head =
    `<h1>ZainCash</h1><p class="amount">${amount.toLocaleString('en-US')} IQD</p><p>${escapeHtml(serviceType)}</p>` +
    (problem === null ? '' : `<p class="error">${escapeHtml(problem)}</p>`);
  if (!isOpen(transaction)) {
    return htmlPage(
      'ZainCash',
      `${head}<p>This transaction is over: ${transaction.status}</p>${backToShop(returnUrl(transaction, apiKey))}`,
    );
  }
  const fields =
    transaction.status === 'OTP_SENT'
      ? `<label for="otp">OTP that came by SMS</label><input id="otp" name="otp" inputmode="numeric" required>` +
        `<button class="primary" name="step" value="otp">Pay</button>`
      : `<label for="phone">Wallet number</label>` +
        `<input id="phone" name="phone" placeholder="9647…" value="${transaction.phone ?? ''}" required>` +
        `<label for="pin">PIN</label><input id="pin" name="pin" type="password" required>` +
        `<button class="primary" name="step" value="enter">Next</button>`;
  return htmlPage(
    'ZainCash',
    `${head}<form method="post">${fields}</form><form method="post">` +
      `<button name="step" value="decline">Have no money</button>` +
      `<button name="step" value="cancel">Cancel</button>` +
      `<button name="step" value="lapse">Let the time run out</button></form>` +
      `<p class="note">Any number 9647…, PIN ${PIN}, OTP ${OTP}.</p>`,
  );
}

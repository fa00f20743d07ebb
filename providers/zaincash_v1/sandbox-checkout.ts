/**
 * What the customer does: number and PIN, then the OTP, or cancel. As calls, as the real page's script makes them, and as
 * a page that works without script. The browser goes back to `redirectUrl` with `?token=<JWT>`.
 */
import { backToShop, escapeHtml, formField, htmlPage, seeOther, webUrl } from '../../sandbox/html.ts';
import type { Reply, Route, SimulatorRequest } from '../../sandbox/http-server.ts';
import { issueToken } from './sandbox-jwt.ts';
import { jsonReply, parseFields } from './sandbox-requests.ts';
import { isOpen, NO_FEES } from './sandbox-transactions.ts';
import type { Outcome, Transaction, TransactionBook } from './sandbox-transactions.ts';

/** Of the documentation's test customers. */
const PIN = '1111';
const OTP = '111111';
const RETURN_TOKEN_LIFETIME_S = 4 * 60 * 60;

/** Null: done. Otherwise what the customer is told. */
type Problem = string | null;

export function checkoutRoutes(book: TransactionBook, secret: string): Route[] {
  const call = (
    path: string,
    operation: string,
    act: (transaction: Transaction, fields: Readonly<Record<string, unknown>>) => Problem,
    done: (transaction: Transaction) => Readonly<Record<string, unknown>>,
  ): Route => ({
    method: 'POST',
    path,
    operations: [operation],
    handle: (request) => {
      const fields = parseFields(request.rawBody);
      const transaction = book.find(textOf(fields['id']));
      if (transaction === null) return jsonReply(200, { success: 0, error: 'Transaction not found' });
      request.about(transaction.id);
      const problem = act(transaction, fields);
      const url = isOpen(transaction) ? {} : { url: returnUrl(transaction, secret) ?? '' };
      // Clients look for the words in either place, depending on the call.
      if (problem !== null) return jsonReply(200, { success: 0, error: problem, msg: problem, ...url });
      return jsonReply(200, { success: 1, transactionid: transaction.id, ...done(transaction), ...url });
    },
  });
  return [
    call(
      '/transaction/processing',
      'processing',
      (transaction, fields) => enter(book, transaction, textOf(fields['phonenumber']), textOf(fields['pin'])),
      bill,
    ),
    call(
      '/transaction/processingOTP',
      'processing_otp',
      (transaction, fields) => confirm(book, transaction, textOf(fields['otp'])),
      // The spelling is ZainCash's.
      (transaction) => ({ msg: 'succesful_transaction', total: transaction.order.amount }),
    ),
    call(
      '/transaction/cancel',
      'expire',
      (transaction) => over(book.cancel(transaction)),
      () => ({ msg: 'You have cancelled the transaction' }),
    ),
    page('GET', book, (transaction) => show(transaction, secret, null)),
    page('POST', book, (transaction, { rawBody }) => {
      const problem = submit(book, transaction, rawBody);
      const stays = transaction.status === 'pending_otp' || formField(rawBody, 'step') === 'lapse';
      if (problem !== null || stays) return show(transaction, secret, problem);
      return seeOther(returnUrl(transaction, secret) ?? pagePath(transaction));
    }),
  ];
}

/** What the page shows before it asks for the OTP: the price as text, the sum as a number. */
function bill({ order }: Transaction): Readonly<Record<string, unknown>> {
  const initialAmount = String(order.amount);
  return { initialAmount, totalFees: 0, discount: initialAmount, total: order.amount, ...NO_FEES };
}

/** Where a person pays. */
export function pagePath({ id }: Transaction): string {
  return `/transaction/pay?id=${id}`;
}

/** Where the browser goes when all is over: the merchant's address with a token, or null when it named none. */
export function returnUrl(transaction: Transaction, secret: string): string | null {
  const url = webUrl(transaction.order.redirectUrl);
  if (url === null || isOpen(transaction)) return null;
  const iat = Math.floor(Date.now() / 1000);
  const success = transaction.status === 'completed';
  const claims = {
    status: success ? 'success' : 'failed',
    orderid: transaction.order.orderId,
    id: transaction.id,
    // Documented for failures; clients in use read it of a success, too.
    msg: success ? 'Transaction success' : (transaction.due ?? ''),
    iat,
    exp: iat + RETURN_TOKEN_LIFETIME_S,
  };
  url.searchParams.set('token', issueToken(claims, secret));
  return url.href;
}

function page(
  method: 'GET' | 'POST',
  book: TransactionBook,
  handle: (transaction: Transaction, request: SimulatorRequest) => Reply,
): Route {
  return {
    method,
    path: '/transaction/pay',
    operations: [],
    handle: (request) => {
      const transaction = book.find(request.query.get('id') ?? '');
      if (transaction === null) return htmlPage('Not found', '<h1>No such transaction</h1>', 404);
      return handle(transaction, request);
    },
  };
}

function submit(book: TransactionBook, transaction: Transaction, body: Buffer): Problem {
  switch (formField(body, 'step')) {
    case 'cancel':
      return over(book.cancel(transaction));
    case 'decline':
      return over(book.fail(transaction, 'Not enough credit on balance'));
    case 'lapse':
      return over(book.expire(transaction));
    case 'otp':
      return confirm(book, transaction, formField(body, 'otp'));
    default:
      return enter(book, transaction, formField(body, 'phonenumber'), formField(body, 'pin'));
  }
}

function enter(book: TransactionBook, transaction: Transaction, phone: string, pin: string): Problem {
  if (!/^964\d{10}$/.test(phone)) return 'The number must be 13 digits: 9647…';
  if (pin !== PIN) return 'Wrong number or PIN';
  return over(book.sendOtp(transaction, phone));
}

function confirm(book: TransactionBook, transaction: Transaction, otp: string): Problem {
  if (transaction.status === 'pending_otp' && otp !== OTP) return 'Wrong OTP';
  return over(book.complete(transaction));
}

const over = (outcome: Outcome): Problem =>
  outcome === 'done' ? null : 'This transaction is not open for that';

function show(transaction: Transaction, secret: string, problem: Problem): Reply {
  const { amount, serviceType } = transaction.order;
  const head =
    `<h1>ZainCash</h1><p class="amount">${amount.toLocaleString('en-US')} IQD</p><p>${escapeHtml(serviceType)}</p>` +
    (problem === null ? '' : `<p class="error">${escapeHtml(problem)}</p>`);
  if (!isOpen(transaction)) {
    const back = backToShop(returnUrl(transaction, secret));
    return htmlPage('ZainCash', `${head}<p>This transaction is over: ${transaction.status}</p>${back}`);
  }
  const fields =
    transaction.status === 'pending_otp'
      ? `<label for="otp">OTP that came by SMS</label><input id="otp" name="otp" inputmode="numeric" required>` +
        `<button class="primary" name="step" value="otp">Pay</button>`
      : `<label for="phone">Wallet number</label><input id="phone" name="phonenumber" placeholder="9647…" required>` +
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

const textOf = (value: unknown): string => (typeof value === 'string' ? value.trim() : '');

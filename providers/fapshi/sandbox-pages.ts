/**
 * The checkout page of the Fapshi simulator: number and operator, then the phone that asks for the PIN. The browser
 * goes back to `redirectUrl` with `transId` and `status`, as Fapshi's own checkout does it
 * (source: github.com/fapshiinc/checkout, merchant-redirect.ts).
 */
import {
  backToShop,
  choices,
  escapeHtml,
  formField,
  htmlPage,
  seeOther,
  webUrl,
} from '../../sandbox/html.ts';
import type { Reply, Route, SimulatorRequest } from '../../sandbox/http-server.ts';
import { outcomeOf } from './sandbox-outcomes.ts';
import { mediumOf, normalizePhone } from './sandbox-requests.ts';
import type { TransactionBook, Transaction } from './sandbox-transactions.ts';

export function fapshiPages(book: TransactionBook, serviceName: string): Route[] {
  const route = (
    method: string,
    path: string,
    handle: (transaction: Transaction, request: SimulatorRequest) => Reply,
  ): Route => ({
    method,
    path,
    operations: [],
    handle: (request) => {
      const transaction = book.findByCheckout(request.param('checkoutId'));
      if (transaction === null) return htmlPage('Not found', '<h1>This payment link is invalid</h1>', 404);
      return handle(transaction, request);
    },
  });
  return [
    route('GET', '/payment/:checkoutId', (transaction) => checkout(transaction, serviceName, null)),
    route('POST', '/payment/:checkoutId', (transaction, request) =>
      start(book, transaction, serviceName, request),
    ),
    route('POST', '/payment/:checkoutId/lapse', (transaction) => {
      book.expire(transaction);
      return seeOther(`/payment/${transaction.checkoutId}`);
    }),
    route('POST', '/payment/:checkoutId/confirm', (transaction, request) => {
      return confirm(book, transaction, formField(request.rawBody, 'decision'));
    }),
  ];
}

/** Where the browser goes after a payment, or null when the merchant named no place. */
export function returnUrl(transaction: Transaction): string | null {
  const url = webUrl(transaction.order.redirectUrl);
  if (url === null) return null;
  if (!url.searchParams.has('transId')) url.searchParams.set('transId', transaction.transId);
  url.searchParams.set('status', transaction.status);
  return url.href;
}

function checkout(transaction: Transaction, serviceName: string, error: string | null): Reply {
  switch (transaction.status) {
    case 'SUCCESSFUL':
      return closed(transaction, 'Payment successful');
    case 'EXPIRED':
      return closed(transaction, 'Link expired');
    case 'PENDING':
      return phonePrompt(transaction);
    case 'FAILED':
      if (transaction.kind !== 'link') return closed(transaction, 'Payment failed');
      return payForm(
        transaction,
        serviceName,
        error ?? `The payment failed: ${transaction.reason ?? 'unknown'}`,
      );
    case 'CREATED':
      return payForm(transaction, serviceName, error);
  }
}

function payForm(transaction: Transaction, serviceName: string, error: string | null): Reply {
  const { email } = transaction.order;
  const emailField =
    email === null ? '<label for="email">E-mail</label><input id="email" name="email" type="email">' : '';
  return htmlPage(
    `Pay ${serviceName}`,
    `<h1>${escapeHtml(serviceName)}</h1>${summary(transaction)}` +
      (error === null ? '' : `<p class="error">${escapeHtml(error)}</p>`) +
      `<form method="post"><label for="phone">Mobile money number</label>` +
      `<input id="phone" name="phone" inputmode="tel" placeholder="6XXXXXXXX" required>` +
      `<label for="medium">Operator</label><select id="medium" name="medium">` +
      `<option value="">Find it by the number</option><option value="mobile money">MTN Mobile Money</option>` +
      `<option value="orange money">Orange Money</option></select>` +
      `<label for="name">Name</label><input id="name" name="name">${emailField}` +
      `<button class="primary">Pay</button></form>` +
      `<p class="note">670000000 succeeds, 670000001 fails (Orange: 690000000, 690000001). ` +
      `Any other number asks you on the next page.</p>${lapseForm(transaction)}${backToShop(returnUrl(transaction))}`,
  );
}

function start(
  book: TransactionBook,
  transaction: Transaction,
  serviceName: string,
  request: SimulatorRequest,
): Reply {
  const here = `/payment/${transaction.checkoutId}`;
  const phone = normalizePhone(formField(request.rawBody, 'phone'));
  if (phone === null) return checkout(transaction, serviceName, 'The number must look like 6XXXXXXXX.');
  const chosen = formField(request.rawBody, 'medium');
  const medium = chosen === 'mobile money' || chosen === 'orange money' ? chosen : mediumOf(phone);
  if (medium === null) return checkout(transaction, serviceName, 'Choose the operator of this number.');
  const name = formField(request.rawBody, 'name') || null;
  const email = formField(request.rawBody, 'email') || null;
  if (transaction.kind !== 'link' || book.begin(transaction, { phone, medium, name, email }) === 'blocked') {
    return seeOther(here);
  }
  switch (outcomeOf(phone)) {
    case 'success':
      return confirm(book, transaction, 'approve');
    case 'failure':
      return confirm(book, transaction, 'decline');
    case 'undecided':
      return seeOther(here);
  }
}

function confirm(book: TransactionBook, transaction: Transaction, decision: string): Reply {
  const here = `/payment/${transaction.checkoutId}`;
  if (decision === 'approve') {
    return book.succeed(transaction) === 'done' ? seeOther(returnUrl(transaction) ?? here) : seeOther(here);
  }
  if (decision === 'decline') book.fail(transaction, 'The payer declined the request');
  return seeOther(here);
}

/** Plays the phone: the operator's request for the PIN. */
function phonePrompt(transaction: Transaction): Reply {
  return htmlPage(
    'Confirm on your phone',
    `<h1>Phone ${escapeHtml(transaction.phone ?? '')}</h1><p>Confirm with your ${escapeHtml(transaction.medium ?? '')} PIN.</p>` +
      summary(transaction) +
      choices(
        'decision',
        [
          ['approve', 'Approve'],
          ['decline', 'Decline'],
        ],
        `/payment/${transaction.checkoutId}/confirm`,
      ) +
      (transaction.kind === 'link' ? lapseForm(transaction) : ''),
  );
}

function closed(transaction: Transaction, title: string): Reply {
  return htmlPage(title, `<h1>${title}</h1>${summary(transaction)}${backToShop(returnUrl(transaction))}`);
}

function lapseForm({ checkoutId }: Transaction): string {
  return `<form method="post" action="/payment/${checkoutId}/lapse"><button>Let the time run out</button></form>`;
}

function summary(transaction: Transaction): string {
  const { amount, message } = transaction.order;
  return (
    `<p class="amount">${amount.toLocaleString('en-US')} XAF</p><p>${escapeHtml(message ?? '')}</p>` +
    `<p class="soft">Transaction ${transaction.transId}</p>`
  );
}

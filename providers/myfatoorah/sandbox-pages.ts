/** The invoice page of the MyFatoorah simulator. Afterwards the browser goes on with `paymentId` and `Id` in the query. */
import { backToShop, escapeHtml, formField, htmlPage, seeOther, webUrl } from '../../sandbox/html.ts';
import type { Reply, Route, SimulatorRequest } from '../../sandbox/http-server.ts';
import { GATEWAYS } from './sandbox-control.ts';
import type { Portal } from './sandbox-countries.ts';
import type { Invoice, InvoiceBook } from './sandbox-invoices.ts';

/** Where an invoice's page is, below the simulator's origin. */
export function pagePath(invoice: Invoice, portal: Portal): string {
  return `/${portal.iso}/ie/${invoice.key}`;
}

export function myfatoorahPages(book: InvoiceBook, portal: Portal): Route[] {
  const route = (method: string, handle: (invoice: Invoice, request: SimulatorRequest) => Reply): Route => ({
    method,
    path: `/${portal.iso}/ie/:key`,
    operations: [],
    handle: (request) => {
      const invoice = book.findByKey(request.param('key'));
      if (invoice === null) return htmlPage('Not found', '<h1>This invoice does not exist</h1>', 404);
      return handle(invoice, request);
    },
  });
  return [
    route('GET', (invoice) => page(book, portal, invoice)),
    route('POST', (invoice, request) => {
      if (!decide(book, invoice, request)) return page(book, portal, invoice);
      return seeOther(returnUrl(invoice) ?? pagePath(invoice, portal));
    }),
  ];
}

/** False: the customer stays on the page. */
function decide(book: InvoiceBook, invoice: Invoice, request: SimulatorRequest): boolean {
  const asked = formField(request.rawBody, 'gateway');
  const gateway = GATEWAYS.find((known) => known === asked) ?? 'VISA/MASTER';
  switch (formField(request.rawBody, 'decision')) {
    case 'decline':
      book.fail(invoice, gateway, { code: 'MF003', text: 'Declined by the bank' });
      return true;
    case 'cancel':
      book.fail(invoice, gateway, { code: 'MF005', text: 'Cancelled by the customer' });
      return true;
    case 'lapse':
      book.expire(invoice);
      return false;
    default:
      book.pay(invoice, gateway);
      return true;
  }
}

function returnUrl(invoice: Invoice): string | null {
  const last = invoice.transactions.at(-1);
  const good = last?.status === 'Succss' || last?.status === 'Authorize';
  const url = webUrl(good ? invoice.order.callBackUrl : invoice.order.errorUrl);
  if (url === null || last === undefined) return null;
  url.searchParams.set('paymentId', last.paymentId);
  url.searchParams.set('Id', last.paymentId);
  return url.href;
}

function page(book: InvoiceBook, portal: Portal, invoice: Invoice): Reply {
  const summary =
    `<p class="amount">${portal.written(invoice.value)} ${portal.label}</p>` +
    invoice.order.items.map((item) => `<p>${item.Quantity} × ${escapeHtml(item.ItemName)}</p>`).join('') +
    `<p>Invoice ${invoice.id} for ${escapeHtml(invoice.order.customerName)}</p>`;
  if (!book.isOpen(invoice, false)) {
    const title = invoice.status === 'Paid' ? 'Paid' : 'This invoice takes no payment';
    const back = returnUrl(invoice) ?? webUrl(invoice.order.errorUrl)?.href ?? null;
    return htmlPage(title, `<h1>${title}</h1>${summary}${backToShop(back)}`);
  }
  const options = GATEWAYS.map((gateway) => `<option>${gateway}</option>`).join('');
  const error = invoice.transactions.at(-1)?.error;
  return htmlPage(
    'Pay an invoice',
    `<h1>MyFatoorah</h1>${summary}${error ? `<p class="error">${escapeHtml(error)}</p>` : ''}` +
      `<form method="post"><label for="gateway">Pay with</label><select id="gateway" name="gateway">${options}</select>` +
      `<button class="primary" name="decision" value="approve">Pay</button>` +
      `<button name="decision" value="decline">Be declined</button>` +
      `<button name="decision" value="cancel">Cancel</button>` +
      `<button name="decision" value="lapse">Let the time run out</button></form>`,
  );
}

/** The checkout page of the Rehive simulator, where a person plays the customer. */
import { backToShop, escapeHtml, formField, htmlPage, seeOther, webUrl } from '../../sandbox/html.ts';
import type { Reply, Route, SimulatorRequest } from '../../sandbox/http-server.ts';
import { isPayable, paidAmount } from './sandbox-invoices.ts';
import type { Invoice, InvoiceBook } from './sandbox-invoices.ts';

/** What a customer can do instead of paying; who lets the time run out is still on the page. */
const ENDS = [
  { value: 'decline', status: 'failed' },
  { value: 'cancel', status: 'cancelled' },
  { value: 'lapse', status: 'expired' },
] as const;

export function rehivePages(book: InvoiceBook): Route[] {
  const route = (method: string, handle: (invoice: Invoice, request: SimulatorRequest) => Reply): Route => ({
    method,
    path: '/checkout',
    operations: [],
    handle: (request) => {
      const invoice = book.find(request.query.get('request') ?? '');
      if (invoice === null) return htmlPage('Not found', '<h1>No such invoice</h1>', 404);
      return handle(invoice, request);
    },
  });
  return [
    route('GET', (invoice) => page(invoice, null)),
    route('POST', (invoice, request) => {
      const end = ENDS.find(({ value }) => value === formField(request.rawBody, 'end'));
      if (end !== undefined) {
        book.end(invoice, end.status);
        const shop = end.value === 'lapse' ? null : webUrl(invoice.order.returnUrl);
        return seeOther(shop?.href ?? request.target);
      }
      const cents = centsFrom(formField(request.rawBody, 'amount'));
      if (cents === null) return page(invoice, 'The amount must be dollars and cents.');
      if (!book.receive(invoice, cents)) return page(invoice, 'This invoice takes no payment.');
      const back = webUrl(invoice.order.returnUrl);
      return seeOther(back !== null && !isPayable(invoice) ? back.href : request.target);
    }),
  ];
}

function page(invoice: Invoice, error: string | null): Reply {
  const { amount, description } = invoice.order;
  const due = Math.max(0, amount - paidAmount(invoice));
  const form = isPayable(invoice)
    ? `<form method="post"><label for="amount">Amount in USD</label>` +
      `<input id="amount" name="amount" inputmode="decimal" value="${dollars(due)}">` +
      `<button class="primary">Pay</button></form>` +
      `<form method="post"><button name="end" value="decline">Be declined</button>` +
      `<button name="end" value="cancel">Cancel</button>` +
      `<button name="end" value="lapse">Let the time run out</button></form>`
    : backToShop(webUrl(invoice.order.returnUrl)?.href ?? null);
  return htmlPage(
    'Rehive checkout',
    `<h1>Invoice</h1>${error === null ? '' : `<p class="error">${escapeHtml(error)}</p>`}` +
      `<p class="amount">${dollars(amount)} USD</p><p>${escapeHtml(description ?? '')}</p>` +
      `<p class="soft">Status: ${invoice.status}, received ${dollars(paidAmount(invoice))}</p>${form}`,
  );
}

function dollars(cents: number): string {
  return `${Math.floor(cents / 100)}.${String(cents % 100).padStart(2, '0')}`;
}

function centsFrom(text: string): number | null {
  const match = /^(\d{1,10})(?:\.(\d\d))?$/.exec(text);
  const cents = match === null ? 0 : Number(match[1]) * 100 + Number(match[2] ?? 0);
  return cents > 0 ? cents : null;
}

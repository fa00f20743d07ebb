/** What end-to-end tests do all the time: make an invoice, ask for a payment, look into the provider's own books. */
import type { Invoice, Payment, SimulatedPayment } from '../../cli/journey/clients.ts';
import type { TestStack } from './stack.ts';

const RETURN_URLS = { success: 'https://shop.example.com/paid', failure: 'https://shop.example.com/failed' };
const CUSTOMER = { name: 'Amal Haddad', email: 'otp.success@tabby.ai', phone: '+971500000001' };

/** A service, a currency and an ordinary amount of each provider, and whom it wants to know. */
const ORDER = {
  finan: { service: 'finan.bank_transfer', currency: 'VND', amount: 200_000, customer: {} },
  fapshi: { service: 'fapshi.payment_link', currency: 'XAF', amount: 5_000, customer: {} },
  fib: { service: 'fib.qr_code', currency: 'IQD', amount: 25_000_000, customer: {} },
  myfatoorah: {
    service: 'myfatoorah.card_authorization',
    currency: 'KWD',
    amount: 10_000,
    customer: CUSTOMER,
  },
  rehive: { service: 'rehive.hosted', currency: 'USD', amount: 2_500, customer: CUSTOMER },
  tabby: { service: 'tabby.installments', currency: 'AED', amount: 40_000, customer: CUSTOMER },
  tamara: { service: 'tamara.instalments', currency: 'SAR', amount: 60_000, customer: CUSTOMER },
  zaincash: { service: 'zaincash.wallet', currency: 'IQD', amount: 25_000_000, customer: CUSTOMER },
} as const;

/** The books hold amounts as each provider writes them: `150.00`, 600, 25000; this many places from minor units. */
const PLACES = {
  finan: 0,
  fapshi: 0,
  fib: 3,
  myfatoorah: 3,
  rehive: 0,
  tabby: 2,
  tamara: 2,
  zaincash: 3,
} as const;

export type Provider = keyof typeof ORDER;

type Called = Awaited<ReturnType<TestStack['call']>>;

/** A line of a simulator's own books. */
export interface BookLine {
  readonly kind: string;
  readonly payment_id: string;
  readonly reference: string | null;
  /** In the provider's own spelling. */
  readonly amount: number | string;
}

export interface Shop {
  /** The ordinary amount, minor units. */
  amount(provider: Provider): number;
  /** The payment service that is used of this provider. */
  service(provider: Provider): string;
  /** An open invoice that suits this provider. */
  invoice(provider: Provider, more?: Readonly<Record<string, unknown>>): Promise<Invoice>;
  /** Asks for a payment; never throws for a status. */
  ask(provider: Provider, invoiceId: string, headers?: Record<string, string>): Promise<Called>;
  /** An invoice with a payment that the customer could make now. */
  payable(
    provider: Provider,
    more?: Readonly<Record<string, unknown>>,
  ): Promise<{ invoice: Invoice; payment: Payment; id: string }>;
  /** Our ids of this invoice's payments, also of those that no provider has accepted. */
  paymentIds(invoiceId: string): Promise<string[]>;
  /** The provider's payments that were made for this invoice, by its own books. */
  accepted(provider: Provider, invoiceId: string): Promise<SimulatedPayment[]>;
  /** A call to the sandbox's control API; throws unless it is answered 200. */
  control(method: string, path: string, body?: unknown): Promise<unknown>;
  books(provider: Provider): Promise<BookLine[]>;
  /** A line's amount in minor units. */
  minor(provider: Provider, line: BookLine): number;
  /** The amounts of one kind that a payment has in the provider's own books, minor units, oldest first. */
  booked(provider: Provider, paymentId: string, kind: string): Promise<number[]>;
}

export function shop(stack: TestStack): Shop {
  const { merchantApi, pool, control, sandbox } = stack;
  const ask: Shop['ask'] = (provider, invoiceId, headers = {}) =>
    stack.call(
      'POST',
      `/v1/invoices/${invoiceId}/payments`,
      { payment_service: ORDER[provider].service },
      headers,
    );
  const invoice: Shop['invoice'] = (provider, more = {}) => {
    const { currency, amount, customer } = ORDER[provider];
    return merchantApi.createInvoice({ currency, amount, customer, return_urls: RETURN_URLS, ...more });
  };
  const paymentIds: Shop['paymentIds'] = async (invoiceId) => {
    const { rows } = await pool.query<{ id: string }>(
      'select id from payments where invoice_id = $1 order by id',
      [invoiceId],
    );
    return rows.map(({ id }) => id);
  };
  const call: Shop['control'] = async (method, path, body) => {
    const response = await fetch(sandbox.controlUrl + path, {
      method,
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${path} answered ${response.status}: ${text}`);
    return JSON.parse(text);
  };
  const books: Shop['books'] = async (provider) => (await call('GET', `/${provider}/ledger`)) as BookLine[];
  const minor: Shop['minor'] = (provider, { amount }) => Math.round(Number(amount) * 10 ** PLACES[provider]);
  return {
    minor,
    amount: (provider) => ORDER[provider].amount,
    service: (provider) => ORDER[provider].service,
    invoice,
    ask,
    paymentIds,
    async payable(provider, more) {
      const made = await invoice(provider, more);
      const payment = await merchantApi.requestPayment(made.id, ORDER[provider].service);
      if (payment.provider_payment_id === null) throw new Error(`${payment.id} is ${payment.status}`);
      return { invoice: made, payment, id: payment.provider_payment_id };
    },
    async accepted(provider, invoiceId) {
      const ids = await paymentIds(invoiceId);
      const found = await Promise.all(ids.map((id) => control.paymentsFor(provider, id)));
      return found.flat();
    },
    control: call,
    books,
    async booked(provider, paymentId, kind) {
      const lines = (await books(provider)).filter(
        (line) => line.payment_id === paymentId && line.kind === kind,
      );
      return lines.map((line) => minor(provider, line));
    },
  };
}

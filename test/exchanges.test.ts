/** What was said between us and the providers is on record, whatever came of it, and can be erased. */
import { eventually } from './setup/eventually.ts';
import { settledViolations } from './setup/invariants.ts';
import { shop, type Shop } from './setup/shop.ts';
import { STACK_TIMEOUT_MS, startTestStack, type TestStack } from './setup/stack.ts';

let stack: TestStack;
let at: Shop;

beforeAll(async () => {
  stack = await startTestStack();
  at = shop(stack);
}, STACK_TIMEOUT_MS);
afterAll(() => stack.stop(), STACK_TIMEOUT_MS);
afterEach(async () => {
  for (const provider of ['finan', 'fapshi']) await at.control('DELETE', `/${provider}/faults`);
});

interface Exchange {
  readonly id: string;
  readonly direction: string;
  readonly operation: string;
  readonly payment: string;
  readonly status: number | null;
  readonly failure: { readonly kind: string; readonly code: string } | null;
  readonly started_at: string;
  readonly duration_ms: number;
  readonly attempt: number;
  readonly request_headers: Readonly<Record<string, string>>;
  readonly request_body: string | null;
  readonly response_body: string | null;
  readonly webhook: { readonly state: string } | null;
}

async function exchangesOf(invoiceId: string): Promise<readonly Exchange[]> {
  const { body } = await stack.call('GET', `/v1/invoices/${invoiceId}/exchanges?limit=100`);
  return body['data'] as readonly Exchange[];
}
/** The exchanges once they are as wanted: calls are written a moment after they were made. */
const exchangesUntil = (invoiceId: string, what: string, wanted: (list: readonly Exchange[]) => boolean) =>
  eventually(what, () => exchangesOf(invoiceId), wanted, 10_000);
const operations = (list: readonly Exchange[]) => list.map(({ operation }) => operation);
const isApplied = ({ webhook }: Exchange) => webhook?.state === 'processed';
const isPaid = ({ status }: { status: string }): boolean => status === 'paid';

/** One service of each provider that is offered and sends webhooks, with a currency and an amount. */
const SERVICES: readonly (readonly [string, string, number])[] = [
  ['fapshi.payment_link', 'XAF', 5_000],
  ['fib.qr_code', 'IQD', 25_000_000],
  ['finan.bank_transfer', 'VND', 200_000],
  ['furatpay.zaincash', 'IQD', 25_000_000],
  ['myfatoorah.payment_link', 'KWD', 12_500],
  ['rehive.hosted', 'USD', 10_000],
  ['zaincash.wallet', 'IQD', 25_000_000],
];

describe('a payment that goes well', () => {
  it.each(SERVICES)(
    'by %s leaves its calls and its webhook, in their order, without a secret',
    async (service, currency, amount) => {
      const [provider = ''] = service.split('.');
      const return_urls = { success: 'https://shop.example/thanks' };
      const customer = { name: 'Sara', phone: '+9647800000002', email: 'sara@example.com' };
      const { id } = await stack.merchantApi.createInvoice({ currency, amount, customer, return_urls });
      const payment = await stack.merchantApi.requestPayment(id, service);
      await stack.control.pay(provider, payment.provider_payment_id ?? '');
      await stack.merchantApi.until(id, 'paid', isPaid);
      const list = await exchangesUntil(
        id,
        'calls and webhook are there',
        (found) =>
          operations(found).includes('webhook') &&
          // Calls are written in batches: one for a token may be there before the one that it was for.
          operations(found).some((name) => name.startsWith('create_')),
      );
      const names = operations(list);
      const created = names.findIndex((name) => name.startsWith('create_'));
      expect(created).toBeGreaterThanOrEqual(0);
      expect(names.indexOf('webhook')).toBeGreaterThan(created);
      expect(list.find(isApplied)).toMatchObject({ direction: 'incoming', payment: payment.id });
      expect(list[created]).toMatchObject({
        direction: 'outgoing',
        payment: payment.id,
        failure: null,
        attempt: 1,
      });
      expect(list[created]?.status).toBeLessThan(300);
      const times = list.map(({ started_at }) => started_at);
      expect(times).toEqual([...times].sort());

      const { rows } = await stack.pool.query<{ text: string }>(
        'select x::text as text from provider_exchanges x',
      );
      const kept = JSON.stringify(list) + rows.map(({ text }) => text).join('');
      const values = Object.values(stack.sandbox.providers[provider]?.credentials ?? {}).filter(
        ({ length }) => length >= 6,
      );
      expect(values.filter((value) => kept.includes(value))).toEqual([]);
      expect(kept).not.toMatch(/eyJ[\w-]{8,}/);
    },
  );

  it('at FIB shows that a token was asked for, and not the token', async () => {
    const { rows } = await stack.pool.query<{ response_body: string }>(
      `select response_body from provider_exchanges where operation = 'get_token' and provider = 'fib'`,
    );
    expect(rows.length).toBeGreaterThan(0);
    for (const { response_body } of rows)
      expect(JSON.parse(response_body)).toMatchObject({ access_token: '[redacted]' });
  });
});

describe('a provider that fails', () => {
  it('with a 5xx leaves the answer', async () => {
    const { id } = await at.invoice('finan');
    await stack.control.fault('finan', { kind: 'status', status: 503, operation: 'create' });
    expect((await at.ask('finan', id)).status).toBe(503);
    const [call] = await exchangesUntil(id, 'the call is there', (found) => found.length === 1);
    expect(call).toMatchObject({
      operation: 'create_payment',
      status: 503,
      failure: null,
      response_body: expect.any(String),
    });
  });

  it('by a reset leaves why there was no answer, and the question that followed', async () => {
    const { id } = await at.invoice('finan');
    await stack.control.fault('finan', { kind: 'reset', operation: 'create' });
    expect(await at.ask('finan', id)).toMatchObject({ status: 202 });
    const [call, next] = await exchangesUntil(id, 'both calls are there', (found) => found.length >= 2);
    expect(call).toMatchObject({
      operation: 'create_payment',
      status: null,
      failure: { kind: 'unknown_outcome', code: 'connection_reset' },
      response_body: null,
    });
    expect(next).toMatchObject({ operation: 'find_payment', status: 200 });
  });

  it('by never answering leaves how long that took', async () => {
    const { invoice } = await at.payable('fapshi');
    await stack.control.fault('fapshi', { kind: 'slow', ms: 9_000, operation: 'get' });
    await stack.merchantApi.advanceClock(invoice.id, 90);
    const list = await exchangesUntil(invoice.id, 'a call timed out', (found) =>
      found.some(({ failure }) => failure),
    );
    const lost = list.find(({ failure }) => failure);
    expect(lost).toMatchObject({
      operation: 'read_payment',
      status: null,
      failure: { kind: 'unavailable', code: 'timeout' },
    });
    expect(lost?.duration_ms).toBeGreaterThanOrEqual(7_900);
  }, 60_000);
});

describe('an invoice whose personal data was erased', () => {
  const person = { name: 'Canary Nguyen', email: 'canary@example.com', phone: '+237670000007' };
  const CANARY = /canary|70000007/i;
  const everything = async (id: string): Promise<string> => {
    const { rows } = await stack.pool.query<{ text: string }>(
      `select i::text as text from invoices i where id = $1
       union all select p::text from payments p where invoice_id = $1
       union all select x::text from provider_exchanges x where invoice_id = $1
       union all select w.headers::text || encode(w.body, 'escape') from webhook_events w where invoice_id = $1
       union all select k.answer_body::text from idempotency_keys k
         where resource_id = $1 or resource_id in (select id from payments where invoice_id = $1)`,
      [id],
    );
    return rows.map(({ text }) => text).join('\n');
  };

  /** A webhook that was still waiting keeps its body until it has been applied. */
  const nothingLeft = (id: string) =>
    eventually(
      'nothing is left',
      () => everything(id),
      (text) => !CANARY.test(text),
    );

  it.each(['finan', 'fapshi'] as const)(
    'at %s still takes late money, and nothing comes back',
    async (provider) => {
      const key = { 'idempotency-key': `erased-${provider}` };
      const wanted = { description: 'Order of the canary', customer: person };
      const { currency, amount } =
        provider === 'finan' ? { currency: 'VND', amount: 200_000 } : { currency: 'XAF', amount: 5_000 };
      const made = await stack.call('POST', '/v1/invoices', { currency, amount, ...wanted }, key);
      const id = String(made.body['id']);
      const asked = await at.ask(provider, id);
      expect(await stack.call('POST', `/v1/invoices/${id}/erase`)).toMatchObject({
        status: 409,
        body: { code: 'invoice_in_flight' },
      });
      await stack.call('POST', `/v1/invoices/${id}/cancel`, {});
      await exchangesUntil(id, 'the call is there', (found) => operations(found).includes('create_payment'));
      expect(await everything(id)).toMatch(CANARY);
      expect(await stack.call('POST', `/v1/invoices/${id}/erase`)).toMatchObject({
        status: 200,
        body: { customer: {} },
      });
      await nothingLeft(id);

      await stack.control.pay(provider, String(asked.body['provider_payment_id']), { after_expiry: true });
      const after = await stack.merchantApi.until(
        id,
        'paid late',
        ({ amounts }) => amounts.late.amount === amount,
      );
      expect(after).toMatchObject({ status: 'paid' });
      const list = await exchangesUntil(id, 'the late webhook is there', (found) => found.some(isApplied));
      expect(list.find(isApplied)).toMatchObject({ request_body: null, request_headers: {} });
      for (const { request_body, response_body } of list)
        expect([request_body, response_body]).toEqual([null, null]);

      const again = await stack.call('POST', '/v1/invoices', { currency, amount, ...wanted }, key);
      expect(again).toMatchObject({ status: 201, body: { id, customer: {}, description: null } });
      await nothingLeft(id);
    },
  );
});

it('leaves a record in which every invariant holds', async () => {
  expect(await settledViolations(stack)).toEqual([]);
});

import { newId } from '../../db/ids.ts';
import { ENGINES_TIMEOUT_MS } from '../../test/setup/engines.ts';
import { eventually } from '../../test/setup/eventually.ts';
import { PEPPER, startTestApi, type TestApi } from '../testing/api.ts';
import { deadline, unreachable } from '../testing/gateway.ts';
import { checkoutUrl } from '../checkout-token.ts';
import { returnToken } from '../return-token.ts';

let api: TestApi;
let clock_ms = Date.now();
const closing = new AbortController();

beforeAll(async () => {
  api = await startTestApi({ now: () => clock_ms, closing: closing.signal });
}, ENGINES_TIMEOUT_MS);
afterAll(() => api.stop());
beforeEach(() => {
  clock_ms = Date.now();
  api.gateway.failure = null;
  api.gateway.requested.length = 0;
});

interface Page {
  readonly invoice: string;
  readonly path: string;
}

async function made(more: Readonly<Record<string, unknown>> = {}, key?: string): Promise<Page> {
  const body = { amount: 150_000, currency: 'VND', reference: 'order-1', ...more };
  const { json } = await api.call('POST', '/v1/invoices', { body, ...(key ? { key } : {}) });
  return { invoice: String(json['id']), path: new URL(String(json['checkout_url'])).pathname };
}

const browse = async (path: string, init: RequestInit = {}) => {
  const answer = await fetch(api.url + path, { redirect: 'manual', ...init });
  return { status: answer.status, headers: answer.headers, text: await answer.text() };
};
const choose = (
  path: string,
  form: Readonly<Record<string, string>>,
  headers: Readonly<Record<string, string>> = {},
) => browse(path, { method: 'POST', body: new URLSearchParams(form), headers });
const screenOf = (text: string): string | undefined => /data-screen="(\w+)"/.exec(text)?.[1];
const screen = async (path: string): Promise<string | undefined> => screenOf((await browse(path)).text);
const paymentsOf = async ({ invoice }: Page) =>
  (
    await api.pool.query<{ id: string; method: string }>(
      'select id, method from payments where invoice_id = $1 order by id',
      [invoice],
    )
  ).rows;
const stands = (page: Page, status: string, failure: object | null = null) =>
  api.pool.query('update payments set status = $2, failure = $3 where invoice_id = $1', [
    page.invoice,
    status,
    failure,
  ]);
const invoiceStands = (page: Page, status: string, received = 0) =>
  api.pool.query(
    'update invoices set status = $2, amount_received = $3, version = version + 1 where id = $1',
    [page.invoice, status, received],
  );

describe('the address', () => {
  it('is part of the invoice and cannot be made up', async () => {
    const { invoice, path } = await made();
    expect(path).toMatch(/^\/pay\/[0-9a-z]{26}_[\w-]{22}$/);
    expect(checkoutUrl(invoice, { publicUrl: api.url, apiKeyPepper: PEPPER })).toBe(api.url + path);
    expect(checkoutUrl(invoice, { publicUrl: api.url, apiKeyPepper: Buffer.alloc(32, 8) })).not.toBe(
      api.url + path,
    );
    const read = await api.call('GET', `/v1/invoices/${invoice}`);
    expect(read.json['checkout_url']).toBe(api.url + path);
  });

  it.each([
    ['made up', () => '/pay/nothing'],
    ['with a wrong proof', () => `/pay/${newId('inv').slice(4)}_${'A'.repeat(22)}`],
    ['of another kind', () => `/pay/${returnToken(newId('pay'), PEPPER)}`],
    [
      'of no invoice',
      () => new URL(checkoutUrl(newId('inv'), { publicUrl: api.url, apiKeyPepper: PEPPER })).pathname,
    ],
  ])('%s gets a friendly page with 404', async (_, path) => {
    const answer = await browse(path());
    expect(answer.status).toBe(404);
    expect(answer.text).toContain('This link does not work');
  });

  it('works until ninety days after the invoice was due', async () => {
    const { path } = await made();
    clock_ms += 96 * 86_400_000;
    expect((await browse(path)).status).toBe(200);
    clock_ms += 2 * 86_400_000;
    expect((await browse(path)).status).toBe(404);
  });
});

describe('the page', () => {
  it('shows what is owed and nothing of the customer', async () => {
    const page = await made({
      description: '<b>Tea</b> & "more"',
      items: [{ name: 'Green tea', quantity: 3, unit_amount: 50_000 }],
      customer: { name: 'Sara Secret', email: 'sara@secret.example', phone: '+84901234567' },
      metadata: { note: 'internal-note' },
    });
    await choose(page.path, { service: 'bazaar.phone' });
    for (const path of [page.path, `${page.path}?choose=1`]) {
      const { text } = await browse(path);
      expect(text).toContain('₫150,000');
      expect(text).toContain('&lt;b&gt;Tea&lt;/b&gt; &amp; &quot;more&quot;');
      expect(text).toContain('3 × \u2068Green tea');
      for (const secret of ['Sara', 'secret.example', '901234567', 'internal-note'])
        expect(text).not.toContain(secret);
    }
  });

  it('lets the browser run our own script only, keeps nothing and tells nobody', async () => {
    const { headers, text } = await browse((await made()).path);
    expect(headers.get('content-security-policy')).toMatch(
      /^default-src 'none'; style-src( 'sha256-[\w+/=]+'){2}; img-src data:; script-src 'sha256-[\w+/=]+'; connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'$/,
    );
    expect(headers.get('cache-control')).toBe('no-store');
    expect(headers.get('referrer-policy')).toBe('no-referrer');
    expect(headers.get('x-robots-tag')).toBe('noindex, nofollow');
    expect(headers.get('set-cookie')).toBeNull();
    expect(text).not.toMatch(/ on\w+="| style="|<script(?! type="module">)/);
    expect(Buffer.byteLength(text)).toBeLessThan(60_000);
  });

  it.each([
    ['en-GB', 'en', 'ltr', 'Choose how to pay', '₫150,000'],
    ['ar-AE', 'ar', 'rtl', 'اختر طريقة الدفع', '150,000'],
    ['ku', 'ckb', 'rtl', 'شێوازی پارەدان هەڵبژێرە', '١٥٠٬٠٠٠'],
    ['fr-CM', 'fr', 'ltr', 'Choisissez comment payer', '150\u202f000'],
    ['vi-VN', 'vi', 'ltr', 'Chọn cách thanh toán', '150.000'],
    ['de-DE, fr;q=0.5', 'fr', 'ltr', 'Choisissez comment payer', '150\u202f000'],
    ['ja', 'en', 'ltr', 'Choose how to pay', '₫150,000'],
  ])('speaks the browser’s language: %s', async (accepted, lang, dir, title, amount) => {
    const { path } = await made();
    const { text } = await browse(path, { headers: { 'accept-language': accepted } });
    expect(text).toContain(`<html lang="${lang}" dir="${dir}">`);
    expect(text).toContain(title);
    expect(text).toContain(amount);
  });

  it('keeps the language that the customer has chosen through a payment', async () => {
    const { path } = await made();
    const { text } = await browse(`${path}?lang=fr`, { headers: { 'accept-language': 'ar' } });
    expect(text).toContain('<html lang="fr"');
    expect(text).toContain(`action="${path}?lang=fr"`);
    const sent = await choose(`${path}?lang=fr`, { service: 'bazaar.qr' });
    expect(sent.headers.get('location')).toContain('lang=fr');
  });

  it('wears the merchant’s name, colour and logo, as far as they are safe', async () => {
    const merchant = await api.addMerchant();
    const { path } = await made({}, merchant.key);
    const brand = (value: object) =>
      api.pool.query('update merchants set branding = $2 where id = $1', [merchant.id, value]);
    await brand({
      display_name: 'Dar <Tea>',
      color: '#fe0',
      logo: 'data:image/png;base64,AAAA',
      support_email: 'help@tea.example',
    });
    const { text } = await browse(path);
    expect(text).toContain('Dar &lt;Tea&gt;');
    expect(text).toContain('src="data:image/png;base64,AAAA"');
    expect(text).toContain('mailto:help@tea.example');
    expect(text).toContain('--on-accent: #');
    await brand({
      color: 'red;}body{display:none',
      logo: 'https://elsewhere.example/x.png',
      support_url: 'javascript:alert(1)',
    });
    const plain = (await browse(path)).text;
    expect(plain).toContain('A shop');
    for (const unsafe of ['display:none', 'elsewhere.example', 'javascript:'])
      expect(plain).not.toContain(unsafe);
  });
});

describe('a choice', () => {
  it('makes a payment and shows it', async () => {
    const page = await made();
    const { status, headers } = await choose(page.path, { service: 'bazaar.qr' });
    const [payment] = await paymentsOf(page);
    expect(status).toBe(303);
    expect(headers.get('location')).toBe(`${page.path}?payment=${payment?.id}`);
    expect(api.gateway.requested).toEqual([payment?.id]);
    const { rows } = await api.pool.query('select requested_by from payments where id = $1', [payment?.id]);
    expect(rows).toEqual([{ requested_by: 'customer' }]);
  });

  it('that arrives twelve times at once makes one payment', async () => {
    const page = await made();
    const answers = await Promise.all(
      Array.from({ length: 12 }, () => choose(page.path, { service: 'bazaar.qr' })),
    );
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([303]));
    expect(await paymentsOf(page)).toHaveLength(1);
  });

  it('of the same service again shows the payment that is there', async () => {
    const page = await made();
    const first = await choose(page.path, { service: 'bazaar.qr' });
    const again = await choose(page.path, { service: 'bazaar.qr' });
    expect(again.headers.get('location')).toBe(first.headers.get('location'));
    expect(await paymentsOf(page)).toHaveLength(1);
  });

  it('makes another payment once the first has ended', async () => {
    const page = await made();
    await choose(page.path, { service: 'bazaar.qr' });
    await stands(page, 'expired');
    expect(await screen(page.path)).toBe('lapsed');
    await choose(page.path, { service: 'bazaar.qr' });
    expect(await paymentsOf(page)).toHaveLength(2);
  });

  it('goes on with the same payment when the engine did not answer in time', async () => {
    const page = await made();
    api.gateway.failure = deadline();
    expect((await choose(page.path, { service: 'bazaar.qr' })).status).toBe(303);
    expect(await screen(page.path)).toBe('processing');
    api.gateway.failure = unreachable();
    await choose(page.path, { service: 'bazaar.qr' });
    api.gateway.failure = null;
    expect(await paymentsOf(page)).toHaveLength(1);
  });

  it('asks for what the service needs, says what is wrong with it, and takes it', async () => {
    const page = await made({ customer: { name: 'Sara' } });
    const { text } = await browse(`${page.path}?service=bazaar.phone`);
    expect(screenOf(text)).toBe('details');
    expect(text).toContain('type="tel"');
    expect(text).not.toContain('name="name"');
    const wrong = await choose(page.path, { service: 'bazaar.phone', phone: '12 <b>' });
    expect(wrong.status).toBe(422);
    expect(wrong.text).toContain('value="12 &lt;b&gt;"');
    expect(wrong.text).toContain('aria-invalid="true"');
    expect(await paymentsOf(page)).toEqual([]);
    expect((await choose(page.path, { service: 'bazaar.phone', phone: '090 123 45 67' })).status).toBe(303);
    const { rows } = await api.pool.query(
      `select request->'customer'->>'phone' as phone from payments where invoice_id = $1`,
      [page.invoice],
    );
    expect(rows).toEqual([{ phone: '+84901234567' }]);
    // Another number is another phone.
    await choose(page.path, { service: 'bazaar.phone', phone: '0901234568' });
    expect(await paymentsOf(page)).toHaveLength(2);
  });

  it.each([
    ['of a service that does not exist', { service: 'nobody.nothing' }, {}],
    ['of nothing', {}, {}],
    ['that another site has sent', { service: 'bazaar.qr' }, { 'sec-fetch-site': 'cross-site' }],
    ['with a foreign origin', { service: 'bazaar.qr' }, { origin: 'https://evil.example' }],
  ])('%s makes no payment', async (_, form, headers) => {
    const page = await made();
    const answer = await choose(page.path, form, headers);
    expect([answer.status, answer.headers.get('location')]).toEqual([303, page.path]);
    expect(await paymentsOf(page)).toEqual([]);
  });

  it('for an invoice that has ended makes no payment', async () => {
    const page = await made();
    await invoiceStands(page, 'canceled');
    expect((await choose(page.path, { service: 'bazaar.qr' })).status).toBe(303);
    expect(await paymentsOf(page)).toEqual([]);
  });

  it('is refused for a moment when there are too many', async () => {
    const page = await made();
    const answers = [];
    for (let time = 0; time < 14; time += 1) answers.push(await choose(page.path, { service: 'nothing' }));
    expect(answers.map(({ status }) => status)).toContain(429);
    expect(answers.at(-1)?.headers.get('retry-after')).toMatch(/^\d+$/);
    expect((await choose((await made()).path, { service: 'nothing' })).status).toBe(303);
    clock_ms += 60_000;
    expect((await choose(page.path, { service: 'nothing' })).status).toBe(303);
  });
});

describe('the screen', () => {
  it.each([
    ['paid', 150_000, 'paid'],
    ['overpaid', 160_000, 'overpaid'],
    ['authorized', 0, 'authorized'],
    ['refunded', 150_000, 'refunded'],
    ['expired', 0, 'expired'],
    ['canceled', 0, 'canceled'],
    ['partially_paid', 50_000, 'choose'],
  ])('of an invoice that is %s', async (status, received, wanted) => {
    const page = await made();
    await invoiceStands(page, status, received);
    const { text } = await browse(page.path);
    expect(screenOf(text)).toBe(wanted);
    if (status === 'partially_paid') expect(text).toContain('₫100,000\u2069 is still to be paid');
    if (status === 'overpaid') expect(text).toContain('₫10,000\u2069 came in addition');
  });

  it.each([
    ['declined', 'declined'],
    ['unavailable', 'unavailable'],
    ['rate_limited', 'unavailable'],
    ['bad_credentials', 'refused'],
    ['invalid_request', 'refused'],
  ])('after a failure of the kind %s is %s, and other services stay', async (kind, wanted) => {
    const page = await made();
    await choose(page.path, { service: 'bazaar.qr' });
    await stands(page, 'failed', { kind, code: 'x', message: 'The secret words of a provider' });
    const { text } = await browse(page.path);
    expect(screenOf(text)).toBe(wanted);
    expect(text).toContain('Bazaar on the phone');
    expect(text).not.toContain('secret words');
  });

  it('says nothing of money that nobody knows about', async () => {
    const page = await made();
    await choose(page.path, { service: 'bazaar.qr' });
    await stands(page, 'failed', { kind: 'unknown_outcome', code: 'x', message: 'x' });
    const { text } = await browse(page.path);
    expect(screenOf(text)).toBe('processing');
    expect(text).not.toContain('Nothing was taken');
  });

  it('offers no service whose breaker is open, and says so', async () => {
    const merchant = await api.addMerchant();
    const page = await made({}, merchant.key);
    await api.pool.query(
      `update provider_accounts set breaker_forced = 'open', breaker_forced_reason = 'x', breaker_forced_at = now() where id = $1`,
      [merchant.account],
    );
    const { text } = await browse(page.path);
    expect(text).toContain('Not available right now');
    expect(text).not.toContain('<button class="service"');
    expect((await choose(page.path, { service: 'bazaar.qr' })).status).toBe(303);
    expect(await paymentsOf(page)).toEqual([]);
  });

  it('says that there is no way to pay when nothing fits', async () => {
    const { text } = await browse((await made({ currency: 'EUR', amount: 500 })).path);
    expect(text).toContain('There is no way to pay this online');
  });

  it('has the bar of the sandbox for play money only', async () => {
    const live = await api.addMerchant('live');
    expect((await browse((await made({}, live.key)).path)).text).not.toContain('Test mode');
    expect((await browse((await made()).path)).text).toContain('Test mode');
  });

  it('moves no clock of live money', async () => {
    const live = await api.addMerchant('live');
    const { path } = await made({}, live.key);
    const answer = await choose(`${path}?sandbox=1`, { advance_s: '1800' });
    expect([answer.status, answer.headers.get('location')]).toEqual([303, path]);
  });
});

describe('live status', () => {
  /** The stream's text so far grows; `stop` hangs up. */
  const listen = async (path: string, headers: Record<string, string> = {}) => {
    const hangUp = new AbortController();
    const answer = await fetch(api.url + path, { headers, signal: hangUp.signal });
    const heard = { text: '', ended: false };
    void (async () => {
      const decoder = new TextDecoder();
      for await (const part of answer.body ?? [])
        heard.text += decoder.decode(part as Uint8Array, { stream: true });
      heard.ended = true;
    })().catch(() => undefined);
    return { status: answer.status, headers: answer.headers, heard, stop: () => hangUp.abort() };
  };
  const hears = (heard: { text: string }, text: string) =>
    eventually(
      text,
      async () => heard.text,
      (found) => found.includes(text),
      10_000,
    );

  it('tells of what the page does not know yet, and resumes after a break', async () => {
    const page = await made();
    await invoiceStands(page, 'partially_paid', 1);
    const stream = await listen(`${page.path}/events?since=0`);
    expect(stream.headers.get('content-type')).toContain('text/event-stream');
    await hears(stream.heard, 'id: 1\nevent: change');
    await invoiceStands(page, 'paid', 150_000);
    await hears(stream.heard, 'id: 2\nevent: change');
    stream.stop();
    await invoiceStands(page, 'overpaid', 150_001);
    const resumed = await listen(`${page.path}/events?since=0`, { 'last-event-id': '2' });
    await hears(resumed.heard, 'id: 3\nevent: change');
    expect(resumed.heard.text).not.toContain('id: 2');
    resumed.stop();
  });

  it('answers browsers without streams', async () => {
    const page = await made();
    const answer = await browse(`${page.path}/version`);
    expect(JSON.parse(answer.text)).toEqual({ version: 0 });
  });

  it.each(['events', 'version'])('%s is for those who have the address', async (what) => {
    expect((await browse(`/pay/nothing/${what}`)).status).toBe(404);
  });

  it('sends the twenty-first stream of one invoice away', async () => {
    const page = await made();
    const streams = await Promise.all(
      Array.from({ length: 20 }, () => listen(`${page.path}/events?since=0`)),
    );
    const late = await browse(`${page.path}/events?since=0`);
    expect([late.status, late.headers.get('retry-after')]).toEqual([503, '15']);
    for (const stream of streams) stream.stop();
    await eventually(
      'a free place',
      () => listen(`${page.path}/events?since=0`),
      ({ status, stop }) => {
        stop();
        return status === 200;
      },
    );
  });

  it('ends its streams when the process stops', async () => {
    const page = await made();
    const stream = await listen(`${page.path}/events?since=0`);
    closing.abort();
    await eventually('the end', async () => stream.heard.ended, Boolean, 5_000);
    expect((await browse(`${page.path}/events`)).status).toBe(503);
  });
});

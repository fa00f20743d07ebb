import { randomUUID } from 'node:crypto';
import { newId } from '../../db/ids.ts';
import { ENGINES_TIMEOUT_MS } from '../../test/setup/engines.ts';
import { PEPPER, startTestApi, type TestApi } from '../testing/api.ts';
import { unreachable } from '../testing/gateway.ts';
import { returnToken } from '../return-token.ts';

let api: TestApi;
let clock_ms = Date.now();

beforeAll(async () => {
  api = await startTestApi({ now: () => clock_ms, publicPath: '/pay' });
}, ENGINES_TIMEOUT_MS);
afterAll(() => api.stop());
beforeEach(() => {
  clock_ms = Date.now();
  api.gateway.failure = null;
  api.gateway.refreshed.length = 0;
  api.gateway.onRefresh = async () => ({ unread: 0 });
});

const URLS = {
  success: 'https://shop.example/ok?order=7',
  failure: 'https://shop.example/no',
  cancel: 'https://shop.example/cancel',
};

interface Made {
  readonly invoice: string;
  readonly payment: string;
  /** Path of our return address. */
  readonly path: string;
}

/** A payment that the provider has accepted, and that stands as `status` says. */
async function payment(
  status = 'pending',
  return_urls: Readonly<Record<string, string>> = URLS,
  more: { reference?: string } = {},
): Promise<Made> {
  const made = await api.call('POST', '/v1/invoices', {
    body: { amount: 150_000, currency: 'VND', return_urls, ...more },
  });
  const invoice = String(made.json['id']);
  const asked = await api.call('POST', `/v1/invoices/${invoice}/payments`, {
    body: { payment_service: 'bazaar.qr' },
  });
  const id = String(asked.json['id']);
  await stands(id, status);
  return { invoice, payment: id, path: `/return/${returnToken(id, PEPPER)}` };
}

const stands = (id: string, status: string, received = status === 'paid' ? 150_000 : 0) =>
  api.pool.query(
    `update payments set status = $2, amount_received = $3,
       next_action = '{"type": "redirect", "redirect_url": "https://bazaar.example/page"}' where id = $1`,
    [id, status, received],
  );

/** The provider says this when it is asked. */
const provider = (id: string, status: string, received?: number): void => {
  api.gateway.onRefresh = async () => {
    await stands(id, status, received);
    return { unread: 0 };
  };
};

const browse = (path: string, init: RequestInit = {}) =>
  fetch(api.url + path, { redirect: 'manual', ...init });

async function landing(path: string, init?: RequestInit): Promise<string | null> {
  const answer = await browse(path, init);
  await answer.arrayBuffer();
  return answer.status === 303 ? answer.headers.get('location') : null;
}

const hints = ({ invoice, payment: id }: Made, status: string): string =>
  `invoice_id=${invoice}&payment_id=${id}&status=${status}`;

describe('a customer who comes back', () => {
  it('is sent to the success page once the provider has confirmed, and not before', async () => {
    const made = await payment();
    provider(made.payment, 'paid');
    expect(await landing(made.path)).toBe(`https://shop.example/ok?order=7&${hints(made, 'paid')}`);
    expect(api.gateway.refreshed).toEqual([made.payment]);
  });

  it('is sent on at once when the payment is on record as paid', async () => {
    const made = await payment('paid');
    expect(await landing(made.path)).toContain('https://shop.example/ok');
    expect(api.gateway.refreshed).toEqual([]);
  });

  it.each([
    ['failed', '', 'no'],
    ['expired', '', 'no'],
    ['canceled', '', 'cancel'],
    ['failed', '/failure', 'no'],
    ['expired', '/cancel', 'cancel'],
    ['canceled', '/failure', 'cancel'],
    ['pending', '/failure', 'no'],
    ['pending', '/cancel', 'cancel'],
    ['paid', '/failure', 'ok'],
    ['paid', '/cancel', 'ok'],
  ])('goes, with a payment that is %s, from the door "%s" to the page "%s"', async (status, door, page) => {
    const made = await payment();
    provider(made.payment, status);
    const address = await landing(made.path + door);
    expect(address).toMatch(new RegExp(`^https://shop\\.example/${page}\\?`));
    expect(address).toContain(hints(made, status));
  });

  it('goes the same way when the provider posts a form', async () => {
    const made = await payment();
    provider(made.payment, 'paid');
    const form = { method: 'POST', body: new URLSearchParams({ status: 'failed' }) };
    expect(await landing(made.path, form)).toContain('https://shop.example/ok');
  });

  it('goes to the success page although we had given the payment up, when the money is there', async () => {
    const made = await payment('expired');
    provider(made.payment, 'paid');
    expect(await landing(`${made.path}/failure`)).toContain('https://shop.example/ok');
  });

  it('is never asked to pay again when another payment has brought the money', async () => {
    const made = await payment();
    await api.pool.query(`update invoices set status = 'paid' where id = $1`, [made.invoice]);
    expect(await landing(`${made.path}/cancel`)).toBe(
      `https://shop.example/ok?order=7&${hints(made, 'pending')}`,
    );
    expect(api.gateway.refreshed).toEqual([made.payment]);
  });

  it('is told by the record alone when the payment ended long ago', async () => {
    const made = await payment('expired');
    clock_ms += 2 * 86_400_000;
    expect(await landing(made.path)).toContain('https://shop.example/no');
    expect(api.gateway.refreshed).toEqual([]);
  });
});

describe('what the browser brings along', () => {
  const FORGED =
    '?status=success&paymentStatus=approved&success=true&result=paid&token=eyJhbGciOiJub25lIn0.eyJzdGF0dXMiOiJzdWNjZXNzIn0.' +
    '&paymentId=07076&Id=07076&payment_id=p1&transId=t1&orderId=o1&looks=1';

  it.each(['', '/failure', '/cancel'])('never makes a success, by the door "%s"', async (door) => {
    const made = await payment();
    const form = new URLSearchParams(FORGED.slice(1));
    for (const init of [{}, { method: 'POST', body: form }]) {
      const answer = await browse(made.path + door + FORGED, init);
      const text = await answer.text();
      expect(answer.headers.get('location') ?? '').not.toContain('shop.example/ok');
      expect(text).not.toContain('Payment received');
      expect(text).not.toContain('07076');
    }
    expect((await api.call('GET', `/v1/payments/${made.payment}`)).json['status']).toBe('pending');
  });

  it('does not get into the page', async () => {
    const made = await payment('pending', {}, { reference: '"><script>alert(1)</script>' });
    const text = await (await browse(`${made.path}?looks="><script>x</script>`)).text();
    expect(text).not.toContain('<script');
    expect(text).toContain('&quot;&gt;&lt;script&gt;alert(1)');
  });
});

describe('while it is not known', () => {
  it('shows a page that looks again by itself, at the address without what was added', async () => {
    const made = await payment('pending', URLS, { reference: 'order-7' });
    const answer = await browse(`${made.path}?token=abc`);
    const text = await answer.text();
    expect(answer.status).toBe(200);
    expect(text).toContain('<h1>We are checking your payment</h1>');
    expect(text).toContain(`<meta http-equiv="refresh" content="2;url=/pay${made.path}?looks=1"`);
    expect(text).toContain('VND 150,000');
    expect(text).toContain('order-7');
    expect(text).toContain('A shop');
    expect(text).toContain('href="https://bazaar.example/page"');
    expect(text).toContain(
      `href="https://shop.example/cancel?${hints(made, 'pending').replaceAll('&', '&amp;')}"`,
    );
    expect(text).not.toContain('abc');
  });

  it('looks ever less often, and in the end only when asked to', async () => {
    const { path } = await payment();
    const pauses: (string | undefined)[] = [];
    for (const looks of [0, 10, 39, 40, 999, -1, 1000]) {
      const text = await (await browse(`${path}?looks=${looks}`)).text();
      pauses.push(/content="(\d+);/.exec(text)?.[1]);
    }
    expect(pauses).toEqual(['2', '7', '10', undefined, undefined, '2', '2']);
  });

  it('stays when the provider cannot be asked, by whatever door the customer came', async () => {
    const made = await payment();
    api.gateway.onRefresh = async () => ({ unread: 1 });
    for (const door of ['', '/failure', '/cancel']) {
      expect(await (await browse(made.path + door)).text()).toContain('We are checking your payment');
    }
    api.gateway.failure = unreachable();
    clock_ms += 3_000;
    expect(await (await browse(`${made.path}/failure`)).text()).toContain('We are checking your payment');
  });

  it('waits for the provider only for a while', async () => {
    const made = await payment();
    let answer = (): void => undefined;
    api.gateway.onRefresh = () => new Promise((resolve) => (answer = () => resolve({ unread: 0 })));
    const started = performance.now();
    expect(await (await browse(made.path)).text()).toContain('We are checking your payment');
    const took = performance.now() - started;
    answer();
    expect(took).toBeGreaterThan(3_900);
    expect(took).toBeLessThan(6_000);
  });

  it('goes on as soon as the money is on record, though the provider has not answered', async () => {
    const made = await payment();
    api.gateway.onRefresh = async () => {
      await stands(made.payment, 'paid');
      return { unread: 1 };
    };
    expect(await landing(made.path)).toContain('https://shop.example/ok');
  });

  it('goes on at once when a webhook brings the money while the provider is still being asked', async () => {
    const made = await payment();
    let answer = (): void => undefined;
    api.gateway.onRefresh = () => new Promise((resolve) => (answer = () => resolve({ unread: 0 })));
    const arrived = landing(made.path);
    await stands(made.payment, 'paid');
    const started = performance.now();
    expect(await arrived).toContain('https://shop.example/ok');
    // Sooner than the limit, after which it would have looked anyway.
    expect(performance.now() - started).toBeLessThan(3_500);
    answer();
  });

  it('says how much has come when it is a part', async () => {
    const made = await payment();
    provider(made.payment, 'partially_paid', 50_000);
    const text = await (await browse(`${made.path}/failure`)).text();
    expect(text).toContain('VND 50,000\u2069 has arrived so far');
    expect(text).not.toContain('bazaar.example/page');
  });

  it('asks the provider once for a hundred browsers, and again two seconds later', async () => {
    const made = await payment();
    await Promise.all(Array.from({ length: 100 }, () => landing(made.path)));
    expect(api.gateway.refreshed).toHaveLength(1);
    await landing(made.path);
    expect(api.gateway.refreshed).toHaveLength(1);
    clock_ms += 2_001;
    await landing(made.path);
    expect(api.gateway.refreshed).toHaveLength(2);
  });
});

describe('without a page of the merchant', () => {
  it.each([
    ['paid', ''],
    ['failed', ''],
    ['canceled', ''],
    ['pending', '/failure'],
    ['pending', '/cancel'],
  ])('a customer whose payment is %s, by the door "%s", goes to the checkout page', async (status, door) => {
    const made = await payment('pending', {}, { reference: `order ${randomUUID()}` });
    provider(made.payment, status);
    const invoice = await api.call('GET', `/v1/invoices/${made.invoice}`);
    const page = new URL(String(invoice.json['checkout_url']));
    expect(await landing(made.path + door)).toBe(`${page.pathname}?back=1`);
    expect(api.gateway.refreshed).toEqual([made.payment]);
  });

  it('a failure goes there rather than to the merchant’s page for success', async () => {
    const made = await payment('failed', { success: URLS.success });
    expect(await landing(made.path)).toMatch(/^\/pay\/pay\/[\w-]+\?back=1$/);
  });
});

describe('a link that leads nowhere', () => {
  it.each([
    ['made up', '/return/x'],
    ['with a wrong proof', `/return/${newId('pay').slice(4)}_${'A'.repeat(22)}`],
    ['of a payment that is not there', `/return/${returnToken(newId('pay'), PEPPER)}`],
  ])('%s gets a friendly page with 404', async (_, path) => {
    const answer = await browse(path);
    expect(answer.status).toBe(404);
    expect(answer.headers.get('content-type')).toContain('text/html');
    expect(await answer.text()).toContain('This link does not work');
  });

  it('with an unknown door gets it too', async () => {
    const { path } = await payment('paid');
    expect((await browse(`${path}/success`)).status).toBe(404);
  });

  it('that is older than thirty days gets it too', async () => {
    const { path } = await payment('paid');
    clock_ms += 31 * 86_400_000;
    expect((await browse(path)).status).toBe(404);
  });
});

describe('the page', () => {
  it('lets the browser fetch and run nothing, keeps nothing and tells nobody', async () => {
    const { path } = await payment();
    const { headers } = await browse(path);
    expect(headers.get('content-security-policy')).toMatch(
      /^default-src 'none'; style-src 'sha256-[\w+/=]+'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'$/,
    );
    expect(headers.get('cache-control')).toBe('no-store');
    expect(headers.get('referrer-policy')).toBe('no-referrer');
    expect(headers.get('x-robots-tag')).toContain('noindex');
  });

  it.each([
    ['ar-IQ,ar;q=0.9,en;q=0.5', 'ar', 'rtl', 'نتحقق من عملية الدفع'],
    ['fr-CM, fr;q=0.9', 'fr', 'ltr', 'Nous vérifions votre paiement'],
    ['vi', 'vi', 'ltr', 'Chúng tôi đang kiểm tra thanh toán'],
    ['de', 'en', 'ltr', 'We are checking your payment'],
    [null, 'en', 'ltr', 'We are checking your payment'],
  ])('speaks to a browser that asks for %s in %s', async (accepted, lang, dir, title) => {
    const { path } = await payment();
    const answer = await browse(path, { headers: accepted === null ? {} : { 'accept-language': accepted } });
    const text = await answer.text();
    expect(text).toContain(`<html lang="${lang}" dir="${dir}">`);
    expect(text).toContain(title);
    expect(answer.headers.get('vary')).toContain('Accept-Language');
  });

  it('does not write the token into the log', async () => {
    const { path, invoice } = await payment('paid');
    await landing(path);
    const lines = api.log.join('');
    expect(lines).toContain(invoice);
    expect(lines).not.toContain(path.slice('/return/'.length));
  });
});

describe('the merchant’s addresses', () => {
  const post = (key: string, return_urls: unknown) =>
    api.call('POST', '/v1/invoices', { key, body: { amount: 150_000, currency: 'VND', return_urls } });

  it('must be https in live mode, and may be http in the sandbox', async () => {
    const live = await api.addMerchant('live');
    const refused = await post(live.key, { success: 'http://shop.example/ok' });
    expect(refused.status).toBe(422);
    expect(refused.json['errors']).toMatchObject([
      { pointer: '/return_urls/success', code: 'https_required' },
    ]);
    expect((await post(live.key, URLS)).status).toBe(201);
    expect((await post(api.merchant.key, { success: 'http://shop.example/ok' })).status).toBe(201);
  });

  it('must be https in a live payment, too', async () => {
    const live = await api.addMerchant('live');
    const { json } = await post(live.key, URLS);
    const refused = await api.call('POST', `/v1/invoices/${String(json['id'])}/payments`, {
      key: live.key,
      body: { payment_service: 'bazaar.qr', return_urls: { cancel: 'http://shop.example/' } },
    });
    expect(refused.json['errors']).toMatchObject([
      { pointer: '/return_urls/cancel', code: 'https_required' },
    ]);
  });

  it('stay with us: the payment is stored with our own address for the provider', async () => {
    const made = await payment();
    const { rows } = await api.pool.query<{ request: Record<string, unknown> }>(
      'select request from payments where id = $1',
      [made.payment],
    );
    expect(rows[0]?.request['return_url']).toBe(`${api.url}/pay${made.path}`);
    expect(rows[0]?.request['return_urls']).toEqual(URLS);
  });
});

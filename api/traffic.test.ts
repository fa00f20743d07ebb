/** What holds for requests as such: how many, how large their answers are, which version they speak. */
import { request as httpRequest } from 'node:http';
import { gunzipSync } from 'node:zlib';
import { ENGINES_TIMEOUT_MS } from '../test/setup/engines.ts';
import { startTestApi, WEBHOOK_SECRET, type TestApi } from './testing/api.ts';
import { negotiateVersion } from './versions.ts';

let open: TestApi;
let limited: TestApi;
beforeAll(async () => {
  open = await startTestApi();
  limited = await startTestApi({
    limits: { requestsPerKey: 5, failuresPerAddress: 3 },
    trustedProxies: ['loopback'],
  });
}, ENGINES_TIMEOUT_MS);
afterAll(() => Promise.all([open.stop(), limited.stop()]));

/** As it comes over the wire: `fetch` would unpack it. */
const raw = (path: string, headers: Record<string, string>) =>
  new Promise<{ status: number | undefined; headers: NodeJS.Dict<string | string[]>; body: Buffer }>(
    (resolve, reject) => {
      const options = { headers: { authorization: `Bearer ${open.merchant.key}`, ...headers } };
      httpRequest(open.url + path, options, (answer) => {
        const parts: Buffer[] = [];
        answer.on('data', (part: Buffer) => parts.push(part));
        answer.on('end', () =>
          resolve({ status: answer.statusCode, headers: answer.headers, body: Buffer.concat(parts) }),
        );
      })
        .on('error', reject)
        .end();
    },
  );

describe('the limits', () => {
  it('count by key, say what is left, and end in 429 with Retry-After', async () => {
    const [key, other] = [(await limited.addMerchant()).key, (await limited.addMerchant()).key];
    const ask = (by: string) => limited.call('GET', '/v1/merchant', { key: by });
    const first = await ask(key);
    expect(first.headers.get('ratelimit-policy')).toMatch(/^"per-key"; q=5; w=60/);
    expect(first.headers.get('ratelimit')).toMatch(/^"per-key"; r=4; t=\d+/);
    for (let n = 0; n < 4; n += 1) expect((await ask(key)).status).toBe(200);
    const refused = await ask(key);
    expect(refused).toMatchObject({ status: 429, json: { code: 'too_many_requests' } });
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
    expect(Number(refused.headers.get('retry-after'))).toBeLessThanOrEqual(60);
    expect(refused.headers.get('request-id')).toBe(refused.json.request_id);
    expect((await ask(other)).status).toBe(200);
  });

  it('count failures by address, behind trusted proxies by the customer’s, and never stop a valid key', async () => {
    const from = (address: string, key: string | null) =>
      limited.call('GET', '/v1/merchant', { key, headers: { 'X-Forwarded-For': address } });
    for (let n = 0; n < 3; n += 1) expect((await from('192.0.2.1', 'wrong')).status).toBe(401);
    const refused = await from('192.0.2.1', null);
    expect(refused).toMatchObject({ status: 429, json: { code: 'too_many_requests' } });
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
    expect((await from('192.0.2.1', (await limited.addMerchant()).key)).status).toBe(200);
    expect((await from('192.0.2.2', null)).status).toBe(401);
    // One customer's network of IPv6 addresses is one customer.
    for (let n = 1; n <= 3; n += 1) expect((await from(`2001:db8::${n}`, null)).status).toBe(401);
    expect((await from('2001:db8::9', null)).status).toBe(429);
  });

  it('do not touch webhooks that prove themselves', async () => {
    const path = `/webhooks/bazaar/${limited.merchant.account}`;
    for (let n = 0; n < 12; n += 1) {
      const answer = await limited.call('POST', path, {
        key: null,
        headers: { 'X-Secret': WEBHOOK_SECRET + path, 'X-Forwarded-For': '192.0.2.1' },
        body: { event: `e${n}`, payment: null, ours: null },
      });
      expect(answer.status).toBe(202);
    }
  });

  it('believe no header about the address unless proxies are named', async () => {
    const app = await startTestApi({ limits: { requestsPerKey: null, failuresPerAddress: 1 } });
    const from = (address: string) =>
      app.call('GET', '/v1/merchant', { key: null, headers: { 'X-Forwarded-For': address } });
    const statuses = [(await from('192.0.2.1')).status, (await from('192.0.2.2')).status];
    await app.stop();
    expect(statuses).toEqual([401, 429]);
  });
});

describe('what is read', () => {
  const invoice = async (): Promise<string> => {
    const body = { amount: 150_000, currency: 'VND', description: 'x'.repeat(200) };
    return String((await open.call('POST', '/v1/invoices', { body })).json.id);
  };

  it('has a tag, and is answered with 304 while it has not changed', async () => {
    const id = await invoice();
    const read = (tag?: string) =>
      open.call('GET', `/v1/invoices/${id}`, { headers: tag === undefined ? {} : { 'If-None-Match': tag } });
    const first = await read();
    const tag = String(first.headers.get('etag'));
    expect(tag).toMatch(/^W\/"[\w-]+"$/);
    expect(first.headers.get('cache-control')).toBe('private, no-cache');
    for (const known of [tag, `"other", ${tag}`, tag.slice(2), '*']) {
      const same = await read(known);
      expect([same.status, same.text, same.headers.get('etag')]).toEqual([304, '', tag]);
    }
    expect((await read('"other"')).status).toBe(200);
    await open.call('POST', `/v1/invoices/${id}/cancel`);
    const changed = await read(tag);
    expect(changed.status).toBe(200);
    expect(changed.headers.get('etag')).not.toBe(tag);
  });

  it('is compressed when it is large and that is wanted, as JSON and as CSV', async () => {
    for (let n = 0; n < 8; n += 1) await invoice();
    for (const path of ['/v1/invoices', '/v1/invoices?format=csv']) {
      const plain = await raw(path, {});
      const packed = await raw(path, { 'accept-encoding': 'gzip' });
      expect([plain.headers['content-encoding'], packed.headers['content-encoding']]).toEqual([
        undefined,
        'gzip',
      ]);
      expect(packed.headers['vary']).toMatch(/Accept-Encoding/);
      expect(packed.body.length).toBeLessThan(plain.body.length / 2);
      expect(gunzipSync(packed.body).equals(plain.body)).toBe(true);
      expect(packed.headers['etag']).toBe(plain.headers['etag']);
    }
    const small = await raw('/v1/merchant', { 'accept-encoding': 'gzip' });
    expect(small.headers['content-encoding']).toBeUndefined();
  });

  it('is not kept, tagged or compressed when it was made, or is an error', async () => {
    const made = await open.call('POST', '/v1/invoices', { body: { amount: 150_000, currency: 'VND' } });
    const missing = await open.call('GET', '/v1/invoices/inv_01jd0000000000000000000000');
    for (const { headers } of [made, missing]) {
      expect(headers.get('cache-control')).toBe('no-store');
      expect(headers.has('etag')).toBe(false);
    }
  });
});

describe('the version', () => {
  it('is named by every answer, and one that never was is refused', async () => {
    const { headers } = await open.call('GET', '/v1/merchant');
    const version = String(headers.get('sarraf-version'));
    expect(version).toMatch(/^\d{4}-\d\d-\d\d$/);
    expect(headers.has('deprecation')).toBe(false);
    const ask = (name: string) => open.call('GET', '/v1/merchant', { headers: { 'Sarraf-Version': name } });
    expect((await ask(version)).status).toBe(200);
    expect(await ask('2020-01-01')).toMatchObject({ status: 400, json: { code: 'unknown_version' } });
  });

  it('says when it ends, once that is decided', () => {
    const old = { since: '2027-01-01', ends: '2028-01-01', link: 'https://example.com/changes' };
    const negotiate = negotiateVersion([
      { name: '2026-11-01', deprecation: old },
      { name: '2027-01-01', deprecation: null },
    ]);
    const said = (asked?: string): Record<string, string> => {
      const headers: Record<string, string> = {};
      const request = { headers: asked === undefined ? {} : { 'sarraf-version': asked } };
      const response = { setHeader: (name: string, value: string) => void (headers[name] = value) };
      negotiate(request as never, response as never, () => undefined);
      return headers;
    };
    expect(said()).toEqual({ 'Sarraf-Version': '2027-01-01' });
    expect(said('2026-11-01')).toEqual({
      'Sarraf-Version': '2026-11-01',
      Deprecation: '@1798761600',
      Sunset: 'Sat, 01 Jan 2028 00:00:00 GMT',
      Link: '<https://example.com/changes>; rel="deprecation"',
    });
  });
});

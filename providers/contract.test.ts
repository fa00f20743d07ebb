/**
 * What every connector must hold to, derived from its manifest alone. A provider joins by being in the registry
 * and adding one line to `samples`: an account and a true webhook to be forged.
 */
import { createHash, createHmac } from 'node:crypto';
import fc from 'fast-check';
import { z } from 'zod';
import { MAX_AMOUNT } from '../domain/money.ts';
import { ProviderError } from '../domain/provider-error.ts';
import type { Connector, IncomingWebhook, WebhookClaim } from './contract.ts';
import { connectorFor, connectors, isProvider } from './index.ts';
import { signHs256 } from './jwt.ts';

interface Sample {
  readonly credentials: unknown;
  /** A webhook as this provider sends it, true in every byte. */
  readonly webhook: IncomingWebhook;
  /**
   * `body`: a proof over the body, so no change of it may pass. `fields`: the same without path and time, and what is
   * not signed must not change the claim. `secret`: only the secret's own header counts. `path`:
   * nothing is signed, and the last segment of the URL is the secret. `token`: the body is a signed token, and nothing
   * outside the body counts.
   */
  readonly proof: 'body' | 'fields' | 'secret' | 'path' | 'token';
}

const RECEIVED_AT = 1_790_824_800_000;
const PATH = '/webhooks/x/acc_1';
const post = (headers: Record<string, string>, body: string): IncomingWebhook => ({
  method: 'POST',
  path: PATH,
  headers,
  body: new TextEncoder().encode(body),
  received_at: RECEIVED_AT,
});
const FINAN_BODY =
  '{"id":"PAY-001","reference_id":"pay_01","payment_method":"bank_transfer",' +
  '"payment_request_id":"PR-1","amount":6000000,"created_at":"2024-01-20T14:30:00Z"}';

const samples: Readonly<Record<string, Sample>> = {
  fapshi: {
    credentials: { apiuser: 'u', apikey: 'k', webhook_secret: 's3cret-of-the-dashboard' },
    webhook: post(
      { 'x-wh-secret': 's3cret-of-the-dashboard' },
      '{"transId":"Ab12Cd34","status":"SUCCESSFUL"}',
    ),
    proof: 'secret',
  },
  fib: {
    credentials: { client_id: 'shop-1', client_secret: 's3cret' },
    webhook: {
      ...post({}, '{"id":"0f0a5d0e-1c58-4a86-8d61-1b2f0f2b7c11","status":"PAID"}'),
      path: `${PATH}/pay_01/${createHmac('sha256', 's3cret').update('fib webhook url:acc_1:pay_01').digest('base64url')}`,
    },
    proof: 'path',
  },
  finan: {
    credentials: { client_id: 'client-1', secret: 's3r3c_k3y' },
    webhook: post(
      {
        'x-client-id': 'client-1',
        'x-timestamp': '1790824800',
        'x-signature': createHash('sha256')
          .update(`s3r3c_k3y_POST_${PATH}_${FINAN_BODY}_1790824800`)
          .digest('hex'),
      },
      FINAN_BODY,
    ),
    proof: 'body',
  },
  furatpay: {
    credentials: { api_key: 'k', customer_id: 'c', webhook_secret: 's3cret' },
    webhook: post(
      {
        'x-timestamp': '1790824800',
        'x-signature': createHmac('sha256', 's3cret').update('inv-1CODE110011790824800').digest('hex'),
      },
      '{"type":"INVOICE_PAID","data":{"id":"inv-1","code":"CODE1","order_number":"1001","status":"paid"}}',
    ),
    // Three ids and the time are signed; its own tests forge the body.
    proof: 'secret',
  },
  myfatoorah: {
    credentials: { token: 't', country: 'KWT', webhook_secret: 'testsecret' },
    webhook: post(
      { 'myfatoorah-signature': '7XCLSlpmHM7FCH6n1DZR0gjHPJ7t0Qb6bhGXUOlS0ZI=' },
      '{"Event":{"Code":1},"Data":{"Invoice":{"Id":"6409988","Status":"PAID"},' +
        '"Transaction":{"Status":"SUCCESS","PaymentId":"07076409988322867173"}}}',
    ),
    proof: 'fields',
  },
  rehive: {
    credentials: { token: 't', business_id: 'b', webhook_secret: 's3cret-of-the-dashboard' },
    webhook: post(
      { authorization: 'Secret s3cret-of-the-dashboard' },
      '{"data":{"id":"e7d7a5a2","request_reference":"pay_01","status":"paid","updated":1790824800000}}',
    ),
    proof: 'secret',
  },
  tabby: {
    credentials: {
      secret_key: 'sk_test_1',
      merchant_code: 'shop',
      webhook_header: 'X-Shop-Token',
      webhook_secret: 's3cret-of-the-registration',
    },
    webhook: post(
      { 'x-shop-token': 's3cret-of-the-registration' },
      '{"id":"payment-uuid","status":"authorized","order":{"reference_id":"pay_01"},"captures":[],"refunds":[]}',
    ),
    proof: 'secret',
  },
  tamara: {
    credentials: {
      api_token: 't',
      notification_token: 'n0tification',
      address_line: 'King Fahd Rd 1',
      city: 'Riyadh',
    },
    webhook: post(
      {
        authorization: `Bearer ${signHs256(
          { exp: 1790825690, iat: 1790824790, iss: 'Tamara' },
          'n0tification',
        )}`,
      },
      '{"order_id":"4fdb781f","order_reference_id":"pay_01","event_type":"order_approved","data":[]}',
    ),
    proof: 'secret',
  },
  zaincash: {
    credentials: { client_id: 'c', client_secret: 's', api_key: 'api-key' },
    webhook: post(
      {},
      `{"webhook_token":"${signHs256(
        {
          eventType: 'STATUS_CHANGED',
          eventId: '812691e6-b433-4ffc-888c-d11e21c14994',
          timestamp: '2026-10-01T10:15:30.000+00:00',
          data: {
            transactionId: '6fc49988-c618-4ee4-880b-d5a169693296',
            orderId: 'pay_01',
            currentStatus: 'SUCCESS',
            amount: { currency: 'IQD', value: 5000, feeValue: 0 },
          },
        },
        'api-key',
      )}"}`,
    ),
    proof: 'token',
  },
  zaincash_v1: {
    credentials: { msisdn: '9647800000001', merchant_id: '5ffa00', secret: '$2y$10$secret' },
    webhook: post(
      {},
      `{"token":"${signHs256(
        { status: 'success', orderid: 'pay_01', id: '652f6d1e', iat: 1790824790, exp: 1790839190 },
        '$2y$10$secret',
      )}"}`,
    ),
    proof: 'token',
  },
};

function sampleOf(connector: Connector<unknown>): Sample {
  const sample = samples[connector.manifest.provider];
  if (!sample) throw new Error(`add a sample for ${connector.manifest.provider}`);
  return sample;
}

const RUNS = 10_000;

describe('the registry', () => {
  it('has unique names in alphabetical order', () => {
    const names = connectors.map(({ manifest }) => manifest.provider);
    expect(names).toEqual([...new Set(names)].sort());
  });

  it('finds a connector by its name and refuses a name it does not know', () => {
    for (const connector of connectors) expect(connectorFor(connector.manifest.provider)).toBe(connector);
    for (const name of ['bazaar', '', '__proto__', 'constructor']) {
      expect(() => connectorFor(name)).toThrow(RangeError);
      expect(isProvider(name)).toBe(false);
    }
  });
});

describe.each(connectors.map((connector) => [connector.manifest.provider, connector] as const))(
  '%s',
  (_, connector) => {
    const { manifest } = connector;

    it('declares sound facts', () => {
      expect(manifest.provider).toMatch(/^[a-z][a-z0-9_]*$/);
      expect(manifest.title).not.toBe('');
      expect(manifest.countries.length).toBeGreaterThan(0);
      for (const country of manifest.countries) expect(country).toMatch(/^[A-Z]{2}$/);
      const { regions = {}, region_credential, ...main } = manifest.hosts;
      for (const { live, sandbox } of [main, ...Object.values(regions)]) {
        for (const host of [live, sandbox ?? live]) expect(host).toMatch(/^https:\/\/[^/]+(\/.*[^/])?$/);
      }
      for (const region of Object.keys(regions)) expect(region).toMatch(/^[A-Z]{2,3}$/);
      if (region_credential === undefined) return;
      // Whatever the credential can say has a host.
      const properties = z.toJSONSchema(connector.credentials, { io: 'input' }).properties ?? {};
      expect(properties[region_credential]).toMatchObject({
        enum: expect.arrayContaining(Object.keys(regions)),
      });
      expect(Object(properties[region_credential]).enum).toHaveLength(Object.keys(regions).length);
    });

    it('declares methods with names of their own, a lifetime and limits that fit their step', () => {
      const names = manifest.methods.map(({ method }) => method);
      expect(names.length).toBeGreaterThan(0);
      expect(new Set(names).size).toBe(names.length);
      for (const { method, title, lifetime_s, description_max, amounts, requires } of manifest.methods) {
        expect(method).toMatch(/^[a-z][a-z0-9_]*$/);
        expect(title).not.toBe('');
        expect(lifetime_s).toBeGreaterThan(0);
        expect(description_max).toBeGreaterThan(0);
        expect(new Set(requires).size).toBe(requires.length);
        expect(new Set(amounts.map(({ currency }) => currency)).size).toBe(amounts.length);
        expect(amounts.length).toBeGreaterThan(0);
        for (const { min, max, step } of amounts) {
          expect(step).toBeGreaterThan(0);
          expect([min % step, max % step]).toEqual([0, 0]);
          expect(min).toBeGreaterThan(0);
          expect(max).toBeGreaterThan(min);
          expect(max).toBeLessThanOrEqual(MAX_AMOUNT);
        }
      }
    });

    it('reads an unpaid status at growing gaps, first within a minute', () => {
      const gaps = manifest.poll_s.map((at, index) => at - (manifest.poll_s[index - 1] ?? 0));
      expect(gaps.length).toBeGreaterThan(0);
      expect(gaps[0]).toBeLessThanOrEqual(60);
      expect(gaps.every((gap, index) => gap > 0 && gap >= (gaps[index - 1] ?? 0))).toBe(true);
    });

    it('has the functions that its manifest promises, and no others', () => {
      expect(connector.findPayment !== undefined).toBe(manifest.lookup === 'by_reference');
      expect(connector.expirePayment !== undefined).toBe(manifest.can_expire);
      const byCall = manifest.webhook_registration === 'api';
      expect(connector.registerWebhook !== undefined).toBe(byCall);
      expect(connector.findWebhooks !== undefined).toBe(byCall);
      expect(connector.webhookSetup !== undefined).toBe(!byCall);
    });

    it('tells a person where the webhook URL goes, and names credentials that exist', () => {
      const url = 'https://pay.example.com/webhooks/x/acc_1';
      const { steps, secrets } = connector.webhookSetup?.(url) ?? { steps: [url], secrets: [] };
      expect(steps.some((step) => step.includes(url))).toBe(true);
      const properties = z.toJSONSchema(connector.credentials, { io: 'input' }).properties ?? {};
      for (const { credential, place } of secrets) {
        expect(Object.keys(properties)).toContain(credential);
        expect(place).toMatch(/\w{3}/);
      }
    });

    it('describes every credential, takes its sample and refuses none and unknown ones', () => {
      const properties = z.toJSONSchema(connector.credentials, { io: 'input' }).properties ?? {};
      expect(Object.keys(properties).length).toBeGreaterThan(0);
      for (const property of Object.values(properties)) {
        expect(property).toEqual(expect.objectContaining({ description: expect.stringMatching(/\w{3}/) }));
      }
      const { credentials } = sampleOf(connector);
      expect(connector.credentials.parse(credentials)).toEqual(credentials);
      expect(connector.credentials.safeParse({}).success).toBe(false);
      expect(connector.credentials.safeParse({ ...Object(credentials), surprise: 'x' }).success).toBe(false);
    });

    it('acknowledges with 2xx and JSON', () => {
      const { status, body } = connector.acknowledge(new Date(RECEIVED_AT));
      expect(Math.floor(status / 100)).toBe(2);
      expect(JSON.parse(JSON.stringify(body))).toEqual(body);
    });

    it('accepts its true webhook and gives it a key', () => {
      const { webhook } = sampleOf(connector);
      expect(verdictOf(connector, webhook)).toEqual({ ok: true });
      expect(connector.parseWebhook(webhook.body).event_key).not.toBe('');
    });

    it('believes no forged webhook', () => {
      const sample = sampleOf(connector);
      const truth = connector.parseWebhook(sample.webhook.body);
      let refused = 0;
      fc.assert(
        fc.property(forgeries(sample), (forged) => {
          if (!verdictOf(connector, forged).ok) {
            refused += 1;
            return;
          }
          // White space between the tokens of a signed JSON body is the one change that may pass: it says the same.
          expect({ ...forged, body: null }).toEqual({ ...sample.webhook, body: null });
          expect(claimOf(connector, forged.body)).toEqual(truth);
        }),
        { numRuns: RUNS, seed: 20_261_101 },
      );
      expect(refused).toBeGreaterThan(RUNS * 0.95);
    });

    it('reads any body whatever, or throws a ProviderError', () => {
      fc.assert(
        fc.property(junkBodies(sampleOf(connector).webhook.body), (body) => {
          expect(() => claimOf(connector, body)).not.toThrow();
        }),
        { numRuns: RUNS, seed: 20_261_102 },
      );
    });

    it.each([
      ['arrays', '['.repeat(10_000) + ']'.repeat(10_000)],
      ['objects', '{"a":'.repeat(10_000) + '1' + '}'.repeat(10_000)],
      ['unclosed arrays', '['.repeat(100_000)],
    ])('survives a body of %s nested 10,000 levels deep', (_name, body) => {
      expect(claimOf(connector, new TextEncoder().encode(body))).toBeNull();
    });
  },
);

function verdictOf(connector: Connector<unknown>, webhook: IncomingWebhook): { readonly ok: boolean } {
  const credentials = connector.credentials.parse(sampleOf(connector).credentials);
  const account = { id: 'acc_1', base_url: connector.manifest.hosts.live, credentials };
  return connector.verifyWebhook(account, webhook);
}

/** The claim, or null for a body that the connector refuses properly. Whatever else it throws fails the test. */
function claimOf(connector: Connector<unknown>, body: Uint8Array): WebhookClaim | null {
  try {
    const claim = connector.parseWebhook(body);
    // What is stored as text must be storable: Postgres takes no NUL, and keys have an index.
    expect(claim.event_key.length).toBeGreaterThan(0);
    expect(claim.event_key.length).toBeLessThanOrEqual(512);
    expect(claim.event_key).not.toContain('\u0000');
    for (const receipt of claim.reading?.receipts ?? []) {
      expect(Number.isSafeInteger(receipt.amount) && receipt.amount > 0).toBe(true);
    }
    return claim;
  } catch (error) {
    if (error instanceof ProviderError && error.failure.kind === 'invalid_request') return null;
    throw error;
  }
}

/** The true webhook with one thing changed: a byte of the body, a character of a header, a header, the path, the time. */
function forgeries({ webhook, proof }: Sample): fc.Arbitrary<IncomingWebhook> {
  if (proof === 'path') return forgedPaths(webhook);
  if (proof === 'token') return changedBytes(webhook.body).map((body) => ({ ...webhook, body }));
  const proofs = Object.keys(webhook.headers).filter((name) => name !== 'x-client-id');
  const headers = fc
    .tuple(fc.constantFrom(...proofs), fc.nat(), fc.string({ minLength: 0, maxLength: 2, unit: 'binary' }))
    .map(([name, at, text]) => {
      const value = webhook.headers[name] ?? '';
      const index = at % value.length;
      return {
        ...webhook,
        headers: { ...webhook.headers, [name]: value.slice(0, index) + text + value.slice(index + 1) },
      };
    })
    .filter((forged) => JSON.stringify(forged.headers) !== JSON.stringify(webhook.headers));
  const missing = fc.constantFrom(...proofs).map((name) => {
    const { [name]: _, ...rest } = webhook.headers;
    return { ...webhook, headers: rest };
  });
  if (proof === 'secret') return fc.oneof({ weight: 20, arbitrary: headers }, missing);
  const bodies = changedBytes(webhook.body).map((body) => ({ ...webhook, body }));
  if (proof === 'fields') {
    const changes = { weight: 10, arbitrary: fc.oneof(bodies, headers) };
    return fc.oneof(changes, { weight: 1, arbitrary: missing });
  }
  const paths = fc.string({ maxLength: 30 }).map((path) => ({ ...webhook, path: `/${path}` }));
  const replays = fc
    .oneof(fc.integer({ min: 31_000, max: 2 ** 40 }), fc.integer({ min: -(2 ** 40), max: -31_000 }))
    .map((shift) => ({ ...webhook, received_at: webhook.received_at + shift }));
  return fc.oneof(
    { weight: 10, arbitrary: bodies },
    { weight: 10, arbitrary: headers },
    { weight: 1, arbitrary: missing },
    { weight: 1, arbitrary: paths },
    { weight: 1, arbitrary: replays },
  );
}

/** Something else in the place of the secret segment, or a path without one. */
function forgedPaths(webhook: IncomingWebhook): fc.Arbitrary<IncomingWebhook> {
  const end = webhook.path.lastIndexOf('/') + 1;
  const base = webhook.path.slice(0, end);
  const changed = changedBytes(Buffer.from(webhook.path.slice(end))).map(
    (segment) => base + Buffer.from(segment).toString('latin1'),
  );
  const others = fc.string({ maxLength: 60 }).map((segment) => base + segment);
  return (
    fc
      .oneof({ weight: 10, arbitrary: changed }, others, fc.constantFrom(base, base.slice(0, -1)))
      // What begins a query or a fragment leaves the path as it was.
      .filter((path) => path.split(/[?#]/, 1)[0] !== webhook.path)
      .map((path) => ({ ...webhook, path }))
  );
}

/** One stretch of up to four bytes replaced by up to four others. */
function changedBytes(bytes: Uint8Array): fc.Arbitrary<Uint8Array> {
  return fc
    .tuple(fc.nat(bytes.length), fc.nat(4), fc.uint8Array({ maxLength: 4 }))
    .map(([at, removed, added]) =>
      Buffer.concat([bytes.subarray(0, at), added, bytes.subarray(at + removed)]),
    )
    .filter((changed) => !changed.equals(bytes));
}

/** Bodies near the true one and far from it: broken bytes, wrong types in its fields, odd numbers, random JSON. */
function junkBodies(body: Uint8Array): fc.Arbitrary<Uint8Array> {
  const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);
  const parsed = JSON.parse(new TextDecoder().decode(body)) as Record<string, unknown>;
  const oddities = fc.oneof(
    fc.jsonValue(),
    fc.constantFrom('a\u0000b', '\ud800', '__proto__', 2 ** 53, -0, 1e21, 'x'.repeat(300_000), [], {}),
  );
  const wrongFields = fc
    .tuple(fc.constantFrom(...Object.keys(parsed), '__proto__'), oddities)
    .map(([name, value]) => utf8(JSON.stringify({ ...parsed, [name]: value })));
  const wrongNumbers = fc
    .tuple(
      fc.constantFrom(...Object.keys(parsed)),
      fc.constantFrom('1e400', '-1e400', '9'.repeat(400), '1e-400', '0.1'),
    )
    .map(([name, number]) => utf8(JSON.stringify({ ...parsed, [name]: '#' }).replace('"#"', number)));
  return fc.oneof(
    changedBytes(body),
    fc.uint8Array({ maxLength: 200 }),
    fc.json().map(utf8),
    wrongFields,
    wrongNumbers,
  );
}

/**
 * What every connector must hold to without a provider at the other end, derived from its manifest: facts that fit
 * together, credentials, webhooks. A provider joins by being in the registry; the true webhook that is forged here comes
 * from its `exam.ts`. What moves money is in `test/contract/`.
 */
import fc from 'fast-check';
import { z } from 'zod';
import { MAX_AMOUNT } from '../domain/money.ts';
import { ProviderError } from '../domain/provider-error.ts';
import type { Connector, IncomingWebhook, WebhookClaim } from './contract.ts';
import { examOf, SAMPLE_TIME, type WebhookSample } from './exam.ts';
import { connectorFor, connectors, isProvider } from './index.ts';

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
    let sample: WebhookSample;
    beforeAll(async () => {
      ({ sample } = await examOf(manifest.provider));
    });

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

    it('reads for a while, but not for ever, what has ended without its money', () => {
      const { late_money_s = 0 } = manifest;
      expect(Number.isSafeInteger(late_money_s) && late_money_s >= 0).toBe(true);
      expect(late_money_s).toBeLessThanOrEqual(30 * 24 * 3600);
    });

    it('has the functions that its manifest promises, and no others', () => {
      expect(connector.findPayment !== undefined).toBe(manifest.lookup === 'by_reference');
      expect(connector.expirePayment !== undefined).toBe(manifest.can_expire);
      const byCall = manifest.webhook_registration === 'api';
      expect(connector.registerWebhook !== undefined).toBe(byCall);
      expect(connector.findWebhooks !== undefined).toBe(byCall);
      expect(connector.webhookSetup !== undefined).toBe(!byCall);
      expect(connector.refundPayment !== undefined).toBe(manifest.refund !== 'none');
      const captures = manifest.methods.map(({ capture }) => capture ?? manifest.capture);
      const manual = captures.some((capture) => capture !== 'automatic');
      expect(connector.capturePayment !== undefined).toBe(manual);
      expect(connector.voidPayment !== undefined).toBe(manual);
      // The manifest's own word is that of at least one method, or nobody could rely on it.
      expect(captures).toContain(manifest.capture);
    });

    it('believes amounts of webhooks only where they are under the signature', () => {
      // With `fields` the forgeries below decide: whatever they change and get through must leave the claim as it is.
      const covered = ['body', 'fields', 'token'].includes(sample.proof);
      expect(manifest.webhook_trust === 'hint' || covered).toBe(true);
      const { reading } = connector.parseWebhook(sample.webhook.body);
      expect(reading === null).toBe(manifest.webhook_trust === 'hint');
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
      const { credentials } = sample;
      expect(connector.credentials.parse(credentials)).toEqual(credentials);
      expect(connector.credentials.safeParse({}).success).toBe(false);
      expect(connector.credentials.safeParse({ ...Object(credentials), surprise: 'x' }).success).toBe(false);
    });

    it('acknowledges with 2xx and JSON', () => {
      const { status, body } = connector.acknowledge(new Date(SAMPLE_TIME));
      expect(Math.floor(status / 100)).toBe(2);
      expect(JSON.parse(JSON.stringify(body))).toEqual(body);
    });

    it('accepts its true webhook and gives it a key', () => {
      const { webhook } = sample;
      expect(verdictOf(connector, sample, webhook)).toEqual({ ok: true });
      expect(connector.parseWebhook(webhook.body).event_key).not.toBe('');
    });

    it('believes no forged webhook', () => {
      const truth = connector.parseWebhook(sample.webhook.body);
      let refused = 0;
      fc.assert(
        fc.property(forgeries(sample), (forged) => {
          if (!verdictOf(connector, sample, forged).ok) {
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
      let read = 0;
      fc.assert(
        fc.property(junkBodies(sample.webhook.body), (body) => {
          claimOf(connector, body);
          read += 1;
        }),
        { numRuns: RUNS, seed: 20_261_102 },
      );
      expect(read).toBe(RUNS);
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

function verdictOf(
  connector: Connector<unknown>,
  sample: WebhookSample,
  webhook: IncomingWebhook,
): { readonly ok: boolean } {
  const credentials = connector.credentials.parse(sample.credentials);
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
function forgeries({ webhook, proof }: WebhookSample): fc.Arbitrary<IncomingWebhook> {
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

/** Webhooks: what is believed, and what is not. The reference implementation of Standard Webhooks signs. */
import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { Webhook } from 'standardwebhooks';
import { signWebhook, verifyWebhook, WebhookVerificationError, type WebhookHeaders } from './index.ts';

const newSecret = (): string => `whsec_${randomBytes(32).toString('base64')}`;
const SECRET = newSecret();
const BODY = JSON.stringify({ object: 'event', id: 'evt_1', type: 'invoice.paid', data: { object: null } });
const NOW = Date.parse('2026-11-21T12:00:00Z');

function signed(body = BODY, secret = SECRET, at = NOW): Record<string, string> {
  const seconds = Math.floor(at / 1000);
  return {
    'webhook-id': 'evt_1',
    'webhook-timestamp': String(seconds),
    'webhook-signature': new Webhook(secret).sign('evt_1', new Date(seconds * 1000), body),
  };
}

const at = (now: number) => ({ now: () => now });
interface Circumstances {
  readonly body?: string;
  readonly secret?: string | readonly string[];
  readonly now?: number;
}
const refusal = async (
  headers: WebhookHeaders,
  { body = BODY, secret = SECRET, now = NOW }: Circumstances = {},
): Promise<string> => {
  try {
    await verifyWebhook(body, headers, secret, at(now));
    return 'believed';
  } catch (error) {
    return error instanceof WebhookVerificationError ? error.code : String(error);
  }
};

it('believes what was signed with the secret, whatever form headers and body have', async () => {
  const headers = signed();
  for (const form of [headers, new Headers(headers)]) {
    for (const body of [BODY, new TextEncoder().encode(BODY), Buffer.from(BODY)]) {
      const event = await verifyWebhook(body, form, SECRET, at(NOW));
      expect(event).toMatchObject({ id: 'evt_1', type: 'invoice.paid' });
    }
  }
});

it('believes one signature among several, and one secret among several', async () => {
  const old = newSecret();
  const both = {
    ...signed(),
    'webhook-signature': `v1a,AAAA v1,not*base64 ${signed(BODY, old)['webhook-signature']} ${signed()['webhook-signature']}`,
  };
  expect(await refusal(both)).toBe('believed');
  expect(await refusal(both, { secret: [newSecret(), old] })).toBe('believed');
  expect(await refusal(both, { secret: newSecret() })).toBe('wrong_signature');
  expect(await refusal(both, { secret: [] })).toBe('wrong_signature');
});

it('believes nothing that is too old or from the future', async () => {
  expect(await refusal(signed(), { now: NOW + 299_000 })).toBe('believed');
  expect(await refusal(signed(), { now: NOW + 301_000 })).toBe('too_old');
  expect(await refusal(signed(), { now: NOW - 299_000 })).toBe('believed');
  expect(await refusal(signed(), { now: NOW - 301_000 })).toBe('too_new');
});

it('says what is missing or unusable', async () => {
  for (const name of ['webhook-id', 'webhook-timestamp', 'webhook-signature'])
    expect(await refusal({ ...signed(), [name]: undefined })).toBe('missing_header');
  expect(await refusal(signed(), { secret: 'whsec_' })).toBe('invalid_secret');
  expect(await refusal(signed(), { secret: 'whsec_???' })).toBe('invalid_secret');
  expect(await refusal(signed('[]'), { body: '[]' })).toBe('invalid_body');
  expect(await refusal(signed('{'), { body: '{' })).toBe('invalid_body');
  const strange = { ...(await signWebhook(BODY, 'evt_1', SECRET, Number.NaN)) };
  expect(await refusal(strange)).toBe('invalid_timestamp');
});

it('believes no change of any byte of body, id, time or signature', async () => {
  const headers = signed();
  const parts = ['body', 'webhook-id', 'webhook-timestamp', 'webhook-signature'] as const;
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...parts),
      fc.nat(),
      fc.integer({ min: 1, max: 127 }),
      async (part, place, change) => {
        const text = part === 'body' ? BODY : String(headers[part]);
        const index = place % text.length;
        const other = String.fromCharCode(text.charCodeAt(index) ^ change);
        const changed = text.slice(0, index) + other + text.slice(index + 1);
        // Base64 has spellings of the same bytes: white space, and the last bits before the padding.
        const sameBytes = part === 'webhook-signature' && sameSignature(changed, text);
        fc.pre(!sameBytes);
        const forged = part === 'body' ? headers : { ...headers, [part]: changed };
        expect(await refusal(forged, part === 'body' ? { body: changed } : {})).not.toBe('believed');
      },
    ),
    { numRuns: 500 },
  );
});

function sameSignature(a: string, b: string): boolean {
  const bytes = (text: string): string => Buffer.from(text.replace(/^v1,/, ''), 'base64').toString('hex');
  return a.startsWith('v1,') && bytes(a) === bytes(b);
}

it('signs what the reference implementation believes', async () => {
  const headers = await signWebhook(BODY, 'evt_1', SECRET);
  expect(new Webhook(SECRET).verify(BODY, headers)).toMatchObject({ id: 'evt_1' });
});

import type { ProviderRequest } from './http.ts';
import { withoutProofs } from './proofs.ts';

const request = (over: Partial<ProviderRequest>): ProviderRequest => ({
  method: 'POST',
  url: 'https://api.example.com/',
  operation: 'create_payment',
  mutates: true,
  ...over,
});

it.each([
  [
    'a bearer token',
    { authorization: 'Bearer sk_live_12345' },
    'no such key: sk_live_12345',
    'no such key: [redacted]',
  ],
  ['a key of its own', { 'x-api-key': 'abcdefgh1' }, '{"message":"abcdefgh1?"}', '{"message":"[redacted]?"}'],
  ['a signature', { 'x-signature': '0f'.repeat(32) }, `got ${'0f'.repeat(32)}`, 'got [redacted]'],
  ['what is no proof', { accept: 'application/json' }, 'want application/json', 'want application/json'],
  ['a key that may be told', { 'idempotency-key': 'inv_01:create:1' }, 'inv_01:create:1', 'inv_01:create:1'],
  ['a value like any word', { 'x-client-id': 'shop-1' }, 'shop-1 is closed', 'shop-1 is closed'],
])('takes %s out of a refusal or leaves it', (_, headers, text, clean) => {
  expect(withoutProofs(text, request({ headers }))).toBe(clean);
});

it('takes the secrets of a form out, as they are and as they were sent', () => {
  const sent = request({
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: new URLSearchParams({ client_secret: 's3cret&word', scope: 'payment:read' }).toString(),
  });
  expect(withoutProofs('s3cret&word, s3cret%26word, payment:read', sent)).toBe(
    '[redacted], [redacted], payment:read',
  );
});

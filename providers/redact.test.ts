import type { ProviderRequest } from './http.ts';
import { redacted } from './redact.ts';

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
    'no such key: …',
  ],
  ['a key of its own', { 'x-api-key': 'abcdefgh1' }, '{"message":"abcdefgh1?"}', '{"message":"…?"}'],
  ['a signature', { 'x-signature': '0f'.repeat(32) }, `got ${'0f'.repeat(32)}`, 'got …'],
  ['what is no proof', { accept: 'application/json' }, 'want application/json', 'want application/json'],
  ['a key that may be told', { 'idempotency-key': 'inv_01:create:1' }, 'inv_01:create:1', 'inv_01:create:1'],
  ['a value like any word', { 'x-client-id': 'shop-1' }, 'shop-1 is closed', 'shop-1 is closed'],
])('takes %s out of a refusal or leaves it', (_, headers, text, clean) => {
  expect(redacted(text, request({ headers }))).toBe(clean);
});

it('takes the secrets of a form out, as they are and as they were sent', () => {
  const sent = request({
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: new URLSearchParams({ client_secret: 's3cret&word', scope: 'payment:read' }).toString(),
  });
  expect(redacted('s3cret&word, s3cret%26word, payment:read', sent)).toBe('…, …, payment:read');
});

import { createHmac } from 'node:crypto';
import { readClaims, signHs256, verifyHs256 } from './jwt.ts';

const NOW = 1_790_841_600_000;
const NOW_S = NOW / 1000;
const part = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');
const sign = (signed: string, secret: string): string =>
  `${signed}.${createHmac('sha256', secret).update(signed).digest('base64url')}`;

/** The example that jwt.io has shown for years. */
const JWT_IO =
  'eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiIxMjM0NTY3ODkwIiwibmFtZSI6IkpvaG4gRG9lIiwiaWF0IjoxNTE2MjM5MDIyfQ.' +
  'SflKxwRJSMeKKF2QT4fwpMeJf36POk6yJV_adQssw5c';

it('signs the example of jwt.io byte for byte', () => {
  const claims = { sub: '1234567890', name: 'John Doe', iat: 1516239022 };
  expect(signHs256(claims, 'your-256-bit-secret')).toBe(JWT_IO);
  expect(verifyHs256(JWT_IO, 'your-256-bit-secret', NOW)).toEqual({ ok: true, claims });
  expect(readClaims(JWT_IO)).toEqual(claims);
});

it('refuses another secret, a changed claim and every other spelling of the signature', () => {
  expect(verifyHs256(JWT_IO, 'another', NOW)).toEqual({ ok: false, reason: 'bad_signature' });
  const [head, , signature] = JWT_IO.split('.');
  const changed = `${head}.${part({ sub: '2' })}.${signature}`;
  expect(verifyHs256(changed, 'your-256-bit-secret', NOW)).toEqual({ ok: false, reason: 'bad_signature' });
  // The last character carries two bits that mean nothing: "d" decodes to the same bytes as "c".
  const respelled = `${JWT_IO.slice(0, -1)}d`;
  expect(Buffer.from(respelled.split('.')[2] ?? '', 'base64url')).toEqual(
    Buffer.from(signature ?? '', 'base64url'),
  );
  expect(verifyHs256(respelled, 'your-256-bit-secret', NOW).ok).toBe(false);
});

it.each(['none', 'None', 'HS512', 'RS256'])('refuses a token whose header names %s', (alg) => {
  const signed = `${part({ alg, typ: 'JWT' })}.${part({ sub: '1' })}`;
  for (const token of [sign(signed, 's'), `${signed}.`, signed]) {
    expect(verifyHs256(token, 's', NOW)).toEqual({ ok: false, reason: 'malformed' });
  }
});

it.each([
  ['a token that ended', { exp: NOW_S - 60 }, 'expired'],
  ['a token from the future', { iat: NOW_S + 61 }, 'not_yet_valid'],
  ['a token before its time', { nbf: NOW_S + 61 }, 'not_yet_valid'],
  ['a time that is no number', { exp: 'tomorrow' }, 'malformed'],
])('refuses %s', (_, claims, reason) => {
  expect(verifyHs256(signHs256(claims, 's'), 's', NOW)).toEqual({ ok: false, reason });
});

it('allows clocks to differ by up to a minute', () => {
  const claims = { iat: NOW_S + 60, nbf: NOW_S + 60, exp: NOW_S - 59 };
  expect(verifyHs256(signHs256(claims, 's'), 's', NOW).ok).toBe(true);
});

it.each([
  '',
  '.',
  'a.b',
  'a.b.c',
  'a.b.c.d',
  `${part([])}.${part({})}.x`,
  `${part({})}.${part(1)}.x`,
  'ä.b.c',
])('reads nothing from %j', (token) => {
  expect(readClaims(token)).toBeNull();
  expect(verifyHs256(token, 's', NOW)).toEqual({ ok: false, reason: 'malformed' });
});

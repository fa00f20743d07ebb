/**
 * JSON Web Tokens with HS256 (RFC 7519, RFC 7515), for providers that prove themselves with one. The algorithm is
 * never taken from the token: whatever its header names, nothing but HMAC-SHA-256 is computed.
 */
import { createHmac } from 'node:crypto';
import { equalInConstantTime } from './webhook-proof.ts';

export type JwtClaims = Readonly<Record<string, unknown>>;

export type JwtRefusal = 'malformed' | 'bad_signature' | 'expired' | 'not_yet_valid';

export type JwtVerdict =
  | { readonly ok: true; readonly claims: JwtClaims }
  | { readonly ok: false; readonly reason: JwtRefusal };

/** How far `exp`, `nbf` and `iat` may be off, because two clocks never agree. */
const CLOCK_TOLERANCE_S = 60;
/** Longer tokens are not read at all. */
const MAX_LENGTH = 16_384;

/** A signed token. `claims` go out in their order; times in them are Unix seconds. */
export function signHs256(claims: JwtClaims, secret: string): string {
  const signed = `${encoded({ alg: 'HS256', typ: 'JWT' })}.${encoded(claims)}`;
  return `${signed}.${hs256(signed, secret)}`;
}

/**
 * Checks signature and times of a token. `now`: milliseconds. `exp`, `nbf` and `iat` count when they are there; one
 * that is not a number makes the token malformed. An `iat` in the future is `not_yet_valid`.
 */
export function verifyHs256(token: string, secret: string, now: number): JwtVerdict {
  const parts = partsOf(token);
  if (!parts || parts.header['alg'] !== 'HS256') return { ok: false, reason: 'malformed' };
  // Compared as text: several spellings of base64url mean the same bytes, and only one of them is the signature.
  if (!equalInConstantTime(parts.signature, hs256(parts.signed, secret)))
    return { ok: false, reason: 'bad_signature' };

  const now_s = now / 1000;
  const [exp, nbf, iat] = ['exp', 'nbf', 'iat'].map((name) => parts.claims[name]);
  if (![exp, nbf, iat].every((time) => time === undefined || typeof time === 'number'))
    return { ok: false, reason: 'malformed' };
  if (typeof exp === 'number' && exp + CLOCK_TOLERANCE_S <= now_s) return { ok: false, reason: 'expired' };
  const starts = Math.max(...[nbf, iat].filter((time) => typeof time === 'number'));
  if (starts - CLOCK_TOLERANCE_S > now_s) return { ok: false, reason: 'not_yet_valid' };
  return { ok: true, claims: parts.claims };
}

/** The claims of a token that was verified before; null when it is no token. Proves nothing. */
export function readClaims(token: string): JwtClaims | null {
  return partsOf(token)?.claims ?? null;
}

interface Parts {
  readonly signed: string;
  readonly header: JwtClaims;
  readonly claims: JwtClaims;
  readonly signature: string;
}

function partsOf(token: string): Parts | null {
  if (token.length > MAX_LENGTH) return null;
  const match = /^([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]+)$/.exec(token);
  if (!match) return null;
  const [, head = '', body = '', signature = ''] = match;
  const [header, claims] = [decoded(head), decoded(body)];
  return header && claims ? { signed: `${head}.${body}`, header, claims, signature } : null;
}

function hs256(signed: string, secret: string): string {
  return createHmac('sha256', secret).update(signed, 'utf8').digest('base64url');
}

function encoded(value: JwtClaims): string {
  return Buffer.from(JSON.stringify(value), 'utf8').toString('base64url');
}

function decoded(part: string): JwtClaims | null {
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(Buffer.from(part, 'base64url'));
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as JwtClaims) : null;
  } catch {
    return null;
  }
}

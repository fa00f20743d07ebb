/** JWT with HS256, as ZainCash v1 takes and gives it. */
import { createHmac } from 'node:crypto';
import { sameText } from '../../sandbox/same-text.ts';

const HEADER = base64url('{"alg":"HS256","typ":"JWT"}');

/** A token with these claims. */
export function issueToken(claims: Readonly<Record<string, unknown>>, secret: string): string {
  const input = `${HEADER}.${base64url(JSON.stringify(claims))}`;
  return `${input}.${mac(input, secret)}`;
}

/**
 * The claims of a token that `secret` signed and that has not ended by the wall clock, or what is wrong with it. Times
 * are Unix seconds; milliseconds, which some merchants send, lie far in the future and therefore pass.
 */
export function openToken(token: string, secret: string): Readonly<Record<string, unknown>> | string {
  const [head = '', body = '', signature = '', ...rest] = token.split('.');
  const claims = parse(body);
  if (rest.length > 0 || claims === null || parse(head)?.['alg'] !== 'HS256') return 'jwt malformed';
  if (!sameText(signature, mac(`${head}.${body}`, secret))) return 'invalid signature';
  const { exp } = claims;
  if (typeof exp === 'number' && exp * 1000 <= Date.now()) return 'jwt expired';
  return claims;
}

function parse(part: string): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(Buffer.from(part, 'base64url').toString('utf8'));
    return typeof value === 'object' && value !== null ? Object.fromEntries(Object.entries(value)) : null;
  } catch {
    return null;
  }
}

function mac(input: string, secret: string): string {
  return createHmac('sha256', secret).update(input).digest('base64url');
}

function base64url(text: string): string {
  return Buffer.from(text).toString('base64url');
}

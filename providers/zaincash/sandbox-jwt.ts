/** JWT with HS256, as ZainCash v2 signs its events: with the API key. */
import { createHmac } from 'node:crypto';

const base64url = (text: string): string => Buffer.from(text).toString('base64url');

export function issueToken(claims: Readonly<Record<string, unknown>>, apiKey: string): string {
  const input = `${base64url('{"alg":"HS256","typ":"JWT"}')}.${base64url(JSON.stringify(claims))}`;
  return `${input}.${createHmac('sha256', apiKey).update(input).digest('base64url')}`;
}

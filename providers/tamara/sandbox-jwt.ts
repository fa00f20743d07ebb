/** The `tamaraToken` of a webhook: a JWT with HS256 that lives fifteen minutes of the wall clock. */
import { createHmac } from 'node:crypto';

const LIFETIME_S = 15 * 60;

export function tamaraToken(notificationToken: string, wallClockMs: number): string {
  const iat = Math.floor(wallClockMs / 1000);
  const part = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');
  const input = `${part({ typ: 'JWT', alg: 'HS256' })}.${part({ exp: iat + LIFETIME_S, iat, iss: 'Tamara' })}`;
  return `${input}.${createHmac('sha256', notificationToken).update(input).digest('base64url')}`;
}

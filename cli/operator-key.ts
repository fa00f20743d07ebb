/** Keys of operators: who has one can make merchants and their first keys. The API knows their hashes only. */
import { createHash } from 'node:crypto';

/** The key that 32 random bytes stand for. */
export function operatorKeyOf(secret: Uint8Array): string {
  return `sk_operator_${Buffer.from(secret).toString('base64url')}`;
}

/** What `OPERATOR_KEY_SHA256` says. A plain hash does: there is nothing to try out among 2^256 keys. */
export function hashOperatorKey(key: string): string {
  return createHash('sha256').update(key).digest('hex');
}

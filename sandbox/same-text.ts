/** Comparing what a caller sent with what it should have sent: signatures, keys, shared secrets. */
import { createHash, timingSafeEqual } from 'node:crypto';

/** Compares in constant time, whatever the lengths (`timingSafeEqual` alone throws when they differ). */
export function sameText(a: string, b: string): boolean {
  const digest = (text: string): Buffer => createHash('sha256').update(text, 'utf8').digest();
  return timingSafeEqual(digest(a), digest(b));
}

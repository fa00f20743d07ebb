/** Comparing what a webhook carries with what only its real sender can know. */
import { createHash, timingSafeEqual } from 'node:crypto';

/** True when both texts are the same; takes as long for texts that differ, whatever their lengths. */
export function equalInConstantTime(received: string, expected: string): boolean {
  return timingSafeEqual(digest(received), digest(expected));
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text, 'utf8').digest();
}

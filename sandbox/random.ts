/**
 * Two kinds of chance. What must be the same for the same seed (credentials, whether a fault strikes) comes from
 * `SeededRandom`. Ids come from the operating system: a restarted simulator must never hand out an old id again.
 */
import { createHash, randomInt, randomUUID } from 'node:crypto';

/** A repeatable stream of bytes: SHA-256 over the seed and a counter. For tests, not for secrets that matter. */
export class SeededRandom {
  readonly #seed: string;
  #counter = 0;

  constructor(seed: string) {
    this.#seed = seed;
  }

  /** A number from 0 (inclusive) to 1 (exclusive). */
  fraction(): number {
    return this.#block().readUInt32BE(0) / 2 ** 32;
  }

  /** Lower-case hexadecimal digits. */
  hex(length: number): string {
    let text = '';
    while (text.length < length) text += this.#block().toString('hex');
    return text.slice(0, length);
  }

  /** A version 4 UUID made from the stream. */
  uuid(): string {
    const hex = this.hex(32);
    const variant = '89ab'.charAt(this.#block().readUInt8(0) % 4);
    return [
      hex.slice(0, 8),
      hex.slice(8, 12),
      `4${hex.slice(13, 16)}`,
      variant + hex.slice(17, 20),
      hex.slice(20),
    ].join('-');
  }

  #block(): Buffer {
    this.#counter += 1;
    return createHash('sha256').update(`${this.#seed}:${this.#counter}`).digest();
  }
}

export const ALPHANUMERIC = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';
export const UPPER_ALPHANUMERIC = 'ABCDEFGHJKLMNPQRSTUVWXYZ23456789';
export const DIGITS = '0123456789';
export const HEX = '0123456789abcdef';

/** `length` characters of `alphabet`, never the same twice in practice. */
export function randomText(alphabet: string, length: number): string {
  let text = '';
  for (let i = 0; i < length; i += 1) text += alphabet.charAt(randomInt(alphabet.length));
  return text;
}

export { randomUUID };

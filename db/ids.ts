/** Ids: a prefix that says what it is, and a UUIDv7 in base 32, so that they sort by time (the TypeID form). */
import { randomBytes } from 'node:crypto';
import { fromUUIDBytes, typeidUnboxed } from 'typeid-js';

export type IdPrefix =
  | 'mer'
  | 'key'
  | 'pacc'
  | 'inv'
  | 'pay'
  | 'cap'
  | 'void'
  | 'rfd'
  | 'case'
  | 'rec'
  | 'rcr'
  | 'stl'
  | 'whk'
  | 'whr'
  | 'exc'
  | 'evt'
  | 'whe'
  | 'dlv'
  | 'aud'
  | 'req'
  | 'wrk'
  | 'inc'
  | 'opr'
  | 'opl';

/** A new id: `newId('inv')` → `inv_01jd…`, 26 characters after the prefix. */
export function newId(prefix: IdPrefix): string {
  return typeidUnboxed(prefix);
}

/** An id as `newId` would have made it at `at_ms`. */
export function newIdAt(prefix: IdPrefix, at_ms: number): string {
  return idOf(prefix, at_ms, randomBytes(10));
}

/** The id before all that are made from `at_ms` on. */
export function firstIdAt(prefix: IdPrefix, at_ms: number): string {
  return idOf(prefix, at_ms, new Uint8Array(10));
}

/** The layout of RFC 9562, section 5.7: 48 bits of time, then version, variant and `rest`. */
function idOf(prefix: IdPrefix, at_ms: number, rest: Uint8Array): string {
  const bytes = Buffer.alloc(16);
  bytes.writeUIntBE(Math.max(0, at_ms), 0, 6);
  bytes.set(rest, 6);
  bytes.writeUInt8(0x70 | (bytes.readUInt8(6) & 0x0f), 6);
  bytes.writeUInt8(0x80 | (bytes.readUInt8(8) & 0x3f), 8);
  return fromUUIDBytes(prefix, bytes);
}

/** True when `text` has the form of an id with this prefix. */
export function isId(prefix: IdPrefix, text: string): boolean {
  return text.startsWith(`${prefix}_`) && /^[0-7][0-9a-hjkmnp-tv-z]{25}$/.test(text.slice(prefix.length + 1));
}

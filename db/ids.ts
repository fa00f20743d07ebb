/** Ids: a prefix that says what it is, and a UUIDv7 in base 32, so that they sort by time (the TypeID form). */
import { fromUUID, typeidUnboxed } from 'typeid-js';

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
  | 'exc'
  | 'evt'
  | 'req'
  | 'wrk';

/** A new id: `newId('inv')` → `inv_01jd…`, 26 characters after the prefix. */
export function newId(prefix: IdPrefix): string {
  return typeidUnboxed(prefix);
}

/** True when `text` has the form of an id with this prefix. */
export function isId(prefix: IdPrefix, text: string): boolean {
  return text.startsWith(`${prefix}_`) && /^[0-7][0-9a-hjkmnp-tv-z]{25}$/.test(text.slice(prefix.length + 1));
}

/** What sorts before every id with this prefix that was made at `moment` (milliseconds) or later, and behind all earlier ones. */
export function firstIdAt(prefix: IdPrefix, moment: number): string {
  const time = moment.toString(16).padStart(12, '0');
  return fromUUID(`${time.slice(0, 8)}-${time.slice(8)}-0000-0000-000000000000`, prefix);
}

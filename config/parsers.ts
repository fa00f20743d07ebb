/**
 * How the text of an environment variable becomes a value. Each parser is strict: what it does not fully
 * understand it refuses, and says what it would take instead.
 */
import { z } from 'zod';

/** A key with its name: the name is stored beside what the key encrypted, so that keys can be rotated. */
export interface NamedKey {
  readonly id: string;
  /** 32 bytes. */
  readonly key: Buffer;
}

const KEY_BYTES = 32;
const UNNAMED_KEY_ID = 'k1';

/** A schema that takes text and gives `T`. `parse` answers `undefined` for what it refuses; `expected` says what is right. */
function fromText<T>(expected: string, parse: (text: string) => T | undefined) {
  return z.string().transform((text, context): T => {
    const value = parse(text.trim());
    if (value !== undefined) return value;
    context.addIssue({ code: 'custom', message: expected, input: text });
    return z.NEVER;
  });
}

/** A whole number in decimal digits: no sign, no exponent, no blanks. */
export function wholeNumber(min: number, max: number) {
  return fromText(`a whole number from ${min} to ${max}`, (text) => {
    const value = Number(text);
    return /^\d{1,15}$/.test(text) && value >= min && value <= max ? value : undefined;
  });
}

/** A TCP port; 0 lets the system choose a free one. */
export function port() {
  return fromText('a port from 1 to 65535, or 0 for any free port', (text) => {
    return /^\d{1,5}$/.test(text) && Number(text) <= 65_535 ? Number(text) : undefined;
  });
}

/** The same, or `off`. */
export function portOrOff() {
  return fromText('a port from 1 to 65535, 0 for any free port, or off', (text) => {
    if (text === 'off') return text;
    return /^\d{1,5}$/.test(text) && Number(text) <= 65_535 ? Number(text) : undefined;
  });
}

export function oneOf<const Option extends string>(...options: readonly Option[]) {
  return fromText(`one of ${options.join(', ')}`, (text) => options.find((option) => option === text));
}

/** `on` as true and `off` as false; nothing else, so that `0`, `no` and a typing error never mean "on". */
export function onOff() {
  return fromText('on or off', (text) => (text === 'on' ? true : text === 'off' ? false : undefined));
}

export function matching(pattern: RegExp, expected: string) {
  return fromText(expected, (text) => (pattern.test(text) ? text : undefined));
}

/** Entries of one form, with commas between them. */
export function listOf(pattern: RegExp, expected: string) {
  return fromText(expected, (text): readonly string[] | undefined => {
    const entries = text.split(',').map((entry) => entry.trim());
    return entries.every((entry) => pattern.test(entry)) ? entries : undefined;
  });
}

/** SHA-256 hashes in hexadecimal, with commas between them. */
export function sha256Hashes() {
  return fromText('the SHA-256 of a key as 64 hexadecimal digits; several with commas', (text) => {
    const hashes = text.split(',').map((hash) => hash.trim());
    return hashes.every((hash) => /^[0-9a-f]{64}$/i.test(hash))
      ? hashes.map((hash) => Buffer.from(hash, 'hex'))
      : undefined;
  });
}

/** An absolute URL of one of `protocols` (`https:`), without a fragment. */
export function url(protocols: readonly string[], expected: string) {
  return fromText(expected, (text) => {
    if (!URL.canParse(text)) return undefined;
    const { protocol, hostname, hash } = new URL(text);
    return protocols.includes(protocol) && hostname !== '' && hash === '' ? text : undefined;
  });
}

/** An `http(s)` URL that paths are appended to: no query, and its trailing slash removed. */
export function baseUrl() {
  return fromText('an http:// or https:// URL without a query, such as https://pay.example.com', (text) => {
    if (!URL.canParse(text)) return undefined;
    const { protocol, search, hash, username } = new URL(text);
    if (!['http:', 'https:'].includes(protocol) || search || hash || username) return undefined;
    return text.replace(/\/+$/, '');
  });
}

/** Random bytes in base64, at least `KEY_BYTES` of them. */
export function secretBytes() {
  return fromText(`at least ${KEY_BYTES} random bytes in base64 (openssl rand -base64 32)`, (text) => {
    const bytes = fromBase64(text);
    return bytes && bytes.length >= KEY_BYTES ? bytes : undefined;
  });
}

/** One key or several: `base64`, or `id:base64,id:base64` with the one that encrypts first. */
export function namedKeys() {
  const expected =
    '32 random bytes in base64 (openssl rand -base64 32), or a list like k2:<base64>,k1:<base64> whose first key encrypts';
  return fromText(expected, (text): readonly NamedKey[] | undefined => {
    const keys = text.split(',').map(parseNamedKey);
    const known = keys.filter((key) => key !== undefined);
    const ids = new Set(known.map(({ id }) => id));
    return known.length === keys.length && ids.size === keys.length ? known : undefined;
  });
}

function parseNamedKey(text: string): NamedKey | undefined {
  const [, id = UNNAMED_KEY_ID, encoded = ''] = /^(?:([a-z0-9_-]{1,32}):)?([^:]+)$/.exec(text.trim()) ?? [];
  const key = fromBase64(encoded);
  return key?.length === KEY_BYTES ? { id, key } : undefined;
}

/** `Buffer.from` skips what is not base64; a key must not lose bytes to a typing error. */
function fromBase64(text: string): Buffer | undefined {
  const bytes = Buffer.from(text, 'base64');
  const exact = bytes.toString('base64').replace(/=+$/, '') === text.replace(/=+$/, '');
  return bytes.length > 0 && exact ? bytes : undefined;
}

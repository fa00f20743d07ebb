/**
 * Finan's request signature as its documentation describes it: lower-case hex SHA-256 over
 * `secret_METHOD_path_payload_timestamp`. Called an HMAC there, but the published code is a plain hash.
 * Source: open.finan.one "generating signature".
 */
import { createHash } from 'node:crypto';

/** How far `x-timestamp` may be from the server's clock, in seconds. */
const WINDOW_S = 30;

export interface SignedParts {
  readonly method: string;
  /** Relative path with its query string, without `/open`. */
  readonly path: string;
  /** Compacted JSON, or an empty string for GET and DELETE. */
  readonly payload: string;
  /** Unix seconds. */
  readonly timestamp: string;
}

export function finanSignature(secret: string, parts: SignedParts): string {
  const text = [secret, parts.method, parts.path, parts.payload, parts.timestamp].join('_');
  return createHash('sha256').update(text, 'utf8').digest('hex');
}

/** Takes insignificant white space out of JSON text, like Go's `json.Compact`; the order of keys stays. */
export function compactJson(text: string): string {
  let out = '';
  let inString = false;
  let escaped = false;
  for (const char of text) {
    if (inString) {
      out += char;
      if (escaped) escaped = false;
      else if (char === '\\') escaped = true;
      else if (char === '"') inString = false;
    } else if (char === '"') {
      inString = true;
      out += char;
    } else if (char !== ' ' && char !== '\n' && char !== '\r' && char !== '\t') out += char;
  }
  return out;
}

/** Whether the timestamp is plain digits and within 30 s of the wall clock, either way. `nowMs` in milliseconds. */
export function isFreshTimestamp(timestamp: string, nowMs: number): boolean {
  if (!/^\d{1,12}$/.test(timestamp)) return false;
  return Math.abs(Math.floor(nowMs / 1000) - Number(timestamp)) <= WINDOW_S;
}

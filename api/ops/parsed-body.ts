/** What a stored body is, for people: JSON, a form, or text. */
import { MAX_DEPTH } from '../body.ts';
import { isDeeperThan } from '../json-text.ts';

export interface ParsedBody {
  /** Undefined: it is neither JSON nor a form. */
  readonly value: unknown;
  readonly raw: string;
}

export function parsedBody(body: Uint8Array, contentType = ''): ParsedBody {
  const raw = Buffer.from(body).toString('utf8').replaceAll('\0', '\uFFFD');
  return { value: valueOf(raw, contentType), raw };
}

function valueOf(raw: string, contentType: string): unknown {
  if (isDeeperThan(MAX_DEPTH, raw)) return undefined;
  try {
    return JSON.parse(raw) as unknown;
  } catch {
    if (!contentType.includes('form-urlencoded')) return undefined;
    return Object.fromEntries(new URLSearchParams(raw));
  }
}

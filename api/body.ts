/** Reads a request's JSON body: bytes → text → checks → value. What is wrong with single fields is collected, not thrown. */
import { raw, type Request, type RequestHandler } from 'express';
import type { z } from 'zod';
import { fieldErrors } from './field-errors.ts';
import { isDeeperThan, locateJsonError, repeatedFields } from './json-text.ts';
import { escapePointer, invalidFields, Problem, type FieldError } from './problem.ts';

export const MAX_BODY_BYTES = 64 * 1024;
export const MAX_DEPTH = 32;

const utf8 = new TextDecoder('utf-8', { fatal: true });

/** What is said of a field or parameter that is there twice. */
export const REPEATED = { code: 'repeated', detail: 'is given more than once', expected: 'one value' };

/** Collects the bytes of the body; compressed ones are refused, so that the limit is the real size. */
export const readBytes: RequestHandler = raw({ limit: MAX_BODY_BYTES, type: () => true, inflate: false });

/** The body as JSON; `{}` when there is none. Throws `Problem` when it is not JSON of the right type and depth. */
export function jsonBody(request: Request): unknown {
  const bytes: unknown = request.body;
  if (!Buffer.isBuffer(bytes) || bytes.length === 0) return {};
  requireJsonType(request.headers['content-type']);
  let text: string;
  try {
    text = utf8.decode(bytes);
  } catch {
    throw new Problem('invalid_json', 'the body is not valid UTF-8');
  }
  if (isDeeperThan(MAX_DEPTH, text)) {
    throw new Problem('nesting_too_deep', `the body is nested more than ${MAX_DEPTH} deep`);
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new Problem('invalid_json', `the body is not valid JSON: ${locateJsonError(text)}`);
  }
  const repeated = repeatedFields(text);
  if (repeated.length > 0) throw invalidFields(repeated.map((pointer) => ({ pointer, ...REPEATED })));
  return value;
}

/** The body as `schema` wants it. Throws one `Problem` that names all fields at fault. */
export function parseBody<Schema extends z.ZodType>(schema: Schema, body: unknown): z.output<Schema> {
  const unsafe = unsafeParts(body, '');
  const result = schema.safeParse(unsafe.length === 0 ? body : withoutForbidden(body));
  const known = new Set(unsafe.map(({ pointer }) => pointer));
  const errors = result.success
    ? unsafe
    : [
        ...unsafe,
        ...fieldErrors(result.error.issues, body, schema).filter(({ pointer }) => !known.has(pointer)),
      ];
  if (errors.length > 0 || !result.success) throw invalidFields(errors);
  return result.data;
}

function requireJsonType(header: string | undefined): void {
  const [type = '', ...parameters] = (header ?? '')
    .toLowerCase()
    .split(';')
    .map((part) => part.trim());
  const charset = parameters.find((parameter) => parameter.startsWith('charset='))?.slice('charset='.length);
  const isJson = /^application\/(?:[\w.-]+\+)?json$/.test(type);
  if (isJson && (charset === undefined || /^"?utf-?8"?$/.test(charset))) return;
  throw new Problem(
    'unsupported_media_type',
    header === undefined
      ? 'the body has no Content-Type; expected application/json'
      : 'expected Content-Type: application/json, in UTF-8',
    { headers: { Accept: 'application/json' } },
  );
}

const FORBIDDEN_NAMES = new Set(['__proto__', 'constructor', 'prototype']);

/** Names that could reach an object's prototype, and text that Postgres or UTF-8 cannot hold. */
function unsafeParts(value: unknown, pointer: string): FieldError[] {
  if (typeof value === 'string') return unsafeText(value, pointer);
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, inner]) => {
    const here = `${pointer}/${escapePointer(name)}`;
    if (!Array.isArray(value) && FORBIDDEN_NAMES.has(name)) {
      return [
        {
          pointer: here,
          code: 'forbidden_field',
          detail: 'is a name that is never accepted',
          expected: 'no such field',
        },
      ];
    }
    return [...unsafeText(name, here), ...unsafeParts(inner, here)];
  });
}

function unsafeText(text: string, pointer: string): FieldError[] {
  const detail = text.includes('\0')
    ? 'contains a NUL character (U+0000)'
    : /\p{Surrogate}/u.test(text)
      ? 'contains half of a surrogate pair, which is not a character'
      : null;
  return detail === null
    ? []
    : [{ pointer, code: 'unsupported_characters', detail, expected: 'Unicode text without NUL characters' }];
}

/** A copy without the forbidden names, so that the schema can report on all the rest. */
function withoutForbidden(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutForbidden);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([name]) => !FORBIDDEN_NAMES.has(name))
      .map(([name, inner]) => [name, withoutForbidden(inner)]),
  );
}

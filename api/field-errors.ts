/** Turns what a schema refuses into field errors: pointer, code, what is wrong, what was expected. */
import { z } from 'zod';
import { nearest } from './did-you-mean.ts';
import { escapePointer, type FieldError } from './problem.ts';

type Issue = z.core.$ZodIssue;
type Path = readonly PropertyKey[];

/** What a schema of `fields.ts` says of a value it refuses. */
export interface Refusal {
  readonly code: string;
  readonly detail: string;
  readonly expected: string;
}

/** What JSON Schema can say of a value, for the API's description. What it cannot say is in its `description`. */
export type JsonForm = Readonly<Record<string, unknown>>;

/** A schema that decides by `refuse` alone: null when the value is right. `form` describes what it lets pass. */
export function checked<T>(refuse: (value: unknown) => Refusal | null, form: JsonForm) {
  return z
    .unknown()
    .transform((value, context): T => {
      const refusal = refuse(value);
      if (refusal === null) return value as T;
      const { code, detail, expected } = refusal;
      context.addIssue({ code: 'custom', message: detail, params: { code, expected }, input: value });
      return z.NEVER;
    })
    .meta(form);
}

/** All `issues` with `body` as field errors. `prefix` is `/` for bodies and `?` for query parameters. */
export function fieldErrors(
  issues: readonly Issue[],
  body: unknown,
  schema: z.ZodType,
  prefix: '/' | '?' = '/',
): FieldError[] {
  const pointerTo = (path: Path): string => {
    const [first = '', ...inner] = path.map(String);
    // As it is written in a query: `?metadata[order_id]`.
    if (prefix === '?') return `?${first}${inner.map((step) => `[${step}]`).join('')}`;
    return path.length === 0 ? '' : prefix + [first, ...inner].map(escapePointer).join('/');
  };

  return issues.flatMap((issue): FieldError[] => {
    if (issue.code !== 'unrecognized_keys') {
      return [{ pointer: pointerTo(issue.path), ...refusalOf(issue, valueAt(body, issue.path)) }];
    }
    const names = namesAt(schema, issue.path);
    return issue.keys.map((key) => {
      const meant = nearest(key, names);
      return {
        pointer: pointerTo([...issue.path, key]),
        code: 'unknown_field',
        detail:
          meant === null
            ? 'is not a field of this request'
            : `is not a field of this request; did you mean "${meant}"?`,
        expected: names.length === 0 ? 'none at all' : `one of ${names.join(', ')}`,
      };
    });
  });
}

function refusalOf(issue: Issue, value: unknown): Refusal {
  switch (issue.code) {
    case 'custom': {
      const { code, expected } = issue.params ?? {};
      return { code: String(code), detail: issue.message, expected: String(expected) };
    }
    case 'invalid_type':
      return value === undefined
        ? { code: 'required', detail: 'is missing', expected: withArticle(issue.expected) }
        : {
            code: 'invalid_type',
            detail: `must be ${withArticle(issue.expected)}`,
            expected: withArticle(issue.expected),
          };
    case 'too_big':
      return sized('too_long', 'at most', issue.maximum, issue.origin);
    case 'too_small':
      return sized('too_short', 'at least', issue.minimum, issue.origin);
    case 'invalid_key':
      return {
        code: 'invalid_name',
        detail: 'has a name that is too long or empty',
        expected: 'a name of 1 to 40 characters',
      };
    default:
      return { code: 'invalid', detail: issue.message, expected: 'a valid value' };
  }
}

function sized(code: string, bound: string, limit: number | bigint, origin: string): Refusal {
  const unit = origin === 'string' ? 'characters' : origin === 'array' ? 'entries' : 'fields';
  return { code, detail: `must have ${bound} ${limit} ${unit}`, expected: `${bound} ${limit} ${unit}` };
}

const NAMES: Readonly<Record<string, string>> = {
  string: 'a string',
  number: 'a number',
  object: 'an object',
  array: 'an array',
  record: 'an object',
};

const withArticle = (type: string): string => NAMES[type] ?? `a ${type}`;

function valueAt(value: unknown, path: Path): unknown {
  return path.reduce<unknown>(
    (inner, step) => (typeof inner === 'object' && inner !== null ? Reflect.get(inner, step) : undefined),
    value,
  );
}

/** The names of the fields that the object at `path` may have. */
function namesAt(schema: z.ZodType, path: Path): string[] {
  let current: unknown = schema;
  for (const step of path) {
    const inner = bare(current);
    current =
      inner instanceof z.ZodObject
        ? inner.shape[String(step)]
        : inner instanceof z.ZodArray
          ? inner.element
          : undefined;
  }
  const object = bare(current);
  return object instanceof z.ZodObject ? Object.keys(object.shape) : [];
}

function bare(schema: unknown): unknown {
  return schema instanceof z.ZodOptional || schema instanceof z.ZodDefault || schema instanceof z.ZodNullable
    ? bare(schema.unwrap())
    : schema;
}

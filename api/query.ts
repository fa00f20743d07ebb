/** Reads query parameters: strictly, all errors at once, and each parameter once. */
import type { Request } from 'express';
import type { z } from 'zod';
import { fieldErrors } from './field-errors.ts';
import { invalidFields, type FieldError } from './problem.ts';

/** The query as `schema` wants it. Throws one `Problem` that names all parameters at fault. */
export function parseQuery<Schema extends z.ZodType>(schema: Schema, request: Request): z.output<Schema> {
  const entries = Object.entries(request.query);
  const repeated = entries
    .filter(([, value]) => typeof value !== 'string')
    .map(([name]): FieldError => {
      return {
        pointer: `?${name}`,
        code: 'repeated',
        detail: 'is given more than once',
        expected: 'one value',
      };
    });
  const query = Object.fromEntries(entries.filter(([, value]) => typeof value === 'string'));
  const result = schema.safeParse(query);
  const known = new Set(repeated.map(({ pointer }) => pointer));
  const errors = result.success
    ? repeated
    : [
        ...repeated,
        ...fieldErrors(result.error.issues, query, schema, '?').filter(({ pointer }) => !known.has(pointer)),
      ];
  if (errors.length > 0 || !result.success) throw invalidFields(errors);
  return result.data;
}

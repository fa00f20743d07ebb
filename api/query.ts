/** Reads query parameters: strictly, all errors at once, and each parameter once. */
import type { Request, RequestHandler } from 'express';
import { z } from 'zod';
import { REPEATED } from './body.ts';
import { fieldErrors } from './field-errors.ts';
import { invalidFields, type FieldError } from './problem.ts';

/** The query as `schema` wants it. Throws one `Problem` that names all parameters at fault. */
export function parseQuery<Schema extends z.ZodType>(schema: Schema, request: Request): z.output<Schema> {
  const { query, repeated } = gathered(schema, request);
  const result = schema.safeParse(query);
  const known = new Set(repeated);
  const errors = [
    ...repeated.map((pointer): FieldError => ({ pointer, ...REPEATED })),
    ...(result.success
      ? []
      : fieldErrors(result.error.issues, query, schema, '?').filter(({ pointer }) => !known.has(pointer))),
  ];
  if (errors.length > 0 || !result.success) throw invalidFields(errors);
  return result.data;
}

const noParameters = z.strictObject({});

/** For what takes no parameters: one that is there is a mistake, and says so. */
export const refuseQuery: RequestHandler = (request, _response, next) => {
  parseQuery(noParameters, request);
  next();
};

/**
 * The parameters by name. One that is a list may be separated by commas, repeated, or end in `[]`; one that is an object is written
 * `name[field]=value`. Everything else is text and stands there once; `repeated` has the pointers of what does not.
 */
function gathered(schema: z.ZodType, { query: given }: Request) {
  const query = new Map<string, unknown>();
  const repeated: string[] = [];
  // The simple query parser gives texts, or several where a name is repeated.
  for (const [written, value] of Object.entries(given as Record<string, string | string[]>)) {
    const [, name = written, field = null] = /^([^[]+)\[(.*)\]$/s.exec(written) ?? [];
    const form = formOf(schema, name);
    if (form === 'array' && (field === null || field === '')) {
      const more = [value].flat().join(',').split(',');
      query.set(name, [...((query.get(name) as readonly string[] | undefined) ?? []), ...more]);
    } else if (typeof value !== 'string') {
      repeated.push(`?${written}`);
    } else if (form === 'object' && field !== null) {
      const fields = query.get(name);
      query.set(name, new Map([...(fields instanceof Map ? fields : []), [field, value]]));
    } else {
      query.set(written, value);
    }
  }
  const plain = [...query].map(([name, value]) => [
    name,
    value instanceof Map ? Object.fromEntries(value) : value,
  ]);
  return { query: Object.fromEntries(plain) as Record<string, unknown>, repeated };
}

/** What a parameter's form in the description says it is. */
function formOf(schema: z.ZodType, name: string): unknown {
  if (!(schema instanceof z.ZodObject) || !Object.hasOwn(schema.shape, name)) return undefined;
  const field: unknown = schema.shape[name];
  const bare = field instanceof z.ZodOptional ? field.unwrap() : field;
  return bare instanceof z.ZodType ? bare.meta()?.['type'] : undefined;
}

/** JSON Schema (2020-12) of the API's schemas, made by zod. */
import { z } from 'zod';
import { namedSchemas } from '../schemas/parts.ts';

export type Json = Readonly<Record<string, unknown>>;

const REF = '#/components/schemas/';
/** What a request may hold, or what an answer holds. */
type Direction = 'input' | 'output';

const options = (io: Direction) => ({ io, unrepresentable: 'any', target: 'draft-2020-12' }) as const;

/** The schema of a body or of query parameters. */
export function requestSchema(schema: z.ZodType): Json {
  return plain(z.toJSONSchema(schema, options('input')));
}

/** Schemas of answers: the named ones by their names, and each of `inline` with references to them. */
export function answerSchemas(inline: ReadonlyMap<string, z.ZodType>): {
  readonly named: Readonly<Record<string, Json>>;
  readonly inline: ReadonlyMap<string, Json>;
} {
  const registry = z.registry<{ id: string }>();
  const names = [...inline].map(([place, schema]): [string, string] => {
    const known = namedSchemas.get(schema)?.id;
    if (known === undefined) registry.add(schema, { id: place });
    return [place, known ?? place];
  });
  const used = namedIn([...inline.values()]);
  for (const [schema, id] of used) registry.add(schema, { id });
  const { schemas } = z.toJSONSchema(registry, {
    ...options('output'),
    uri: (id) => REF + id,
  });
  const all = new Map(Object.entries(schemas).map(([id, schema]) => [id, plain(schema)]));
  const own = new Set(used.values());
  return {
    named: Object.fromEntries([...all].filter(([id]) => own.has(id)).sort(([a], [b]) => (a < b ? -1 : 1))),
    inline: new Map(
      names.map(([place, id]) => [place, own.has(id) ? { $ref: REF + id } : (all.get(id) ?? {})]),
    ),
  };
}

/** Every schema with a name, whether an answer has come to it yet or not: modules register theirs as they are loaded. */
function namedIn(schemas: readonly z.ZodType[]): Map<z.ZodType, string> {
  const found = new Map<z.ZodType, string>();
  const visit = (schema: unknown): void => {
    if (!(schema instanceof z.ZodType)) return;
    const id = namedSchemas.get(schema)?.id;
    if (id !== undefined) {
      if (found.has(schema)) return;
      found.set(schema, id);
    }
    for (const inner of partsOf(schema)) visit(inner);
  };
  for (const schema of schemas) visit(schema);
  return found;
}

function partsOf(schema: z.ZodType): readonly unknown[] {
  if (schema instanceof z.ZodObject) return Object.values(schema.shape);
  if (schema instanceof z.ZodArray) return [schema.element];
  if (schema instanceof z.ZodNullable || schema instanceof z.ZodOptional) return [schema.unwrap()];
  if (schema instanceof z.ZodUnion) return schema.options;
  if (schema instanceof z.ZodRecord) return [schema.valueType];
  return [];
}

/** Without what belongs to a schema that stands alone. */
function plain(schema: object): Json {
  return Object.fromEntries(
    Object.entries(schema).filter(([name]) => !['$schema', '$id', 'id', '~standard'].includes(name)),
  );
}

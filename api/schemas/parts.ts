/**
 * What the schemas of answers are made of. They are never used to parse: the API's description is made of them, the presenters'
 * types follow from them, and tests hold every answer against them.
 */
import { z } from 'zod';
import type { IdPrefix } from '../../db/ids.ts';
import type { ProviderErrorKind } from '../../domain/provider-error.ts';

/** Schemas that have a name in the description; others refer to them by it. */
export const namedSchemas = z.registry<{ id: string }>();

/** `schema` under a name of its own. */
export function named<Schema extends z.ZodType>(id: string, description: string, schema: Schema): Schema {
  const described = schema.meta({ description });
  namedSchemas.add(described, { id });
  return described;
}

/** An object with exactly these fields. */
export const object = z.strictObject;

type Readable<T> = T extends readonly (infer Entry)[]
  ? readonly Readable<Entry>[]
  : T extends object
    ? { readonly [Name in keyof T]: Readable<T[Name]> }
    : T;

/** What a presenter has to return so that its answer has this schema. */
export type Shown<Schema extends z.ZodType> = Readable<z.input<Schema>>;

/** The form of ids: a prefix, and 26 characters that sort by the time they were made. */
const ID = '[0-7][0-9a-hjkmnp-tv-z]{25}';

export const id = (...prefixes: readonly IdPrefix[]) =>
  z.string().meta({ pattern: `^(?:${prefixes.join('|')})_${ID}$` });

export const time = (description?: string) =>
  z.string().meta({ format: 'date-time', ...(description === undefined ? {} : { description }) });

export const day = () => z.string().meta({ format: 'date' });

export const url = () => z.string().meta({ format: 'uri' });

export const whole = (description?: string) =>
  z.number().meta({ type: 'integer', ...(description === undefined ? {} : { description }) });

export const count = () => z.number().meta({ type: 'integer', minimum: 0 });

export const minor = () => whole('Minor units of the currency.');

export const currency = () => z.string().meta({ pattern: '^[A-Z]{3}$' });

export const mode = () => z.enum(['live', 'sandbox']);

export const text = (description?: string) =>
  description === undefined ? z.string() : z.string().meta({ description });

/** For people: `IQD 25,000`. */
export const display = () => text('The amount as people read it.');

/** An amount with what people read beside it. */
export const shownAmount = named(
  'Amount',
  'An amount in minor units of the currency beside it, and as people read it.',
  object({ amount: minor(), display: display() }),
);

const FAILURE_KINDS = [
  'declined',
  'invalid_request',
  'bad_credentials',
  'rate_limited',
  'unavailable',
  'unknown_outcome',
  'not_found',
] as const satisfies readonly ProviderErrorKind[];

export const failureKind = () => z.enum(FAILURE_KINDS);

export const failure = named(
  'Failure',
  'Why a provider has not done what it was asked for.',
  object({
    kind: failureKind(),
    code: text("The provider's own code, or a word of ours such as `timeout`."),
    message: text('For people.'),
  }),
);

/** A page of these. */
export const listOf = <Entry extends z.ZodType>(entry: Entry) =>
  object({
    object: z.literal('list'),
    data: z.array(entry),
    has_more: z.boolean().meta({ description: 'Whether there are more after this page.' }),
  });

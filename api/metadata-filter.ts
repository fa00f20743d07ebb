/** `metadata[name]=value`: what a list is narrowed to by the caller's own data. */
import { z } from 'zod';
import type { Refusal } from './field-errors.ts';
import { characters, METADATA_MAX } from './fields.ts';

const PAIRS_MAX = 10;

/** The parameter; each pair that is given has to be in the metadata of what is found, exactly. */
export const metadataFilter = () =>
  z
    .unknown()
    .transform((value, context): Readonly<Record<string, string>> => {
      const refuse = (path: string[], { code, detail, expected }: Refusal): void =>
        context.addIssue({ code: 'custom', message: detail, path, params: { code, expected }, input: value });
      if (typeof value !== 'object' || value === null) {
        refuse([], {
          code: 'invalid_format',
          detail: 'needs the name of a field in brackets',
          expected: 'metadata[name]=value',
        });
        return z.NEVER;
      }
      const pairs = Object.entries(value as Readonly<Record<string, string>>);
      if (pairs.length > PAIRS_MAX)
        refuse([], {
          code: 'too_long',
          detail: `must have at most ${PAIRS_MAX} fields, not ${pairs.length}`,
          expected: `at most ${PAIRS_MAX} fields`,
        });
      for (const [name, text] of pairs) {
        const refusal = refusalOf(name, text);
        if (refusal !== null) refuse([name], refusal);
      }
      return Object.fromEntries(pairs);
    })
    .meta({
      type: 'object',
      additionalProperties: { type: 'string', minLength: 1, maxLength: METADATA_MAX.value },
      maxProperties: PAIRS_MAX,
      description:
        'Fields of your metadata, `metadata[order_id]=1001`, compared exactly; all that are given have to hold.',
    })
    .optional();

/** Why no metadata can have this; null: some can. */
function refusalOf(name: string, text: string): Refusal | null {
  const right = (value: string, max: number): boolean =>
    value !== '' && characters(value) <= max && !value.includes('\0');
  if (!right(name, METADATA_MAX.name)) {
    const expected = `a name of 1 to ${METADATA_MAX.name} characters`;
    return { code: 'invalid_name', detail: 'has a name that is too long or empty', expected };
  }
  if (right(text, METADATA_MAX.value)) return null;
  const expected = `text of 1 to ${METADATA_MAX.value} characters`;
  return { code: 'invalid_format', detail: `must be ${expected}`, expected };
}

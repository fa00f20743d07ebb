/** `expand`: objects in place of their ids, or beside what an answer has without being asked. */
import { z } from 'zod';
import type { Request } from 'express';
import { nearest } from './did-you-mean.ts';
import { checked } from './field-errors.ts';
import { parseQuery } from './query.ts';

/** The parameter, for an answer in which these can be expanded: `expand=a,b`. */
export const expandParameter = <Name extends string>(names: readonly Name[]) =>
  checked<readonly Name[]>(
    (value) => {
      const expected = `some of ${names.join(', ')}, separated by commas`;
      const given: readonly unknown[] = Array.isArray(value) ? value : [value];
      const unknown = given.find((name) => !names.some((known) => known === name));
      if (unknown === undefined) return null;
      const word = typeof unknown === 'string' ? unknown.slice(0, 40) : '';
      const meant = nearest(word, names);
      const hint = meant === null ? '' : `; did you mean "${meant}"?`;
      return {
        code: 'unknown_expansion',
        detail: `has what cannot be expanded here: "${word}"${hint}`,
        expected,
      };
    },
    {
      type: 'array',
      items: { type: 'string', enum: [...names] },
      description: 'What the answer is to have whole, separated by commas.',
    },
  ).optional();

/** The whole query of a single object that can be expanded. */
export const expandQuery = <Name extends string>(names: readonly Name[]) =>
  z.strictObject({ expand: expandParameter(names) });

/** What one request wants expanded. Throws `Problem` for anything else in its query. */
export function expansionsOf<Name extends string>(
  names: readonly Name[],
  request: Request,
): ReadonlySet<Name> {
  return new Set(parseQuery(expandQuery(names), request).expand);
}

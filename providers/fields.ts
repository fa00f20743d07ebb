/** Pieces of wire formats that providers have in common, as zod schemas. */
import { z, type ZodType } from 'zod';
import type { Currency } from '../domain/currency.ts';
import { fromWholeUnits, MAX_AMOUNT, MoneyError, parseDecimal } from '../domain/money.ts';

/** Printable text: Postgres takes no NUL, and no id or name holds control characters. */
const PRINTABLE = /^[^\u0000-\u001f\u007f]+$/; // oxlint-disable-line no-control-regex -- stands in the API’s description, where \p{Cc} is not understood by all who read it

/** An id, code or name that must be there: 1 to `max` printable characters. */
export const text = (max = 200) => z.string().max(max).regex(PRINTABLE);

/** Text that may be missing, null or empty; all three read as null. Unreadable text reads as null, too. */
export const optionalText = (max = 200) =>
  text(max)
    .nullish()
    .catch(null)
    .transform((value) => value ?? null);

/** A link for the customer's browser; nothing but http and https gets through. */
export const webUrl = z
  .string()
  .max(2048)
  .refine((value) => URL.canParse(value) && /^https?:$/.test(new URL(value).protocol));

/** A positive number of whole currency units (no decimals on the wire), read as minor units. */
export const wholeUnits = (currency: Currency) =>
  z
    .int()
    .positive()
    .max(MAX_AMOUNT)
    .transform((units, context) => {
      try {
        return fromWholeUnits(units, currency).amount;
      } catch (error) {
        if (!(error instanceof MoneyError)) throw error;
        context.addIssue({ code: 'custom', message: 'not an exact amount' });
        return z.NEVER;
      }
    });

/** A positive decimal amount as a number or as text (`25000`, `"25000.00"`); read as minor units, exactly or not at all. */
export const decimalAmount = (currency: Currency) =>
  z.union([z.number(), z.string().max(40)]).transform((value, context) => {
    try {
      const { amount } = parseDecimal(String(value), currency);
      if (amount > 0 && amount <= MAX_AMOUNT) return amount;
    } catch (error) {
      if (!(error instanceof MoneyError)) throw error;
    }
    context.addIssue({ code: 'custom', message: 'not an exact amount' });
    return z.NEVER;
  });

/** One value, or a list of exactly one, where a provider's documentation leaves it open. */
export const oneOf = <Output>(schema: ZodType<Output>): ZodType<Output> =>
  z.preprocess(
    (value: unknown) => (Array.isArray(value) && value.length === 1 ? (value as unknown[])[0] : value),
    schema,
  );

const RFC_3339 = /^\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)$/;

/** A moment as RFC 3339 UTC. Missing, unreadable or without a zone: null, because nothing is decided by it. */
export const optionalMoment = z
  .unknown()
  .optional()
  .transform((value): string | null => {
    if (typeof value !== 'string' || !RFC_3339.test(value)) return null;
    const time = Date.parse(value);
    return Number.isNaN(time) ? null : new Date(time).toISOString();
  });

/** A secret or key as people paste it: surrounding white space is taken away, nothing else is accepted inside. */
export const secret = z
  .string()
  .trim()
  .min(1)
  .max(4096)
  .regex(/^[\x21-\x7e]+$/, 'must be printable characters without spaces');

/** How an account's settlement file is written: what its columns are called, and how amounts and times look in it. */
import { z } from 'zod';
import { isCurrency } from '../domain/currency.ts';
import {
  DATE_FORMS,
  DELIMITERS,
  FILE_COLUMNS,
  FILE_STATUSES,
  type FileColumn,
  type FileStatus,
  type SettlementFormat,
} from '../domain/settlement-format.ts';
import { checked } from './field-errors.ts';
import { currencyCode, oneOf, text } from './fields.ts';

const utcOffset = () =>
  checked<string>(
    (value) => {
      const expected = 'an offset from UTC, such as +01:00';
      const isOffset = typeof value === 'string' && /^[+-](0\d|1[0-4]):[0-5]\d$/.test(value);
      return isOffset ? null : { code: 'invalid_format', detail: `must be ${expected}`, expected };
    },
    { type: 'string', pattern: '^[+-](0[0-9]|1[0-4]):[0-5][0-9]$', description: 'Of times without a zone.' },
  );

const names = Object.fromEntries(FILE_COLUMNS.map((name) => [name, text(100).optional()])) as Record<
  FileColumn,
  z.ZodOptional<ReturnType<typeof text>>
>;

/** The `settlement_file` of a provider account. Everything has a default: our names, commas, decimals with a point. */
export const settlementFormat = () =>
  z.strictObject({
    columns: z.strictObject(names).optional(),
    delimiter: oneOf(
      DELIMITERS,
      'invalid_format',
      'a delimiter: a comma, a semicolon, a tab or |',
    ).optional(),
    amounts: oneOf(['decimal', 'minor'], 'invalid_format', 'decimal or minor').optional(),
    decimal_separator: oneOf(['.', ','], 'invalid_format', 'a point or a comma').optional(),
    dates: oneOf(DATE_FORMS, 'invalid_format', 'a form of dates').optional(),
    currency: currencyCode().optional(),
    utc_offset: utcOffset().optional(),
    statuses: z
      .record(z.string().min(1).max(100), oneOf(FILE_STATUSES, 'unknown_status', 'a status'))
      .optional(),
  });

/** The format with its defaults. `only`: the provider's currency, where it has just one. */
export function fullFormat(format: SettlementFormat | null, only: string | null) {
  const known = format?.currency ?? only;
  return {
    columns: {
      ...Object.fromEntries(FILE_COLUMNS.map((name) => [name, name])),
      ...format?.columns,
    } as Record<FileColumn, string>,
    /** Columns that the account names itself have to be there. */
    named: Object.keys(format?.columns ?? {}) as FileColumn[],
    delimiter: format?.delimiter ?? ',',
    amounts: format?.amounts ?? 'decimal',
    decimal_separator: format?.decimal_separator ?? '.',
    dates: format?.dates ?? 'YYYY-MM-DD',
    currency: known !== null && isCurrency(known) ? known : null,
    utc_offset: format?.utc_offset ?? null,
    statuses: {
      ...Object.fromEntries(FILE_STATUSES.map((word) => [word, word])),
      ...format?.statuses,
    } as Readonly<Record<string, FileStatus>>,
  };
}

export type FullFormat = ReturnType<typeof fullFormat>;

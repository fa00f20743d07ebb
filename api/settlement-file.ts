/** Reads a settlement file as it comes in: bytes, text, lines, rows; a batch at a time, so that its length costs no memory. */
import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { CsvError, parse } from 'csv-parse';
import type { ProviderRow } from '../db/reconciliation-rows.ts';
import { DELIMITERS, FILE_COLUMNS, type FileColumn } from '../domain/settlement-format.ts';
import { nearest } from './did-you-mean.ts';
import { Problem, type FieldError } from './problem.ts';
import type { FullFormat } from './settlement-format.ts';
import { at, readLine } from './settlement-row.ts';

const MAX_BYTES = 64 * 1024 * 1024;
const MAX_ROWS = 250_000;
const BATCH = 1_000;
/** All lines are read, so that one correction is enough; this many errors are told. */
const ERRORS_TOLD = 100;
const RECORD_MAX = 64 * 1024;

interface Counted {
  errors: FieldError[];
  wrong: number;
  rows: number;
}

/** What is known of a file that was read to its end. */
export interface ReadFile {
  readonly rows: number;
  /** SHA-256 of its bytes. */
  readonly hash: string;
}

/**
 * Hands the rows of the file to `take`, batch by batch, while all is well. Throws `Problem` that names line and column of what is
 * wrong; then what was taken must be thrown away.
 */
export async function readSettlementFile(
  bytes: AsyncIterable<Buffer>,
  format: FullFormat,
  take: (rows: readonly ProviderRow[]) => Promise<void>,
): Promise<ReadFile> {
  const hash = createHash('sha256');
  const parser = parse({
    bom: true,
    delimiter: format.delimiter,
    info: true,
    relax_column_count: true,
    skip_empty_lines: true,
    trim: true,
    max_record_size: RECORD_MAX,
  });
  const counted: Counted = { errors: [], wrong: 0, rows: 0 };
  try {
    await pipeline(Readable.from(decoded(bytes, hash)), parser, (records) =>
      readRecords(records as AsyncIterable<ParsedRecord>, format, counted, take),
    );
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    const line = Number(error['lines'] ?? 0);
    counted.errors.push({
      pointer: `/line/${line}`,
      code: 'invalid_csv',
      detail: `cannot be read as CSV (${error.code})`,
      expected: 'CSV as in RFC 4180: quotation marks around a cell, and doubled inside of it',
    });
    counted.wrong += 1;
  }
  if (counted.wrong > 0) throw refusal(counted);
  if (counted.rows === 0) throw refusal({ ...counted, errors: [EMPTY], wrong: 1 });
  return { rows: counted.rows, hash: hash.digest('hex') };
}

const EMPTY: FieldError = {
  pointer: '/line/1',
  code: 'required',
  detail: 'is followed by no rows',
  expected: 'a line with the names of the columns, and a line for each payment',
};

function refusal({ errors, wrong }: Counted): Problem {
  const [first] = errors;
  const more = wrong > errors.length ? `; the first ${errors.length} are told` : '';
  const detail =
    first && wrong === 1 ? `${first.pointer} ${first.detail}` : `${wrong} cells are not valid${more}`;
  return new Problem('validation_failed', detail, { errors });
}

interface ParsedRecord {
  readonly record: readonly string[];
  readonly info: { readonly lines: number };
}

async function readRecords(
  records: AsyncIterable<ParsedRecord>,
  format: FullFormat,
  counted: Counted,
  take: (rows: readonly ProviderRow[]) => Promise<void>,
): Promise<void> {
  let places: ReadonlyMap<FileColumn, number> | null = null;
  let width = 0;
  let batch: ProviderRow[] = [];
  const note = (errors: readonly FieldError[]): void => {
    counted.wrong += errors.length;
    counted.errors.push(...errors.slice(0, Math.max(0, ERRORS_TOLD - counted.errors.length)));
  };
  for await (const { record, info } of records) {
    if (places === null) {
      const header = readHeader(record, format);
      if ('errors' in header) return note(header.errors);
      ({ places } = header);
      width = record.length;
      continue;
    }
    counted.rows += 1;
    if (counted.rows > MAX_ROWS) return note([tooLong(info.lines)]);
    if (record.length !== width) {
      note([wrongWidth(info.lines, record.length, width)]);
      continue;
    }
    const known = places;
    const cell = (column: FileColumn): string => record[known.get(column) ?? -1] ?? '';
    const read = readLine(info.lines, cell, format, new Set(known.keys()));
    if ('errors' in read) note(read.errors);
    else batch.push(read.row);
    if (batch.length < BATCH) continue;
    if (counted.wrong === 0) await take(batch);
    batch = [];
  }
  if (counted.wrong === 0 && batch.length > 0) await take(batch);
}

/** Which column is where. One that the account names must be there; of ours, those that are. */
function readHeader(
  record: readonly string[],
  { columns, named, delimiter }: FullFormat,
): { places: ReadonlyMap<FileColumn, number> } | { errors: FieldError[] } {
  const [only = ''] = record;
  const other = DELIMITERS.find((candidate) => only.includes(candidate));
  if (record.length === 1 && other !== undefined) return { errors: [otherDelimiter(delimiter, other)] };
  const errors: FieldError[] = [];
  const places = new Map<FileColumn, number>();
  for (const column of FILE_COLUMNS) {
    const name = columns[column];
    const found = record.flatMap((title, index) => (title === name ? [index] : []));
    if (found.length > 1)
      errors.push({
        pointer: at(1, name),
        code: 'conflict',
        detail: 'is there more than once',
        expected: 'one column of this name',
      });
    const [place] = found;
    if (place !== undefined) places.set(column, place);
    else if (named.includes(column) || (column === 'amount' && !places.has('amount'))) {
      const meant = nearest(
        name,
        record.map((title) => title.slice(0, 100)),
      );
      const hint = meant === null ? '' : `; did you mean "${meant}"?`;
      errors.push({
        pointer: at(1, name),
        code: 'required',
        detail: `is not a column of this file${hint}`,
        expected: `a column of this name, or another name for ${column} in the account's settlement_file.columns`,
      });
    }
  }
  return errors.length > 0 ? { errors } : { places };
}

const otherDelimiter = (delimiter: string, seen: string): FieldError => ({
  pointer: '/line/1',
  code: 'invalid_csv',
  detail: `has one cell with ${JSON.stringify(seen)} in it`,
  expected: `cells separated by ${JSON.stringify(delimiter)}, or the right settlement_file.delimiter at the account`,
});

const wrongWidth = (line: number, is: number, expected: number): FieldError => ({
  pointer: `/line/${line}`,
  code: 'invalid_csv',
  detail: `has ${is} cells`,
  expected: `${expected}, as the first line has`,
});

const tooLong = (line: number): FieldError => ({
  pointer: `/line/${line}`,
  code: 'too_long',
  detail: `is behind row ${MAX_ROWS}`,
  expected: `at most ${MAX_ROWS} rows in one file; send the rest as another`,
});

/** UTF-8 or nothing. */
async function* decoded(
  bytes: AsyncIterable<Buffer>,
  hash: ReturnType<typeof createHash>,
): AsyncGenerator<string> {
  const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
  let size = 0;
  for await (const part of bytes) {
    size += part.length;
    if (size > MAX_BYTES)
      throw new Problem('body_too_large', `a settlement file may have ${MAX_BYTES / 1024 / 1024} MB`);
    hash.update(part);
    yield decode(() => utf8.decode(part, { stream: true }));
  }
  yield decode(() => utf8.decode());
}

function decode(read: () => string): string {
  try {
    return read();
  } catch (cause) {
    throw new Problem('invalid_csv', 'the file is not valid UTF-8', { cause });
  }
}

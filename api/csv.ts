/** CSV (RFC 4180) that is safe to open in a spreadsheet, sent row by row as the reader takes it. */
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import type { Response } from 'express';
import { wantsGzip } from './answer.ts';

export type Cell = string | number | boolean | null;

/** By its name in the header, in their order: what a column shows of a row. */
export type Columns<Row> = Readonly<Record<string, (row: Row) => Cell>>;

/** A line with its end. Null is an empty cell. */
export function csvLine(cells: readonly Cell[]): string {
  return `${cells.map(cellText).join(',')}\r\n`;
}

/** Spreadsheets run what looks like a formula; an apostrophe in front makes it text. */
function cellText(cell: Cell): string {
  if (cell === null) return '';
  if (typeof cell !== 'string') return String(cell);
  const harmless = /^[=+\-@\t\r]/.test(cell) ? `'${cell}` : cell;
  return /[",\r\n]/.test(harmless) ? `"${harmless.replaceAll('"', '""')}"` : harmless;
}

/**
 * Sends `pages` with a header. The first page is read before anything is sent, so a failure until then is answered like any other; a
 * later one breaks the connection, so that half a file is not taken for a whole one. A reader who leaves ends it quietly.
 */
export async function sendCsv<Row>(
  response: Response,
  name: string,
  columns: Columns<Row>,
  pages: AsyncIterator<readonly Row[], void>,
): Promise<void> {
  const first = await pages.next();
  const compress = wantsGzip(response);
  response.writeHead(200, {
    ...(compress ? { 'Content-Encoding': 'gzip' } : {}),
    'Content-Type': 'text/csv; charset=utf-8; header=present',
    'Content-Disposition': `attachment; filename="${name}.csv"`,
    'Cache-Control': 'no-store',
  });
  if (response.req.method === 'HEAD') {
    response.end();
    return;
  }
  const shows = Object.values(columns);
  async function* lines(): AsyncGenerator<string> {
    yield csvLine(Object.keys(columns));
    for (let page = first; !page.done; page = await pages.next()) {
      yield page.value.map((row) => csvLine(shows.map((show) => show(row)))).join('');
    }
  }
  try {
    const rows = Readable.from(lines());
    await (compress ? pipeline(rows, createGzip(), response) : pipeline(rows, response));
  } catch (error) {
    if (!hasLeft(error)) throw error;
  }
}

function hasLeft(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ERR_STREAM_PREMATURE_CLOSE';
}

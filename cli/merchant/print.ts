/** Results for people: plain text in a file or a pipe; on a terminal with colours, unless `NO_COLOR` is set, and cut to its width. */
import { styleText } from 'node:util';

/** Rows under headings, each column as wide as it has to be. What a terminal has no room for is cut off at the end of the line. */
export function columns(headings: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = headings.map((heading, at) =>
    Math.max(heading.length, ...rows.map((row) => (row[at] ?? '').length)),
  );
  const line = (row: readonly string[]): string => {
    const text = row
      .map((cell, at) => cell.padEnd(widths[at] ?? 0))
      .join('  ')
      .trimEnd();
    return painted(cut(text));
  };
  return [headings, ...rows].map(line).join('\n');
}

/** Names and values, one below the other. */
export function fields(values: Readonly<Record<string, string>>): string {
  const width = Math.max(...Object.keys(values).map((name) => name.length));
  return Object.entries(values)
    .map(([name, value]) => painted(`${name.padEnd(width)}  ${value}`.trimEnd()))
    .join('\n');
}

function cut(line: string): string {
  const room = process.stdout.isTTY ? process.stdout.columns : Infinity;
  return line.length > room ? `${line.slice(0, room - 1)}…` : line;
}

const GOOD = /(?<=^|\s)(?:paid|succeeded|delivered|resolved|enabled|active|matched)(?=\s|$)/g;
const BAD = /(?<=^|\s)(?:failed|expired|canceled|unknown|exhausted|disabled|revoked)(?=\s|$)/g;

/** Statuses stand out where colours are wanted. */
function painted(line: string): string {
  if (!process.stdout.isTTY || process.env['NO_COLOR']) return line;
  const paint = (colour: 'green' | 'red') => (word: string) =>
    styleText(colour, word, { validateStream: false });
  return line.replace(GOOD, paint('green')).replace(BAD, paint('red'));
}

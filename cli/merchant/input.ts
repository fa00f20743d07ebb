/** What people hand over. Secrets come in a file, on standard input or in the environment; what was read is never repeated. */
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { text } from 'node:stream/consumers';
import { InvalidArgumentError } from 'commander';
import { loadClientConfig } from '../../config/index.ts';

/**
 * The text of a file, or of standard input for `-`. Paths are taken from where the person is, not from where npm runs
 * scripts. The error does not repeat the path: somebody may have put a secret in its place.
 */
export async function readInput(path: string, what: string): Promise<string> {
  if (path === '-') return text(process.stdin);
  try {
    return await readFile(resolve(process.env['INIT_CWD'] ?? '.', path), 'utf8');
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unreadable';
    // oxlint-disable-next-line preserve-caught-error -- its message has the path
    throw new Error(
      `the file with the ${what} cannot be read (${code}); give the path of a file, or - for standard input`,
    );
  }
}

/** Credentials as a JSON object: from the file of `--credentials`, else `SARRAF_CREDENTIALS`, else standard input. */
export async function readCredentials(path: string | undefined): Promise<object> {
  const given = path === undefined ? loadClientConfig().credentials : await readInput(path, 'credentials');
  if (given === null && process.stdin.isTTY) {
    throw new Error(
      'no credentials were given: --credentials <file>, SARRAF_CREDENTIALS, or a JSON object on standard input',
    );
  }
  return jsonObject(given ?? (await text(process.stdin)));
}

function jsonObject(given: string): object {
  let value: unknown;
  try {
    value = JSON.parse(given);
  } catch {
    value = null;
  }
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value;
  throw new Error('the credentials are not a JSON object, such as {"client_id": "…", "secret": "…"}');
}

const UNITS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86_400 };

/** A time as people write it (`90s`, `15m`, `24h`, `7d`, `0`), in seconds. */
export function seconds(given: string): number {
  const [, count, unit = 's'] = /^(\d{1,9})([smhd])?$/.exec(given) ?? [];
  if (count === undefined) throw new InvalidArgumentError('a time is needed, such as 90s, 15m, 24h, 7d or 0');
  return Number(count) * (UNITS[unit] ?? 1);
}

/** An amount in minor units. */
export function amountOption(given: string): number {
  const amount = /^\d{1,16}$/.test(given) ? Number(given) : NaN;
  if (Number.isSafeInteger(amount)) return amount;
  throw new InvalidArgumentError('a whole number of minor units is needed, such as 500 for USD 5.00');
}

/** How many of something. */
export function countOption(given: string): number {
  if (/^[1-9]\d{0,5}$/.test(given)) return Number(given);
  throw new InvalidArgumentError('a whole number from 1 on is needed');
}

/** One field of metadata as `name=value`, beside those that were given before it. */
export function metadataOption(
  given: string,
  earlier: Readonly<Record<string, string>> = {},
): Readonly<Record<string, string>> {
  const [, name, value] = /^([^=]+)=(.+)$/s.exec(given) ?? [];
  if (name === undefined || value === undefined)
    throw new InvalidArgumentError('a name and a value are needed, such as order_id=1001');
  return { ...earlier, [name]: value };
}

/** Names separated by commas. */
export const namesOption = (given: string): readonly string[] => given.split(',');

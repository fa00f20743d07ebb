/** How a command ends that cannot do its work: what the API said, or what is wrong with the way it was called. */
import { CommanderError } from 'commander';
import { ApiError, ConnectionError } from '../../client/src/index.ts';
import { failWith } from '../failure.ts';

/** What the process exits with; documented in `docs/command-line.md`. */
export const EXIT = { failed: 1, usage: 2, unreachable: 3, refusedKey: 4, notFound: 5, conflict: 6 } as const;

/** Wrong use of a command, found out by the command itself. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** Prints what went wrong, and the problem itself on standard output for programs; sets the exit code. */
export function endWith(error: unknown, json: boolean): void {
  // Commander has said it already.
  if (error instanceof CommanderError) {
    process.exitCode = error.exitCode === 0 ? 0 : EXIT.usage;
    return;
  }
  if (json && error instanceof ApiError && error.code !== 'unreadable_answer')
    console.log(JSON.stringify(error.body));
  failWith(error instanceof ApiError ? new Error(words(error), { cause: error }) : error);
  process.exitCode = exitCodeOf(error);
}

function words({ code, status, title, detail, errors, request_id }: ApiError): string {
  if (code === 'unreadable_answer')
    return `the API answered ${status}, and not as Sarraf does: is the address right?`;
  const lines = errors.map((error) => `  ${error.pointer} ${error.detail}; expected ${error.expected}`);
  return [`${title}: ${detail} (${code})`, ...lines, `  request ${request_id}`].join('\n');
}

function exitCodeOf(error: unknown): number {
  if (error instanceof UsageError) return EXIT.usage;
  if (error instanceof ConnectionError) return EXIT.unreachable;
  if (!(error instanceof ApiError)) return EXIT.failed;
  switch (error.status) {
    case 401:
    case 403:
      return EXIT.refusedKey;
    case 404:
      return EXIT.notFound;
    case 409:
      return EXIT.conflict;
    default:
      return error.status === 429 || error.status >= 500 ? EXIT.unreachable : EXIT.failed;
  }
}

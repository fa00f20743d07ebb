/** How a command ends that cannot do its work: what the API said, or what is wrong with the way it was called. */
import { failWith } from '../failure.ts';

interface ProblemBody {
  readonly title?: string;
  readonly detail?: string;
  readonly code?: string;
  readonly request_id?: string;
  readonly errors?: readonly { pointer: string; detail: string; expected: string }[];
}

/** An answer that is no success. */
export class ApiProblem extends Error {
  override readonly name = 'ApiProblem';
  /** The body as it came. */
  readonly text: string;

  constructor(status: number, text: string) {
    super(words(status, text));
    this.text = text;
  }
}

function words(status: number, text: string): string {
  const { title, detail, code, request_id, errors = [] } = parsed(text);
  if (code === undefined) return `the API answered ${status}, and not as Sarraf does: is the address right?`;
  const lines = errors.map((error) => `  ${error.pointer} ${error.detail}; expected ${error.expected}`);
  return [`${title}: ${detail} (${code})`, ...lines, `  request ${request_id}`].join('\n');
}

function parsed(text: string): ProblemBody {
  try {
    const body: unknown = JSON.parse(text);
    return typeof body === 'object' && body !== null ? body : {};
  } catch {
    return {};
  }
}

/** Prints what went wrong, and the problem itself on standard output for programs; the process exits with 1. */
export function endWith(error: unknown, json: boolean): void {
  if (json && error instanceof ApiProblem && parsed(error.text).code !== undefined) console.log(error.text);
  failWith(error);
}

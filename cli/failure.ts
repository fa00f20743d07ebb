/** How a command ends when it cannot do its work: what is wrong on one screen, no stack trace for a person to read past. */

/** Prints the error's message (with its stack when `DEBUG` is set) and makes the process exit with 1. */
export function failWith(error: unknown): void {
  const message = error instanceof Error ? error.message : String(error);
  console.error(`\n✗ ${message}`);
  if (process.env['DEBUG'] && error instanceof Error) console.error(error.stack);
  process.exitCode = 1;
}

/** Step lines and progress bars on the terminal, for the commands. They go to stderr: stdout is for results. */
import type { Report } from '../engines/report.ts';
import { createSteps } from './bootstrap/steps.mjs';

/** A report that prints one line per step: `✓ Postgres  (embedded, at 127.0.0.1:54320, 0.2 s)`. */
export function consoleReport(stream: NodeJS.WriteStream = process.stderr): Report {
  return createSteps(stream);
}

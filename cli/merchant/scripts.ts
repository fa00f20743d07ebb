/** `sarraf start`, `demo`, `doctor`, `audit`, `bench`: the commands that are programs of their own. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { Command } from 'commander';

const SCRIPTS = {
  start: 'starts everything on this machine, until Ctrl-C',
  demo: 'takes invoices through their whole journey, and says how each ended',
  doctor: 'says what this machine has and lacks',
  audit: 'checks the whole record of an installation against itself',
  bench: 'measures invoices from creation to paid',
} as const;

/** Adds the commands to the program; what follows the name is the script's. */
export function addScripts(program: Command): void {
  for (const [name, about] of Object.entries(SCRIPTS)) {
    program
      .command(name)
      .description(about)
      .helpOption(false)
      .allowUnknownOption()
      .allowExcessArguments()
      .action(async () => {
        const args = process.argv.slice(process.argv.indexOf(name) + 1);
        process.exitCode = await run(join(import.meta.dirname, '..', `${name}.ts`), args);
      });
  }
}

/** A signal from the terminal reaches it as well, and it decides when to end. */
async function run(script: string, args: readonly string[]): Promise<number> {
  const child = spawn(process.execPath, ['--import', 'tsx/esm', script, ...args], { stdio: 'inherit' });
  const ignore = (): void => undefined;
  const pass = (): void => void child.kill('SIGTERM');
  process.on('SIGINT', ignore).on('SIGTERM', pass);
  const [code] = (await once(child, 'close')) as [number | null];
  return code ?? 1;
}

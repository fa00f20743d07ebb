/** The command line in tests: in this process, because starting Node for each command takes a second, or as a process of its own. */
import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { runSarraf } from '../../cli/merchant/program.ts';

export interface CommandResult {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

export interface SarrafCommand {
  /** Runs a command here, with what it prints kept. One at a time. */
  run(args: readonly string[]): Promise<CommandResult>;
  /** The answer of a command with `--json`; throws what it complains of. */
  json(args: readonly string[]): Promise<Record<string, unknown>>;
  /** Starts it as a person does. `env` is all that it has besides the folder. */
  start(args: readonly string[], env?: Readonly<Record<string, string>>): ChildProcessWithoutNullStreams;
  /** The same to its end, with `input` on standard input. */
  spawned(
    args: readonly string[],
    input?: string,
    env?: Readonly<Record<string, string>>,
  ): Promise<CommandResult>;
}

/** `directory`: where it finds `runtime.json`, and where its person is. */
export function sarrafCommand(directory: string): SarrafCommand {
  const place = { INIT_CWD: directory, SARRAF_DATA_DIR: directory };

  const run = async (args: readonly string[]): Promise<CommandResult> => {
    const printed = { out: '', err: '' };
    const line = (stream: keyof typeof printed) => (said: unknown) => {
      printed[stream] += `${String(said)}\n`;
    };
    const piece = (stream: keyof typeof printed) => (said: unknown) => {
      printed[stream] += String(said);
      return true;
    };
    const before = process.env;
    const silenced = [
      jest.spyOn(console, 'log').mockImplementation(line('out')),
      jest.spyOn(console, 'error').mockImplementation(line('err')),
      jest.spyOn(process.stdout, 'write').mockImplementation(piece('out')),
      jest.spyOn(process.stderr, 'write').mockImplementation(piece('err')),
    ];
    process.env = { PATH: before['PATH'], NO_COLOR: '1', ...place };
    try {
      await runSarraf(args);
      return { code: Number(process.exitCode ?? 0), ...printed };
    } finally {
      process.env = before;
      process.exitCode = undefined;
      for (const spy of silenced) spy.mockRestore();
    }
  };

  const start: SarrafCommand['start'] = (args, env = {}) =>
    spawn(process.execPath, ['--import', 'tsx/esm', 'cli/sarraf.ts', ...args], {
      env: { PATH: process.env['PATH'], ...place, ...env },
    });

  return {
    run,
    start,
    async json(args) {
      const { code, out, err } = await run([...args, '--json']);
      if (code !== 0) throw new Error(err);
      return JSON.parse(out) as Record<string, unknown>;
    },
    async spawned(args, input = '', env = {}) {
      const child = start(args, env);
      child.stdin.on('error', () => undefined).end(input);
      const [out, err, [code]] = await Promise.all([
        text(child.stdout),
        text(child.stderr),
        once(child, 'close'),
      ]);
      return { code: code as number, out, err };
    },
  };
}

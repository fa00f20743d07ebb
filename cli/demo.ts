/** `npm run demo`: everything on free ports, the whole journey, a table at the end; 1 when a scene does not end as it should. */
import { randomBytes } from 'node:crypto';
import { mkdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Command } from 'commander';
import QRCode from 'qrcode';
import { loadConfig, type Config } from '../config/index.ts';
import { messageOf } from '../config/system-error.ts';
import { createPool } from '../db/pool.ts';
import { silentReport } from '../engines/index.ts';
import { consoleReport } from './console.ts';
import { failWith } from './failure.ts';
import { merchantApi, sandboxControl } from './journey/clients.ts';
import { SCENES, type Scene, type Stage } from './journey/index.ts';
import { connectClient } from '../temporal/connect.ts';
import { forgetSchedules } from '../temporal/schedules.ts';
import { startStack, type Stack } from './stack.ts';

/** On a terminal with its colours, so that a phone can read it on a dark screen too; plain blocks elsewhere. */
const qrOptions = process.stdout.isTTY
  ? ({ type: 'terminal', small: true, errorCorrectionLevel: 'L' } as const)
  : ({ type: 'utf8', errorCorrectionLevel: 'L' } as const);

/** The exit code of what was ended by Ctrl-C. */
const INTERRUPTED = 130;

interface Outcome {
  readonly scene: string;
  readonly ok: boolean;
  /** How it ended, or what went wrong. */
  readonly result: string;
  readonly seconds: number;
}

/** Where the story goes: lines for people, or JSON lines for programs. */
interface Teller {
  scene(title: string): void;
  line(scene: string, text: string): void;
  qr(scene: string, payload: string): void;
  outcome(outcome: Outcome): void;
  end(outcomes: readonly Outcome[]): void;
}

const program = new Command('npm run demo --')
  .description(
    'Takes invoices through their whole journey on a real Temporal server, a real Postgres and provider simulators.',
  )
  .option('--json', 'print JSON lines instead of a story', false);

async function main(): Promise<void> {
  const { json } = program.parse().opts<{ json: boolean }>();
  const name = `sarraf-demo-${randomBytes(6).toString('hex')}`;
  const dataDir = join(tmpdir(), name);
  const config = demoConfig(name, dataDir);
  await mkdir(dataDir, { mode: 0o700 });
  const teller = json ? jsonTeller() : storyTeller();
  const interruption = onInterruption();
  const interrupted = untilAborted(interruption);
  let failed = true;
  try {
    const starting = startStack(config, json ? silentReport : consoleReport(), { keep: false, ui: false });
    const stack = await Promise.race([starting, interrupted]);
    try {
      const outcomes = await Promise.race([play(stack, teller, interruption), interrupted]);
      teller.end(outcomes);
      failed = outcomes.some(({ ok }) => !ok);
    } finally {
      await stack.stop();
      await leaveServer(config);
    }
  } catch (error) {
    if (!interruption.aborted) throw error;
    failed = false;
    process.exitCode = INTERRUPTED;
  } finally {
    if (failed) console.error(`the logs are kept in ${join(dataDir, 'logs')}`);
    else await rm(dataDir, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
  }
  // What was still starting is ended by its guardian when this process is gone.
  if (interruption.aborted) process.exit();
  if (failed) process.exitCode = 1;
}

/** Aborted by Ctrl-C and by whoever ends us. */
function onInterruption(): AbortSignal {
  const controller = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => controller.abort());
  return controller.signal;
}

/** Rejects when `signal` is aborted. */
function untilAborted(signal: AbortSignal): Promise<never> {
  const aborted = new Promise<never>((_resolve, reject) => {
    signal.addEventListener('abort', () => reject(new Error('interrupted')), { once: true });
  });
  // It may come when nobody waits for it.
  aborted.catch(() => undefined);
  return aborted;
}

/** Everything on free ports and by itself, whatever is set for an `npm start` that may run beside it. */
function demoConfig(taskQueue: string, dataDir: string): Config {
  const ofAnotherStart = /^(?:[A-Z][A-Z0-9_]*_PORT|API_HOST|METRICS_HOST|PUBLIC_URL|SANDBOX_CONTROL_URL)$/;
  for (const name of Object.keys(process.env)) if (ofAnotherStart.test(name)) delete process.env[name];
  return loadConfig({
    ...process.env,
    SARRAF_DATA_DIR: dataDir,
    API_PORT: '0',
    LOG_LEVEL: 'warn',
    // On a server that is there already, its workers must not take the work of others, nor theirs its own.
    TEMPORAL_TASK_QUEUE: taskQueue,
  });
}

/** A Temporal server that was there before keeps none of our schedules: nobody would ever do their work. */
async function leaveServer({ temporal }: Config): Promise<void> {
  if (temporal.address === null) return;
  const client = await connectClient({ ...temporal, address: temporal.address });
  await forgetSchedules(client, temporal.taskQueue).finally(() => client.connection.close());
}

async function play(stack: Stack, teller: Teller, interruption: AbortSignal): Promise<Outcome[]> {
  const pool = createPool({
    url: stack.engines.database.url,
    size: 2,
    name: 'sarraf-demo',
    onError: () => undefined,
  });
  const shared = {
    api: merchantApi(stack.apiUrl, stack.merchant.api_key),
    sandbox: sandboxControl(stack.sandbox.controlUrl),
    pool,
    killWorker: () => killWorker(stack),
  };
  const outcomes: Outcome[] = [];
  try {
    for (const scene of SCENES) {
      teller.scene(scene.title);
      const say = (line: string): void => teller.line(scene.title, line);
      const showQr = (payload: string): void => teller.qr(scene.title, payload);
      const outcome = await playScene(scene, { ...shared, say, showQr }, stack.failed);
      if (interruption.aborted) break;
      teller.outcome(outcome);
      outcomes.push(outcome);
    }
  } finally {
    await pool.end();
  }
  return outcomes;
}

async function playScene(scene: Scene, stage: Stage, failed: Promise<never>): Promise<Outcome> {
  const begin = performance.now();
  const seconds = (): number => Math.round((performance.now() - begin) / 100) / 10;
  try {
    const result = await Promise.race([scene.play(stage), failed]);
    return { scene: scene.title, ok: true, result, seconds: seconds() };
  } catch (error) {
    return {
      scene: scene.title,
      ok: false,
      result: error instanceof Error ? error.message : String(error),
      seconds: seconds(),
    };
  }
}

async function killWorker({ worker }: Stack): Promise<void> {
  const restarted = worker.restarted();
  worker.kill('SIGKILL');
  await restarted;
}

function storyTeller(): Teller {
  const begin = performance.now();
  const time = (): string => `${((performance.now() - begin) / 1000).toFixed(1).padStart(5)} s`;
  return {
    scene: (title) => console.log(`\n${title}`),
    line: (_scene, text) => console.log(`  ${time()}  ${text}`),
    qr: (_scene, payload) => QRCode.toString(payload, qrOptions, (_error, art) => console.log(art)),
    outcome: ({ ok, result }) => ok || console.log(`  ${time()}  ✗ ${result}`),
    end(outcomes) {
      const width = Math.max(...outcomes.map(({ scene }) => scene.length));
      console.log('');
      for (const { scene, ok, result, seconds } of outcomes) {
        console.log(
          `${ok ? '✓' : '✗'} ${scene.padEnd(width)}  ${`${seconds.toFixed(1)} s`.padStart(7)}  ${result}`,
        );
      }
      const good = outcomes.filter(({ ok }) => ok).length;
      console.log(`\n${good} of ${outcomes.length} scenes ended as they should.`);
    },
  };
}

function print(fields: Readonly<Record<string, unknown>>): void {
  console.log(JSON.stringify({ time: new Date().toISOString(), ...fields }));
}

function jsonTeller(): Teller {
  return {
    scene: (scene) => print({ type: 'scene', scene }),
    line: (scene, text) => print({ type: 'step', scene, text }),
    qr: (scene, payload) => print({ type: 'qr', scene, payload }),
    outcome: (outcome) => print({ type: 'outcome', ...outcome }),
    end: (outcomes) => print({ type: 'summary', ok: outcomes.every(({ ok }) => ok), outcomes }),
  };
}

main().catch((error: unknown) => {
  if (program.opts<{ json: boolean }>().json) print({ type: 'error', detail: messageOf(error) });
  failWith(error);
});

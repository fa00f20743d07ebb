/** The benchmark: Sarraf and the floor in turn, on the same engines, simulator and driver. See docs/performance.md. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startStack } from '../cli/stack.ts';
import { loadConfig } from '../config/index.ts';
import { silentReport, type Report } from '../engines/index.ts';
import { startFloor } from './floor/launch.ts';
import type { HistoryCost } from './history.ts';
import { Stage, type Measured } from './stage.ts';
import { watchPaid } from './watch.ts';

export interface BenchOptions {
  /** Invoices per measured run. */
  readonly count: number;
  readonly concurrencies: readonly number[];
  /** How often each of the two is run at each concurrency, in turn. */
  readonly rounds: number;
  /** Invoices before measuring, for each of the two. */
  readonly warmup: number;
  /** Invoices left waiting for the memory figure; 0 skips it. */
  readonly waiting: number;
}

export interface BenchResult {
  readonly measured: readonly Measured[];
  readonly history: HistoryCost | null;
  /** Growth of resident memory with the waiting invoices, MB, by process; null when skipped. */
  readonly waiting: { readonly invoices: number; readonly grown_mb: Readonly<Record<string, number>> } | null;
  /** Why the run stopped before its end; what was measured until then is in the result. Null when all went well. */
  readonly stopped: string | null;
}

/**
 * Runs everything. Each concurrency gets fresh engines, because the development server grows slower with the workflows
 * it has seen; both are measured on the same ones. Temporary files are removed afterwards.
 */
export async function runBench(
  options: BenchOptions,
  report: Report,
  say: (line: string) => void,
): Promise<BenchResult> {
  const measured: Measured[] = [];
  let history: HistoryCost | null = null;
  let waiting: BenchResult['waiting'] = null;
  let steps = report;
  const phases = options.concurrencies.map((concurrency) => async (stage: Stage) => {
    await stage.warmUp(options.warmup);
    measured.push(...(await stage.measureInTurn({ ...options, concurrency })));
    history = await stage.history();
  });
  if (options.waiting > 0) {
    phases.push(async (stage) => {
      waiting = { invoices: options.waiting, grown_mb: await stage.leaveWaiting(options.waiting) };
    });
  }
  try {
    for (const phase of phases) {
      await onFreshEngines(steps, say, phase);
      steps = silentReport;
    }
  } catch (error) {
    return { measured, history, waiting, stopped: error instanceof Error ? error.message : String(error) };
  }
  return { measured, history, waiting, stopped: null };
}

async function onFreshEngines(
  report: Report,
  say: (line: string) => void,
  work: (stage: Stage) => Promise<void>,
): Promise<void> {
  const dataDir = await mkdtemp(join(tmpdir(), 'sarraf-bench-'));
  const config = loadConfig({ ...process.env, SARRAF_DATA_DIR: dataDir, API_PORT: '0' });
  // One key sends all there is to send.
  const apiEnv = { RATE_LIMIT_PER_MINUTE: '0' };
  const stack = await startStack(config, report, { keep: false, ui: false, forLoad: true, apiEnv });
  const floor = await startFloor(stack, join(dataDir, 'logs'));
  const watch = await watchPaid(stack.engines.database.url);
  try {
    await work(new Stage(stack, floor, watch, say));
  } finally {
    await watch.stop();
    await floor.stop();
    await stack.stop();
    await rm(dataDir, { recursive: true, force: true });
  }
}

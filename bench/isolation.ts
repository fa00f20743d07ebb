/**
 * Isolation: one provider hangs on every call while payments are asked for there without a pause; another is asked for one payment at
 * a time. On the same engines, in turn: with nobody else, and beside the provider that hangs.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { startStack, type Stack } from '../cli/stack.ts';
import { loadConfig } from '../config/index.ts';
import type { Report } from '../engines/index.ts';
import { oneAtATime, whileFlooding } from './flood.ts';
import { post } from './load.ts';
import { percentiles, type Percentiles } from './statistics.ts';
import { sarrafTarget } from './targets.ts';

export interface IsolationOptions {
  /** Payments that are kept under way at the provider that hangs. */
  readonly flood: number;
  /** Payments at the other one, in each situation and round. */
  readonly count: number;
  readonly rounds: number;
}

/** Create→link at the provider that is well, milliseconds. */
export interface IsolationResult {
  readonly alone: Percentiles;
  readonly beside: Percentiles;
  /** The p95 beside the provider that hangs, against that with nobody else. */
  readonly ratio: number;
}

const HANGING = 'fapshi';
const HANGS_MS = 30_000;
/** By then every call of the flood hangs. */
const SETTLES_MS = 3_000;
/** What is promised. */
const RATIO_MAX = 1.2;

/** Starts a stack, measures, stops it. The breaker is held closed: it would end the hanging after five calls. */
export async function runIsolation(
  { flood, count, rounds }: IsolationOptions,
  report: Report,
  say: (line: string) => void,
): Promise<IsolationResult> {
  const dataDir = await mkdtemp(join(tmpdir(), 'sarraf-bench-'));
  const config = loadConfig({ ...process.env, SARRAF_DATA_DIR: dataDir, API_PORT: '0' });
  const stack = await startStack(config, report, { keep: false, ui: false });
  const alone: number[] = [];
  const beside: number[] = [];
  try {
    const well = sarrafTarget(stack);
    const hanging = sarrafTarget(stack, { service: 'fapshi.payment_link', currency: 'XAF', amount: 5_000 });
    await holdBreakerClosed(stack);
    say('warming up');
    await oneAtATime(well, count);
    for (let round = 1; round <= rounds; round++) {
      alone.push(...(await oneAtATime(well, count)));
      await fault(stack, 'POST', { kind: 'slow', ms: HANGS_MS, before: true, times: -1 });
      const times = await whileFlooding(hanging, flood, async () => {
        await sleep(SETTLES_MS);
        return oneAtATime(well, count);
      });
      beside.push(...times);
      await fault(stack, 'DELETE');
      const [first, second] = [alone, beside].map((all) => percentiles(all.slice(-count)));
      say(
        `round ${round}, p50 and p95: alone ${first?.p50} and ${first?.p95} ms, beside ${second?.p50} and ${second?.p95} ms`,
      );
    }
  } finally {
    await stack.stop();
    await rm(dataDir, { recursive: true, force: true });
  }
  const result = { alone: percentiles(alone), beside: percentiles(beside) };
  return { ...result, ratio: result.beside.p95 / result.alone.p95 };
}

export function printIsolation({ alone, beside, ratio }: IsolationResult): string {
  const line = (name: string, { p50, p95, p99 }: Percentiles): string =>
    `${name.padEnd(34)} ${p50.toFixed(1)} / ${p95.toFixed(1)} / ${p99.toFixed(1)}`;
  const verdict = ratio <= RATIO_MAX ? 'within' : 'MORE THAN';
  return [
    'create→link ms at another provider, p50 / p95 / p99',
    line('alone', alone),
    line('beside a provider that hangs', beside),
    `p95 ${ratio.toFixed(2)} ×: ${verdict} the promised ${RATIO_MAX} ×`,
  ].join('\n');
}

async function holdBreakerClosed({ apiUrl, merchant }: Stack): Promise<void> {
  const url = `${apiUrl}/v1/provider_accounts/${merchant.accounts[HANGING]}/breaker`;
  const body = { state: 'closed', reason: 'it is to go on hanging' };
  await post(url, body, { authorization: `Bearer ${merchant.api_key}` });
}

async function fault({ sandbox }: Stack, method: 'POST' | 'DELETE', body?: object): Promise<void> {
  const url = `${sandbox.controlUrl}/${HANGING}/faults`;
  const response = await fetch(url, { method, ...(body ? { body: JSON.stringify(body) } : {}) });
  if (!response.ok) throw new Error(`${url} answered ${response.status}: ${await response.text()}`);
}

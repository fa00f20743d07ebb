/**
 * Fairness: one merchant floods Sarraf with payments, another asks for one at a time. On the same engines, in turn: alone,
 * beside the flood of somebody else, behind a flood of its own.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { newMerchant } from '../cli/demo-merchant.ts';
import { startStack, type Stack } from '../cli/stack.ts';
import { ensureSecrets, loadConfig, loadServiceConfig, type Config } from '../config/index.ts';
import { createPool } from '../db/pool.ts';
import { createSealer } from '../db/sealed.ts';
import type { Report } from '../engines/index.ts';
import { oneAtATime, whileFlooding } from './flood.ts';
import type { Target } from './load.ts';
import { percentiles, type Percentiles } from './statistics.ts';
import { sarrafTarget } from './targets.ts';

export interface FairnessOptions {
  /** Payments that a flood keeps under way. */
  readonly flood: number;
  /** Payments of the one who asks for one at a time, in each situation and round. */
  readonly count: number;
  readonly rounds: number;
}

const SITUATIONS = ['alone', "beside another's flood", 'behind its own flood'] as const;
type Situation = (typeof SITUATIONS)[number];

/** Create→link of the merchant who asks for one payment at a time, milliseconds. */
export type FairnessResult = Readonly<Record<Situation, Percentiles>>;

/** Starts a stack, measures, stops it. Throws when a payment of the quiet merchant fails; what a flood loses does not count. */
export async function runFairness(
  { flood, count, rounds }: FairnessOptions,
  report: Report,
  say: (line: string) => void,
): Promise<FairnessResult> {
  const dataDir = await mkdtemp(join(tmpdir(), 'sarraf-bench-'));
  const config = loadConfig({ ...process.env, SARRAF_DATA_DIR: dataDir, API_PORT: '0' });
  const stack = await startStack(config, report, { keep: false, ui: false });
  const times: Record<Situation, number[]> = {
    alone: [],
    "beside another's flood": [],
    'behind its own flood': [],
  };
  try {
    const quiet = sarrafTarget(stack);
    const other = await anotherMerchant(stack, config);
    const one = (): Promise<number[]> => oneAtATime(quiet, count);
    say('warming up');
    await whileFlooding(other, flood, one);
    for (let round = 1; round <= rounds; round++) {
      times.alone.push(...(await one()));
      times["beside another's flood"].push(...(await whileFlooding(other, flood, one)));
      times['behind its own flood'].push(...(await whileFlooding(quiet, flood, one)));
      const medians = SITUATIONS.map((name) => `${name} ${percentiles(times[name].slice(-count)).p50} ms`);
      say(`round ${round}, p50: ${medians.join(', ')}`);
    }
  } finally {
    await stack.stop();
    await rm(dataDir, { recursive: true, force: true });
  }
  return {
    alone: percentiles(times.alone),
    "beside another's flood": percentiles(times["beside another's flood"]),
    'behind its own flood': percentiles(times['behind its own flood']),
  };
}

export function printFairness(result: FairnessResult): string {
  const lines = SITUATIONS.map((name) => {
    const { p50, p95, p99 } = result[name];
    const ratio = p50 / result.alone.p50;
    return `${name.padEnd(24)} ${p50.toFixed(1)} / ${p95.toFixed(1)} / ${p99.toFixed(1)}   ${ratio.toFixed(1)} ×`;
  });
  return ['create→link ms, p50 / p95 / p99, and p50 against being alone', ...lines].join('\n');
}

async function anotherMerchant(stack: Stack, config: Config): Promise<Target> {
  const { url } = stack.engines.database;
  const { secrets } = loadServiceConfig({
    ...process.env,
    ...(await ensureSecrets(config)),
    DATABASE_URL: url,
    TEMPORAL_ADDRESS: stack.engines.temporal.address,
  });
  const pool = createPool({ url, size: 1, name: 'bench', onError: () => undefined });
  const sealer = createSealer(secrets.credentialsKeys);
  try {
    const { providers } = stack.sandbox;
    const merchant = await newMerchant('Another merchant', pool, sealer, secrets.apiKeyPepper, providers);
    return sarrafTarget({ ...stack, merchant });
  } finally {
    await pool.end();
  }
}

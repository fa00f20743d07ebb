/**
 * How long the lists of the API take when there is much in them: the same questions over HTTP on a small record and on a large one,
 * as the merchant who has half of it.
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
import { fillLists, invoiceId, type ListedMerchant } from './lists-fill.ts';
import { percentiles, type Percentiles } from './statistics.ts';

export interface ListsOptions {
  /** How many invoices the record has, one after the other. */
  readonly sizes: readonly number[];
  /** How often each question is asked. */
  readonly requests: number;
}

/** Milliseconds by question, for one size. */
export interface ListsMeasured {
  readonly invoices: number;
  readonly times: Readonly<Record<string, Percentiles>>;
}

/** Percent of the invoices, by merchant; the first one asks. */
const SHARES = [50, 30, 15, 5] as const;

/** Each size on a stack of its own. */
export async function runLists(
  { sizes, requests }: ListsOptions,
  report: Report,
  say: (line: string) => void,
): Promise<ListsMeasured[]> {
  const measured: ListsMeasured[] = [];
  for (const invoices of sizes) {
    const dataDir = await mkdtemp(join(tmpdir(), 'sarraf-bench-'));
    const config = loadConfig({ ...process.env, SARRAF_DATA_DIR: dataDir, API_PORT: '0' });
    const apiEnv = { RATE_LIMIT_PER_MINUTE: '0' };
    const stack = await startStack(config, report, { keep: false, ui: false, throwaway: true, apiEnv });
    try {
      // What is filled in is nobody's work: the worker would seal all of it into the audit chain meanwhile.
      stack.worker.kill('SIGSTOP');
      await fill(stack, config, invoices, say);
      measured.push({ invoices, times: await ask(stack, invoices, requests, say) });
    } finally {
      stack.worker.kill('SIGCONT');
      await stack.stop();
      await rm(dataDir, { recursive: true, force: true });
    }
  }
  return measured;
}

async function fill(
  stack: Stack,
  config: Config,
  invoices: number,
  say: (line: string) => void,
): Promise<void> {
  const { url } = stack.engines.database;
  const env = { ...process.env, ...(await ensureSecrets(config)), DATABASE_URL: url };
  const { secrets } = loadServiceConfig({ ...env, TEMPORAL_ADDRESS: stack.engines.temporal.address });
  const pool = createPool({ url, size: 1, name: 'bench', onError: () => undefined });
  const sealer = createSealer(secrets.credentialsKeys);
  try {
    const merchants: ListedMerchant[] = [];
    for (const [index, share] of SHARES.entries()) {
      const merchant =
        index === 0
          ? stack.merchant
          : await newMerchant(
              `Merchant ${index}`,
              pool,
              sealer,
              secrets.apiKeyPepper,
              stack.sandbox.providers,
            );
      merchants.push({ ...merchant, share });
    }
    const from = performance.now();
    await fillLists(pool, invoices, merchants, say);
    say(`${invoices} invoices filled in within ${((performance.now() - from) / 1000).toFixed(0)} s`);
  } finally {
    await pool.end();
  }
}

/** The questions, with what differs from one to the next; `number` is that of an invoice of the merchant's. */
const QUESTIONS: Readonly<Record<string, (number: number, invoices: number) => string>> = {
  'no filter': () => 'invoices',
  'a page of 100': () => 'invoices?limit=100',
  'status, common': () => 'invoices?status=paid',
  'status, rare': () => 'invoices?status=overpaid',
  reference: (number) => `invoices?reference=order-${number}`,
  'amount, narrow': (number) => `invoices?amount_gte=${1000 + number}&amount_lte=${1500 + number}`,
  'amount, wide': () => 'invoices?amount_gte=1000000',
  'created on a day': (number, invoices) => `invoices?${dayOf(number, invoices)}`,
  'status and day': (number, invoices) => `invoices?status=expired&${dayOf(number, invoices)}`,
  'currency and status': () => 'invoices?currency=USD&status=refunded',
  'metadata, one invoice': (number) => `invoices?metadata[order_id]=${number}`,
  'metadata, a third': () => 'invoices?metadata[channel]=app',
  "metadata, others' only": () => 'invoices?metadata[channel]=kiosk',
  'provider, common': () => 'invoices?provider=finan',
  'provider, rare': () => 'invoices?provider=rehive',
  'deep cursor': (_number, invoices) => `invoices?starting_after=${invoiceId(ownNear(invoices * 0.02))}`,
  'expand=events': () => 'invoices?expand=events',
  'expand=events, 100': () => 'invoices?expand=events&limit=100',
  'one invoice': (number) => `invoices/${invoiceId(number)}?expand=events`,
  'its quotes': (number) => `invoices/${invoiceId(number)}/quotes`,
  'its events': (number) => `events?invoice=${invoiceId(number)}`,
  payments: () => 'payments',
  'payments on a day': (number, invoices) => `payments?${dayOf(number, invoices)}`,
  'payments, provider': () => 'payments?provider=rehive',
  'payments, reference': (number) => `payments?reference=order-${number}&expand=invoice`,
  'payments, their id': (number) => `payments?provider_payment_id=P${number * 2}`,
};

async function ask(
  stack: Stack,
  invoices: number,
  requests: number,
  say: (line: string) => void,
): Promise<Record<string, Percentiles>> {
  const headers = { authorization: `Bearer ${stack.merchant.api_key}` };
  const times: Record<string, Percentiles> = {};
  for (const [name, question] of Object.entries(QUESTIONS)) {
    const all: number[] = [];
    // The first tenth warms up: statements, connections, the pages that are read again and again.
    const warmUp = Math.ceil(requests / 10);
    for (let index = 0; index < requests + warmUp; index += 1) {
      const number = ownNear(((index * 7_368_787) % (invoices - 200)) + 1);
      const from = performance.now();
      const response = await fetch(`${stack.apiUrl}/v1/${question(number, invoices)}`, { headers });
      const text = await response.text();
      if (index >= warmUp) all.push(performance.now() - from);
      if (!response.ok) throw new Error(`${name}: ${response.status} ${text}`);
    }
    times[name] = percentiles(all);
    say(`${invoices} invoices, ${name}: p95 ${times[name].p95} ms`);
  }
  return times;
}

/** The number of an invoice of the merchant who asks, at this one or after it. */
function ownNear(start: number): number {
  const first = SHARES[0];
  let number = Math.floor(start);
  while ((number * 31) % 100 >= first) number += 1;
  return number;
}

function dayOf(number: number, invoices: number): string {
  const at = Date.now() - 400 * 86_400_000 * (1 - number / invoices);
  const time = (ms: number): string => new Date(ms).toISOString();
  return `created_gte=${time(at)}&created_lte=${time(at + 86_400_000)}`;
}

/** A line for each question, a column for each size. */
export function printLists(measured: readonly ListsMeasured[]): string {
  const names = Object.keys(QUESTIONS);
  const width = Math.max(...names.map((name) => name.length));
  const cell = ({ p50, p95 }: Percentiles): string => `${p50.toFixed(1)} / ${p95.toFixed(1)}`.padStart(18);
  const head = measured.map(({ invoices }) => `${invoices.toLocaleString('en')} invoices`.padStart(18));
  const lines = names.map(
    (name) =>
      `${name.padEnd(width)} ${measured.map(({ times }) => (times[name] ? cell(times[name]) : '')).join(' ')}`,
  );
  return [`${'ms, p50 / p95'.padEnd(width)} ${head.join(' ')}`, ...lines].join('\n');
}

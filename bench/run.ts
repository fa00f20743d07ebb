/** The benchmark: Sarraf and the floor in turn, on the same engines, simulator and driver. See docs/performance.md. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { launch, type Launched } from '../cli/supervised-process.ts';
import { startStack, type Stack } from '../cli/stack.ts';
import { loadConfig } from '../config/index.ts';
import type { Report } from '../engines/index.ts';
import { historyCost, type HistoryCost } from './history.ts';
import { runLoad, type LoadResult, type PaidWatch, type Target } from './load.ts';
import { usageOf, type Usage } from './processes.ts';
import { percentiles, type Percentiles } from './statistics.ts';
import { floorTarget, sarrafTarget } from './targets.ts';
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

/** One target at one concurrency; the median round. */
export interface Measured {
  readonly target: string;
  readonly concurrency: number;
  readonly invoices_per_s: number;
  readonly create_to_link_ms: Percentiles;
  readonly webhook_to_paid_ms: Percentiles;
  /** As the simulator saw it; null for the floor's bare server, which checks nothing. */
  readonly webhook_ack_ms: Percentiles;
  /** Milliseconds of CPU per invoice, by process. */
  readonly cpu_ms_per_invoice: Readonly<Record<string, number>>;
}

export interface BenchResult {
  readonly measured: readonly Measured[];
  readonly history: HistoryCost;
  /** Growth of resident memory with the waiting invoices, MB, by process; null when skipped. */
  readonly waiting: { readonly invoices: number; readonly grown_mb: Readonly<Record<string, number>> } | null;
}

/** Runs everything on fresh engines in a temporary directory, which is removed afterwards. */
export async function runBench(
  options: BenchOptions,
  report: Report,
  say: (line: string) => void,
): Promise<BenchResult> {
  const dataDir = await mkdtemp(join(tmpdir(), 'sarraf-bench-'));
  const config = loadConfig({ ...process.env, SARRAF_DATA_DIR: dataDir, API_PORT: '0', LOG_LEVEL: 'warn' });
  const stack = await startStack(config, report, { keep: false, ui: false });
  const floor = await startFloor(stack, join(dataDir, 'logs'));
  const watch = await watchPaid(stack.engines.database.url);
  try {
    const bench = new Bench(stack, floor, watch, say);
    return await bench.run(options);
  } finally {
    await watch.stop();
    await floor.stop();
    await stack.stop();
    await rm(dataDir, { recursive: true, force: true });
  }
}

interface Floor {
  readonly url: string;
  readonly worker: Launched;
  readonly server: Launched;
  stop(): Promise<void>;
}

async function startFloor(stack: Stack, logDir: string): Promise<Floor> {
  const { database, temporal } = stack.engines;
  const pool = new pg.Pool({ connectionString: database.url, max: 1 });
  await pool.query(
    'create table floor_paid (id text primary key, received_at timestamptz not null, written_at timestamptz not null default now())',
  );
  await pool.end();
  const finan = stack.sandbox.providers['finan'];
  const env = {
    ...process.env,
    FLOOR_DATABASE_URL: database.url,
    FLOOR_TEMPORAL_ADDRESS: temporal.address,
    FLOOR_PROVIDER: JSON.stringify({ base_url: finan?.base_url, ...finan?.credentials }),
  };
  const worker = await launch({ name: 'floor-worker', script: 'bench/floor/worker.ts', env }, logDir);
  const server = await launch({ name: 'floor-server', script: 'bench/floor/server.ts', env }, logDir);
  await worker.ready;
  const { url } = await server.ready;
  return {
    url: String(url),
    worker,
    server,
    async stop() {
      await server.stop(2_000);
      await worker.stop(10_000);
    },
  };
}

class Bench {
  readonly #stack: Stack;
  readonly #floor: Floor;
  readonly #watch: PaidWatch;
  readonly #say: (line: string) => void;
  readonly #targets: readonly Target[];

  constructor(stack: Stack, floor: Floor, watch: PaidWatch, say: (line: string) => void) {
    this.#stack = stack;
    this.#floor = floor;
    this.#say = say;
    this.#watch = watch;
    this.#targets = [floorTarget(floor.url), sarrafTarget(stack)];
  }

  async run({ count, concurrencies, rounds, warmup, waiting }: BenchOptions): Promise<BenchResult> {
    for (const target of this.#targets) {
      this.#say(`warming up ${target.name} with ${warmup} invoices`);
      await this.#measure(target, { count: warmup, concurrency: 20 });
    }
    const all: Measured[] = [];
    for (const concurrency of concurrencies) {
      for (let round = 1; round <= rounds; round++) {
        for (const target of this.#targets) {
          const measured = await this.#measure(target, {
            count: concurrency === 1 ? Math.min(count, 200) : count,
            concurrency,
          });
          this.#say(
            `${target.name} at ${concurrency}, round ${round}: ${measured.invoices_per_s} invoices/s`,
          );
          all.push(measured);
        }
      }
    }
    const history = await historyCost(this.#stack);
    return {
      measured: medianRounds(all),
      history,
      waiting: waiting === 0 ? null : await this.#wait(waiting),
    };
  }

  async #measure(target: Target, load: { count: number; concurrency: number }): Promise<Measured> {
    const webhookUrl = target.name === 'floor' ? `${this.#floor.url}/hook` : this.#sarrafHook();
    await this.#control('PUT', 'finan/webhook_url', { url: webhookUrl });
    const seen = (await this.#acknowledgements()).length;
    const before = await this.#usage(target.name);
    const result = await runLoad(target, this.#watch, this.#stack.sandbox.controlUrl, load);
    const after = await this.#usage(target.name);
    const acks = (await this.#acknowledgements()).slice(seen);
    return summarize(target.name, load, result, acks, cpuPerInvoice(before, after, load.count));
  }

  /** Leaves `count` payments waiting for their customers and tells how much memory they take. */
  async #wait(count: number): Promise<BenchResult['waiting']> {
    this.#say(`leaving ${count} invoices waiting`);
    const target = this.#targets[1];
    if (!target) return null;
    const before = await this.#usage('sarraf');
    let left = count;
    const client = async (): Promise<void> => {
      while (left-- > 0) await target.createLink();
    };
    await Promise.all(Array.from({ length: 20 }, client));
    const after = await this.#usage('sarraf');
    const grown = Object.entries(after).map(([name, usage]) => [
      name,
      Math.round(((usage?.rss ?? 0) - (before[name]?.rss ?? 0)) / 1024 / 1024),
    ]);
    return { invoices: count, grown_mb: Object.fromEntries(grown) as Record<string, number> };
  }

  async #usage(target: string): Promise<Record<string, Usage | null>> {
    const { engines, api, worker } = this.#stack;
    const own =
      target === 'floor'
        ? { front: this.#floor.server.pid, worker: this.#floor.worker.pid }
        : { front: api.pid, worker: worker.pid };
    return usageOf({ ...own, temporal: engines.temporal.pid, postgres: engines.database.pid });
  }

  /** How long each webhook took to be acknowledged, milliseconds, oldest first. */
  async #acknowledgements(): Promise<number[]> {
    const deliveries = (await this.#control('GET', 'finan/webhooks')) as { duration_ms: number }[];
    return deliveries.map(({ duration_ms }) => duration_ms);
  }

  #sarrafHook(): string {
    return `${this.#stack.apiUrl}/webhooks/finan/${this.#stack.merchant.accounts['finan']}`;
  }

  async #control(method: 'GET' | 'PUT', path: string, body?: unknown): Promise<unknown> {
    const url = `${this.#stack.sandbox.controlUrl}/${path}`;
    const response = await fetch(url, {
      method,
      ...(body === undefined
        ? {}
        : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
    });
    if (!response.ok) throw new Error(`${url} answered ${response.status}: ${await response.text()}`);
    return response.json();
  }
}

function cpuPerInvoice(
  before: Readonly<Record<string, Usage | null>>,
  after: Readonly<Record<string, Usage | null>>,
  count: number,
): Record<string, number> {
  const entries = Object.entries(after).flatMap(([name, usage]) => {
    const earlier = before[name];
    return usage && earlier
      ? [[name, Math.round(((usage.cpu_ms - earlier.cpu_ms) / count) * 10) / 10] as const]
      : [];
  });
  return Object.fromEntries(entries);
}

function summarize(
  target: string,
  { count, concurrency }: { count: number; concurrency: number },
  result: LoadResult,
  acks: readonly number[],
  cpu_ms_per_invoice: Readonly<Record<string, number>>,
): Measured {
  return {
    target,
    concurrency,
    invoices_per_s: Math.round((count / result.elapsed_ms) * 10_000) / 10,
    create_to_link_ms: percentiles(result.create_to_link_ms),
    webhook_to_paid_ms: percentiles(result.webhook_to_paid_ms),
    webhook_ack_ms: percentiles(acks),
    cpu_ms_per_invoice,
  };
}

/** Of the rounds of one target at one concurrency, the one with the median throughput. */
function medianRounds(all: readonly Measured[]): Measured[] {
  const groups = new Map<string, Measured[]>();
  for (const measured of all) {
    const key = `${measured.target}/${measured.concurrency}`;
    groups.set(key, [...(groups.get(key) ?? []), measured]);
  }
  return [...groups.values()].flatMap(
    (group) =>
      [...group].sort((a, b) => a.invoices_per_s - b.invoices_per_s)[Math.floor(group.length / 2)] ?? [],
  );
}

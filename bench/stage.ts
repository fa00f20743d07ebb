/** Measures Sarraf and the floor on one set of engines. */
import type { Stack } from '../cli/stack.ts';
import type { Floor } from './floor/launch.ts';
import { historyCost, type HistoryCost } from './history.ts';
import { runLoad, type LoadResult, type PaidWatch, type Target } from './load.ts';
import { usageOf, type Usage } from './processes.ts';
import { percentiles, type Percentiles } from './statistics.ts';
import { floorTarget, sarrafTarget } from './targets.ts';

/** Invoices of a run at concurrency 1: enough for percentiles. */
const ONE_AT_A_TIME = 200;

/** One target at one concurrency; the median round. */
export interface Measured {
  readonly target: string;
  readonly concurrency: number;
  readonly invoices_per_s: number;
  readonly create_to_link_ms: Percentiles;
  readonly webhook_to_paid_ms: Percentiles;
  /** As the simulator saw it. (The floor's front checks and stores nothing.) */
  readonly webhook_ack_ms: Percentiles;
  /** Milliseconds of CPU per invoice, by process. */
  readonly cpu_ms_per_invoice: Readonly<Record<string, number>>;
}

/** One set of engines with both systems on it. */
export class Stage {
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

  async warmUp(count: number): Promise<void> {
    for (const target of this.#targets) {
      this.#say(`warming up ${target.name} with ${count} invoices`);
      await this.#measure(target, { count, concurrency: 20 });
    }
  }

  /** Runs both in turn, `rounds` times each; the median round of each. */
  async measureInTurn(plan: { count: number; concurrency: number; rounds: number }): Promise<Measured[]> {
    const { concurrency, rounds } = plan;
    const count = concurrency === 1 ? Math.min(plan.count, ONE_AT_A_TIME) : plan.count;
    const all: Measured[] = [];
    for (let round = 1; round <= rounds; round++) {
      for (const target of this.#targets) {
        const measured = await this.#measure(target, { count, concurrency });
        this.#say(`${target.name} at ${concurrency}, round ${round}: ${measured.invoices_per_s} invoices/s`);
        all.push(measured);
      }
    }
    return medianRounds(all);
  }

  history(): Promise<HistoryCost> {
    return historyCost(this.#stack);
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

  /** Leaves `count` payments waiting for their customers and tells how much memory they take, MB by process. */
  async leaveWaiting(count: number): Promise<Record<string, number>> {
    this.#say(`leaving ${count} invoices waiting`);
    const target = sarrafTarget(this.#stack);
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
    return Object.fromEntries(grown) as Record<string, number>;
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

/**
 * The load: N invoices, C at a time, each taken from creation to paid. The same driver, simulator and database serve
 * Sarraf and the floor; only the target in between differs.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { Agent, request } from 'undici';

/** A system that can take a payment. */
export interface Target {
  readonly name: string;
  /** Creates what is owed and asks for a payment; resolves when the customer could pay. */
  createLink(): Promise<{ readonly id: string; readonly provider_payment_id: string }>;
  /** Which of these have been paid, and how long after their webhook came in (milliseconds, from the database). */
  paid(ids: readonly string[]): Promise<ReadonlyMap<string, number>>;
}

export interface LoadResult {
  readonly elapsed_ms: number;
  readonly create_to_link_ms: readonly number[];
  readonly webhook_to_paid_ms: readonly number[];
}

/** How often the database is asked who has been paid. */
const WATCH_MS = 5;

export const agent = new Agent({ connections: 256, keepAliveTimeout: 60_000 });

/** POSTs JSON and returns the parsed answer. Throws with the answer's text when the status is not 2xx. */
export async function post(
  url: string,
  body: unknown,
  headers: Record<string, string> = {},
): Promise<unknown> {
  const response = await request(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
    dispatcher: agent,
  });
  const text = await response.body.text();
  if (response.statusCode >= 300)
    throw new Error(`${url} answered ${response.statusCode}: ${text.slice(0, 500)}`);
  return JSON.parse(text) as unknown;
}

/** Takes `count` invoices through `target`, `concurrency` at a time. Throws when one is not paid within a minute. */
export async function runLoad(
  target: Target,
  controlUrl: string,
  { count, concurrency }: { count: number; concurrency: number },
): Promise<LoadResult> {
  const create_to_link_ms: number[] = [];
  const webhook_to_paid_ms: number[] = [];
  const watch = watchPaid(target);
  let started = 0;

  const client = async (): Promise<void> => {
    while (started < count) {
      started += 1;
      const begin = performance.now();
      const { id, provider_payment_id } = await target.createLink();
      create_to_link_ms.push(performance.now() - begin);
      const paid = watch.wait(id);
      await post(`${controlUrl}/finan/payments/${provider_payment_id}/pay`, {});
      webhook_to_paid_ms.push(await paid);
    }
  };

  const begin = performance.now();
  try {
    await Promise.all(Array.from({ length: concurrency }, client));
  } finally {
    watch.stop();
  }
  return { elapsed_ms: performance.now() - begin, create_to_link_ms, webhook_to_paid_ms };
}

interface Watch {
  wait(id: string): Promise<number>;
  stop(): void;
}

/** One query for all that are waited for, so that watching costs the same whatever is measured. */
function watchPaid(target: Target): Watch {
  const waiting = new Map<
    string,
    { resolve: (ms: number) => void; reject: (error: Error) => void; since: number }
  >();
  let running = true;
  const rejectAll = (error: Error): void => {
    for (const { reject } of waiting.values()) reject(error);
    waiting.clear();
  };
  const loop = async (): Promise<void> => {
    while (running) {
      await sleep(WATCH_MS);
      if (waiting.size === 0) continue;
      for (const [id, ms] of await target.paid([...waiting.keys()])) {
        waiting.get(id)?.resolve(ms);
        waiting.delete(id);
      }
      const late = [...waiting].find(([, { since }]) => performance.now() - since > 60_000);
      if (late) rejectAll(new Error(`${target.name}: ${late[0]} was not paid within a minute`));
    }
  };
  void loop().catch((error: unknown) => rejectAll(error instanceof Error ? error : new Error(String(error))));
  return {
    wait: (id) =>
      new Promise((resolve, reject) => waiting.set(id, { resolve, reject, since: performance.now() })),
    stop: () => {
      running = false;
    },
  };
}

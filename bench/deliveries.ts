/**
 * Outgoing webhooks: how long after its commit an event is first at the merchant's server. Invoices are taken from creation to paid;
 * their events go to a server that answers at once, first alone, then beside endpoints that never answer.
 */
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { startStack, type Stack } from '../cli/stack.ts';
import { loadConfig } from '../config/index.ts';
import type { Report } from '../engines/index.ts';
import { post, runLoad, type PaidWatch } from './load.ts';
import { percentiles, type Percentiles } from './statistics.ts';
import { sarrafTarget } from './targets.ts';

export interface DeliveriesOptions {
  /** Invoices in each situation. */
  readonly count: number;
  /** Invoices under way at once. */
  readonly concurrency: number;
  /** Endpoints beside it that take every event and never answer. */
  readonly silent: number;
}

/** Milliseconds from an event's commit to its first arrival. */
export interface DeliveriesResult {
  readonly alone: Percentiles;
  readonly beside: Percentiles;
  /** Events measured in each. */
  readonly events: number;
}

/** What is promised of the p95, milliseconds. */
const PROMISED_MS = 1000;
const GIVE_UP_MS = 60_000;

/** Starts a stack, measures, stops it. Throws when an invoice's payment is not told within a minute. */
export async function runDeliveries(
  { count, concurrency, silent }: DeliveriesOptions,
  report: Report,
  say: (line: string) => void,
): Promise<DeliveriesResult> {
  const dataDir = await mkdtemp(join(tmpdir(), 'sarraf-bench-'));
  const config = loadConfig({ ...process.env, SARRAF_DATA_DIR: dataDir, API_PORT: '0' });
  const shop = await startShop();
  const apiEnv = { RATE_LIMIT_PER_MINUTE: '0' };
  const stack = await startStack(config, report, { keep: false, ui: false, apiEnv });
  try {
    await addEndpoint(stack, shop.url('prompt'));
    const measure = async (): Promise<number[]> => {
      shop.arrivals.clear();
      await runLoad(sarrafTarget(stack), shop, stack.sandbox.controlUrl, { count, concurrency });
      return latenesses(stack.engines.database.url, shop.arrivals);
    };
    say('warming up');
    await measure();
    say(`${count} invoices, ${concurrency} at a time`);
    const alone = await measure();
    say(`the same beside ${silent} endpoints that never answer`);
    for (let made = 1; made <= silent; made++) await addEndpoint(stack, shop.url(`silent/${made}`));
    const beside = await measure();
    return { alone: percentiles(alone), beside: percentiles(beside), events: alone.length };
  } finally {
    await stack.stop();
    await shop.stop();
    await rm(dataDir, { recursive: true, force: true });
  }
}

export function printDeliveries({ alone, beside, events }: DeliveriesResult): string {
  const line = (name: string, { p50, p95, p99 }: Percentiles): string =>
    `${name.padEnd(34)} ${p50.toFixed(0)} / ${p95.toFixed(0)} / ${p99.toFixed(0)}`;
  const verdict = Math.max(alone.p95, beside.p95) <= PROMISED_MS ? 'within' : 'MORE THAN';
  return [
    `commit→first arrival ms of ${events} events, p50 / p95 / p99`,
    line('alone', alone),
    line('beside endpoints that never answer', beside),
    `p95 ${verdict} the promised ${PROMISED_MS} ms`,
  ].join('\n');
}

interface Shop extends PaidWatch {
  /** When each event first came, milliseconds since 1970, by its id. */
  readonly arrivals: Map<string, number>;
  url(path: string): string;
  stop(): Promise<void>;
}

/** The merchant's server: answers at `/prompt` and nowhere else. */
async function startShop(): Promise<Shop> {
  const arrivals = new Map<string, number>();
  const waiting = new Map<string, () => void>();
  const server = createServer((request, response) => {
    const at = Date.now();
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      if (request.url !== '/prompt') return;
      response.writeHead(204).end();
      const { id, type, invoice } = JSON.parse(Buffer.concat(chunks).toString()) as Told;
      if (!arrivals.has(id)) arrivals.set(id, at);
      if (type === 'invoice.paid' && invoice !== null) waiting.get(invoice)?.();
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    arrivals,
    url: (path) => `http://127.0.0.1:${port}/${path}`,
    wait: (id) =>
      new Promise((resolve, reject) => {
        const begin = performance.now();
        const timer = setTimeout(() => reject(new Error(`nothing was told of ${id}`)), GIVE_UP_MS);
        waiting.set(id, () => {
          clearTimeout(timer);
          waiting.delete(id);
          resolve(performance.now() - begin);
        });
      }),
    async stop() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

/** The part of an event that is read here. */
interface Told {
  readonly id: string;
  readonly type: string;
  readonly invoice: string | null;
}

async function addEndpoint({ apiUrl, merchant }: Stack, url: string): Promise<void> {
  const headers = { authorization: `Bearer ${merchant.api_key}` };
  await post(`${apiUrl}/v1/webhook_endpoints`, { url, event_types: ['*'] }, headers);
}

/** By the database's clock and this process's: one machine, so one clock. */
async function latenesses(databaseUrl: string, arrivals: ReadonlyMap<string, number>): Promise<number[]> {
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  try {
    const { rows } = await client.query<{ id: string; ms: number }>(
      'select id, extract(epoch from recorded_at)::float8 * 1000 as ms from outgoing_events where id = any($1)',
      [[...arrivals.keys()]],
    );
    return rows.map(({ id, ms }) => (arrivals.get(id) ?? NaN) - ms);
  } finally {
    await client.end();
  }
}

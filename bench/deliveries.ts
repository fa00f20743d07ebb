/**
 * Outgoing webhooks: how long after its commit an event is first at a merchant's server. Invoices are taken from creation to paid;
 * their events go to one endpoint, then to several that all answer at once, then to as many of which one never answers.
 */
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { startStack, type Stack } from '../cli/stack.ts';
import { loadConfig } from '../config/index.ts';
import type { Report } from '../engines/index.ts';
import { post, type PaidWatch } from './load.ts';
import { percentiles, type Percentiles } from './statistics.ts';
import { sarrafTarget } from './targets.ts';

export interface DeliveriesOptions {
  /** Invoices in each situation. */
  readonly count: number;
  /** Milliseconds from one invoice to the next: at full load one would measure how long queues are. */
  readonly pace_ms: number;
  /** Endpoints in the second and third situation; each takes every event. */
  readonly endpoints: number;
}

/** Milliseconds from an event's commit to its first arrival at an endpoint that answers. */
export interface DeliveriesResult {
  readonly one: Percentiles;
  readonly several: Percentiles;
  readonly oneHangs: Percentiles;
  /** The p95 where one hangs, against that where all answer. */
  readonly ratio: number;
}

/** What is promised of the p95 at one endpoint, milliseconds, and of the ratio. */
const PROMISED_MS = 1000;
const RATIO_MAX = 1.2;
const GIVE_UP_MS = 60_000;

/** Starts a stack, measures, stops it. Throws when an invoice's payment is not told within a minute. */
export async function runDeliveries(
  { count, pace_ms, endpoints }: DeliveriesOptions,
  report: Report,
  say: (line: string) => void,
): Promise<DeliveriesResult> {
  const dataDir = await mkdtemp(join(tmpdir(), 'sarraf-bench-'));
  const config = loadConfig({ ...process.env, SARRAF_DATA_DIR: dataDir, API_PORT: '0' });
  const shop = await startShop();
  const apiEnv = { RATE_LIMIT_PER_MINUTE: '0' };
  const stack = await startStack(config, report, { keep: false, ui: false, apiEnv });
  try {
    const add = async (wanted: number): Promise<string[]> => {
      const added = [];
      for (let made = 0; made < wanted; made++) added.push(await addEndpoint(stack, shop));
      return added;
    };
    const measure = async (situation: string): Promise<Percentiles> => {
      shop.arrivals.length = 0;
      const journeys = [];
      for (let begun = 0; begun < count; begun++) {
        journeys.push(payOne(stack, shop));
        await sleep(pace_ms);
      }
      await Promise.all(journeys);
      const result = percentiles(await latenesses(stack.engines.database.url, shop.arrivals));
      say(`${situation}: p50 ${result.p50} ms, p95 ${result.p95} ms`);
      return result;
    };
    await add(1);
    await measure('warming up');
    const one = await measure('one endpoint');
    const [hanging = ''] = await add(endpoints - 1);
    const several = await measure(`${endpoints} endpoints that answer`);
    shop.hang(hanging);
    const oneHangs = await measure('one of them hangs');
    return { one, several, oneHangs, ratio: oneHangs.p95 / several.p95 };
  } finally {
    await stack.stop();
    await shop.stop();
    await rm(dataDir, { recursive: true, force: true });
  }
}

export function printDeliveries({ one, several, oneHangs, ratio }: DeliveriesResult): string {
  const line = (name: string, { p50, p95, p99 }: Percentiles): string =>
    `${name.padEnd(28)} ${p50.toFixed(0)} / ${p95.toFixed(0)} / ${p99.toFixed(0)}`;
  const verdict = (holds: boolean): string => (holds ? 'within' : 'MORE THAN');
  return [
    'commit→first arrival ms, p50 / p95 / p99',
    line('one endpoint', one),
    line('several that answer', several),
    line('the others when one hangs', oneHangs),
    `p95 at one endpoint: ${verdict(one.p95 <= PROMISED_MS)} the promised ${PROMISED_MS} ms`,
    `p95 when one hangs ${ratio.toFixed(2)} ×: ${verdict(ratio <= RATIO_MAX)} the promised ${RATIO_MAX} ×`,
  ].join('\n');
}

/** An event's arrival at an endpoint that answers. */
interface Arrival {
  readonly event: string;
  /** Milliseconds since 1970. */
  readonly at: number;
}

interface Shop extends PaidWatch {
  readonly arrivals: Arrival[];
  readonly url: string;
  /** From now on, nothing is answered at this path. */
  hang(path: string): void;
  stop(): Promise<void>;
}

/** The merchant's server, with an endpoint at each path. An invoice counts as paid when the first of them has been told. */
async function startShop(): Promise<Shop> {
  const arrivals: Arrival[] = [];
  const hanging = new Set<string>();
  const waiting = new Map<string, () => void>();
  const server = createServer((request, response) => {
    const at = Date.now();
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      if (hanging.has(request.url ?? '')) return;
      response.writeHead(204).end();
      const { id, type, invoice } = JSON.parse(Buffer.concat(chunks).toString()) as Told;
      arrivals.push({ event: id, at });
      if (type === 'invoice.paid' && invoice !== null) waiting.get(invoice)?.();
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    arrivals,
    url: `http://127.0.0.1:${port}`,
    hang: (path) => void hanging.add(path),
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

/** Resolves when the merchant has been told that it is paid. */
async function payOne(stack: Stack, shop: Shop): Promise<void> {
  const { id, provider_payment_id } = await sarrafTarget(stack).createLink();
  const paid = shop.wait(id);
  await post(`${stack.sandbox.controlUrl}/finan/payments/${provider_payment_id}/pay`, {});
  await paid;
}

/** Returns its path at the shop. */
async function addEndpoint({ apiUrl, merchant }: Stack, shop: Shop): Promise<string> {
  const path = `/${randomUUID()}`;
  const headers = { authorization: `Bearer ${merchant.api_key}` };
  const endpoint = { url: shop.url + path, event_types: ['*'] };
  await post(`${apiUrl}/v1/webhook_endpoints`, endpoint, headers);
  return path;
}

/** By the database's clock and this process's: one machine, so one clock. */
async function latenesses(databaseUrl: string, arrivals: readonly Arrival[]): Promise<number[]> {
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  try {
    const { rows } = await client.query<{ id: string; ms: number }>(
      'select id, extract(epoch from recorded_at)::float8 * 1000 as ms from outgoing_events where id = any($1)',
      [arrivals.map(({ event }) => event)],
    );
    const committed = new Map(rows.map(({ id, ms }) => [id, ms]));
    return arrivals.map(({ event, at }) => at - (committed.get(event) ?? NaN));
  } finally {
    await client.end();
  }
}

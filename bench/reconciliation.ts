/**
 * How long reconciling many rows takes, and how much memory: `node --import tsx/esm bench/reconciliation.ts [rows]`. The very steps of a
 * run, on a Postgres of its own, against a list in memory and then against a settlement file.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type pg from 'pg';
import pino from 'pino';
import { compareRun, finishRun, readRun, settleRun } from '../activities/reconciliation.ts';
import { CHANGES_AT_ONCE } from '../api/routes/reconciliation-runs.ts';
import { importFile } from '../api/settlement-import.ts';
import { loadConfig } from '../config/index.ts';
import { newId } from '../db/ids.ts';
import { createMerchant } from '../db/merchants.ts';
import { migrate } from '../db/migrate.ts';
import { createPool } from '../db/pool.ts';
import { listChanges } from '../db/reconciliation-rows.ts';
import { insertRun, type NewRun } from '../db/reconciliation-runs.ts';
import { currency } from '../domain/currency.ts';
import { ProviderError } from '../domain/provider-error.ts';
import { startEngines, silentReport } from '../engines/index.ts';
import type { Connector, ListedPage } from '../providers/contract.ts';
import { finan } from '../providers/finan/connector.ts';
import { SEARCH_ATTRIBUTES } from '../workflows/contract.ts';

const ROWS = Number(process.argv[2] ?? 100_000);
const PAGE = 100;
const VND = currency('VND');
const TODAY = new Date().toISOString().slice(0, 10);

const dataDir = await mkdtemp(join(tmpdir(), 'sarraf-bench-'));
const config = loadConfig({ ...process.env, SARRAF_DATA_DIR: dataDir, API_PORT: '0' });
const engines = await startEngines(config, silentReport, {
  searchAttributes: SEARCH_ATTRIBUTES,
  keep: false,
  ui: false,
});
const pool = createPool({ url: engines.database.url, size: 5, name: 'bench', onError: () => undefined });

async function seed(): Promise<{ merchant_id: string; account_id: string }> {
  await migrate(engines.database.url);
  const merchant_id = await createMerchant(pool, 'Bench');
  const account_id = newId('pacc');
  await pool.query(
    `insert into provider_accounts (id, merchant_id, mode, provider, label, base_url, credentials)
     values ($1, $2, 'sandbox', 'finan', 'bench', 'http://127.0.0.1:1', '')`,
    [account_id, merchant_id],
  );
  for (let done = 0; done < ROWS; done += 5_000) {
    const count = Math.min(5_000, ROWS - done);
    const ids = Array.from({ length: count }, () => [newId('inv'), newId('pay')] as const);
    const lists = [ids.map(([invoice]) => invoice), ids.map(([, payment]) => payment)];
    await pool.query(
      `insert into invoices (id, merchant_id, mode, currency, amount, due_at, created_at, updated_at, state, version, status)
       select u, $2, 'sandbox', 'VND', 200000, now(), now(), now(), '{}', 1, 'paid' from unnest($1::text[]) u`,
      [lists[0], merchant_id],
    );
    await pool.query(
      `insert into payments (id, invoice_id, merchant_id, account_id, provider, method, currency, amount, request, created_at, sent_at,
         status, provider_payment_id, amount_received, updated_at)
       select p, i, $3, $4, 'finan', 'bank_transfer', 'VND', 200000, '{}', now(), now(), 'paid', 'P' || ($5 + n), 200000, now()
       from unnest($1::text[], $2::text[]) with ordinality u (i, p, n)`,
      [...lists, merchant_id, account_id, done],
    );
    await pool.query(
      `insert into ledger_entries (transaction_key, line, account, merchant_id, account_id, invoice_id, payment_id, currency, amount, at)
       select 'receipt:' || p || ':1', l, case l when 1 then 'provider_clearing' else 'merchant_payable' end, $3, $4, i, p, 'VND',
         case l when 1 then 200000 else -200000 end, now()
       from unnest($1::text[], $2::text[]) u (i, p), generate_series(1, 2) l`,
      [...lists, merchant_id, account_id],
    );
  }
  return { merchant_id, account_id };
}

/** All payments of the record but the last ten, and ten that it does not have. */
async function* pages(): AsyncGenerator<ListedPage> {
  for (let done = 0; done < ROWS; done += PAGE) {
    const rows = Array.from({ length: PAGE }, (_, index) => ({
      provider_payment_id: done + index < 10 ? `X${index}` : `P${done + index}`,
      reference: null,
      currency: VND,
      status: 'paid' as const,
      provider_status: 'paid',
      amount: 200_000,
      received: 200_000,
      refunded: null,
      fee: null,
      at: new Date().toISOString(),
    }));
    await sleep(0);
    yield { rows, next: String(done + PAGE) };
  }
}

const connector: Connector<unknown> = {
  ...(finan as Connector<unknown>),
  listPayments: pages,
  readPayment: () =>
    Promise.reject(new ProviderError({ kind: 'not_found', code: 'not_found', message: 'not in the list' })),
};

async function measured(name: string, work: () => Promise<unknown>): Promise<void> {
  globalThis.gc?.();
  const before = process.memoryUsage().rss;
  let peak = before;
  const watch = setInterval(() => (peak = Math.max(peak, process.memoryUsage().rss)), 50);
  const from = performance.now();
  const result = await work();
  clearInterval(watch);
  const mb = (bytes: number): string => (bytes / 1024 / 1024).toFixed(0);
  const seconds = ((performance.now() - from) / 1000).toFixed(1);
  console.log(
    `${name}: ${seconds} s, ${mb(before)} MB before, ${mb(peak)} MB at most  ${JSON.stringify(result)}`,
  );
}

function newRun(
  source: NewRun['source'],
  { merchant_id, account_id }: Awaited<ReturnType<typeof seed>>,
): NewRun {
  const [id, created_at] = [newId('rec'), new Date().toISOString()];
  const of = { day: TODAY, source, is_complete: source === 'list', requested_by: 'bench' } as const;
  return { id, merchant_id, mode: 'sandbox', account_id, created_at, ...of };
}

const nothing = (): never => {
  throw new Error('nothing differs that could be read again');
};
const invoices = {
  open: nothing,
  requestPayment: nothing,
  moveMoney: nothing,
  resolveCase: nothing,
  cancel: nothing,
  cancelPayment: nothing,
  refresh: nothing,
  webhookArrived: nothing,
  running: nothing,
  wake: nothing,
};
const dependencies = {
  pool,
  connectorFor: () => connector,
  invoices,
  deliveries: { wake: () => Promise.resolve() },
  logger: pino({ level: 'silent' }),
  now: Date.now,
};
const context = {
  open: () => ({ connector, context: {} as never }),
  signal: new AbortController().signal,
  heartbeat: () => undefined,
};

async function steps(run_id: string, name: string): Promise<void> {
  await measured(`${name}: read`, () => readRun(dependencies, context, run_id));
  await measured(`${name}: compare`, () => compareRun(dependencies, context, run_id));
  await measured(`${name}: settle`, () => settleRun(dependencies, context, run_id));
  await measured(`${name}: finish`, () => finishRun(dependencies, run_id));
}

async function* csv(): AsyncGenerator<Buffer> {
  yield Buffer.from('provider_payment_id,amount,fee,currency,settled_at,settlement_reference\n');
  for (let row = 1; row <= ROWS; row += 1) yield Buffer.from(`P${row},200000,2000,VND,${TODAY},PO-1\n`);
}

async function benchFile(client: pg.Pool, ids: Awaited<ReturnType<typeof seed>>): Promise<string> {
  const run = newRun('file', ids);
  const account = { ...ids, settlement_file: null } as never;
  const answer = { status: 202, body: '{}' };
  await measured('file: import', () =>
    importFile(client, csv(), { run, account, manifest: finan.manifest, answer, claimFor: () => null }),
  );
  await steps(run.id, 'file');
  return run.id;
}

/** What the file has otherwise than the list, in the pages that the API reads for its CSV; resolves to how many rows. */
async function benchChanges(run_id: string, earlier_id: string): Promise<number> {
  let count = 0;
  let after: string | null = null;
  for (;;) {
    const page = { limit: CHANGES_AT_ONCE, after, before: null };
    const { rows, has_more } = await listChanges(pool, run_id, earlier_id, null, page);
    count += rows.length;
    after = rows.at(-1)?.id ?? null;
    if (!has_more) return count;
  }
}

try {
  console.log(`${ROWS} rows; seeding the record`);
  const ids = await seed();
  await pool.query('analyze');
  const run = newRun('list', ids);
  await insertRun(pool, run, null);
  await measured('list, all steps', () => steps(run.id, 'list'));
  let file = '';
  await measured('file, all steps', async () => (file = await benchFile(pool, ids)));
  await measured('changes between the two', () => benchChanges(file, run.id));
} finally {
  await pool.end();
  await engines.stop();
  await rm(dataDir, { recursive: true, force: true });
}

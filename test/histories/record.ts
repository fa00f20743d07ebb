/**
 * Records the histories that `test/replay.test.ts` replays: starts a stack of its own, takes invoices through the
 * journey, an end by cancellation, one by time and one without any payment, has a merchant's server told of all that, reconciles a
 * day, and saves the history of each run.
 *
 *     node --import tsx/esm test/histories/record.ts
 *
 * Run it when workflow code has changed in a way that old runs need not survive: before the first release, or once no
 * run of the old code is left. In all other cases a failing replay means that the change needs `patched`.
 */
import { execFile } from 'node:child_process';
import { createServer } from 'node:http';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { Client, Connection } from '@temporalio/client';
import { merchantApi, sandboxControl } from '../../cli/journey/clients.ts';
import { SCENES, type Stage } from '../../cli/journey/index.ts';
import { startStack, type Stack } from '../../cli/stack.ts';
import { loadConfig } from '../../config/index.ts';
import { createPool } from '../../db/pool.ts';
import { silentReport } from '../../engines/index.ts';
import { ensureTemporalCli } from '../../engines/temporal-cli.ts';
import { reconciliationScheduleId, sweepScheduleId } from '../../temporal/schedules.ts';
import {
  DELIVERY_WORKFLOW,
  INVOICE_WORKFLOW,
  RECONCILE_DAY_WORKFLOW,
  RECONCILIATION_WORKFLOW,
  SWEEP_WORKFLOW,
} from '../../workflows/contract.ts';
import { eventually } from '../setup/eventually.ts';

const FOLDER = fileURLToPath(new URL('.', import.meta.url));
const run = promisify(execFile);
const say = (line: string): void => void process.stdout.write(`${line}\n`);

async function main(): Promise<void> {
  const dataDir = await mkdtemp(join(tmpdir(), 'sarraf-record-'));
  const config = loadConfig({ SARRAF_DATA_DIR: dataDir, API_PORT: '0' });
  const stack = await startStack(config, silentReport, { keep: false, ui: false, throwaway: true });
  const connection = await Connection.connect({ address: stack.engines.temporal.address });
  const client = new Client({ connection, namespace: stack.engines.temporal.namespace });
  try {
    const server = await listen(stack);
    await play(stack);
    await client.schedule.getHandle(sweepScheduleId(config.temporal.taskQueue)).trigger();
    await client.schedule.getHandle(reconciliationScheduleId(config.temporal.taskQueue)).trigger();
    await save(stack, await endedRuns(client));
    server.close();
  } finally {
    await connection.close();
    await stack.stop();
    await rm(dataDir, { recursive: true, force: true });
  }
}

/** A merchant's server that wants to know of everything, and is not ready when it is told for the first time. */
async function listen(stack: Stack): Promise<ReturnType<typeof createServer>> {
  let told = 0;
  const server = createServer((request, response) => {
    request.resume();
    told += 1;
    response.writeHead(told === 1 ? 503 : 200).end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the server has no port');
  const answer = await fetch(`${stack.apiUrl}/v1/webhook_endpoints`, {
    method: 'POST',
    headers: { authorization: `Bearer ${stack.merchant.api_key}`, 'content-type': 'application/json' },
    body: JSON.stringify({ url: `http://127.0.0.1:${address.port}/`, event_types: ['*'] }),
  });
  say(`a merchant's server: ${answer.status}`);
  return server;
}

async function play(stack: Stack): Promise<void> {
  const api = merchantApi(stack.apiUrl, stack.merchant.api_key);
  const sandbox = sandboxControl(stack.sandbox.controlUrl);
  const pool = createPool({
    url: stack.engines.database.url,
    size: 2,
    name: 'record',
    onError: () => undefined,
  });
  const killWorker = async (): Promise<void> => {
    const back = stack.worker.restarted();
    stack.worker.kill('SIGKILL');
    await back;
  };
  const stage: Stage = {
    api,
    sandbox,
    pool,
    killWorker,
    say: () => undefined,
    showQr: () => undefined,
  };
  for (const scene of SCENES) say(`${scene.title}: ${await scene.play(stage)}`);

  const soon = (): string => new Date(Date.now() + 100_000).toISOString();
  const order = { amount: 5000, currency: 'XAF' };
  const canceled = await api.createInvoice({ ...order, reference: 'canceled-1' });
  await api.requestPayment(canceled.id, 'fapshi.payment_link');
  const answer = await fetch(`${stack.apiUrl}/v1/invoices/${canceled.id}/cancel`, {
    method: 'POST',
    headers: { authorization: `Bearer ${stack.merchant.api_key}` },
  });
  say(`canceled with a live payment: ${answer.status}`);

  const due = await api.createInvoice({ ...order, reference: 'due-1', due_at: soon() });
  await api.requestPayment(due.id, 'fapshi.payment_link');
  const unasked = await api.createInvoice({ ...order, reference: 'due-2', due_at: soon() });
  for (const { id } of [due, unasked]) {
    await api.advanceClock(id, 150);
    await api.until(id, 'expired', ({ status }) => status === 'expired');
  }
  say('due, with and without a payment: expired');
  await pool.end();
}

interface Run {
  readonly name: string;
  readonly workflowId: string;
  readonly runId: string;
}

/** So many deliveries are as good as all. */
const DELIVERIES_KEPT = 3;
/** Kinds of which one history says all: the last one. */
const ONE_OF_A_KIND: Readonly<Record<string, string>> = {
  [SWEEP_WORKFLOW]: 'sweep',
  [RECONCILIATION_WORKFLOW]: 'reconciliation',
  [RECONCILE_DAY_WORKFLOW]: 'reconcile-day',
};

const KINDS = [INVOICE_WORKFLOW, DELIVERY_WORKFLOW, ...Object.keys(ONE_OF_A_KIND)];

/** Every run of an invoice, named by its reference, the first deliveries, and the last run of each other kind; once all have closed. */
async function endedRuns(client: Client): Promise<Run[]> {
  const list = async () => {
    const found = [];
    for await (const info of client.workflow.list()) found.push(info);
    return found.toSorted((a, b) => a.startTime.getTime() - b.startTime.getTime());
  };
  const runs = await eventually(
    'all workflows have closed',
    list,
    // The invoice that expires in the journey and is paid by the second payment ends like all others.
    (found) =>
      KINDS.every((kind) => found.some(({ type }) => type === kind)) &&
      found.every(({ status }) => status.name !== 'RUNNING'),
    60_000,
  );
  const counts = new Map<string, number>();
  const named = runs.flatMap(({ type, workflowId, runId, searchAttributes }): Run[] => {
    const only = ONE_OF_A_KIND[type];
    if (only !== undefined) return [{ name: only, workflowId, runId }];
    const isDelivery = type === DELIVERY_WORKFLOW;
    const reference = isDelivery ? 'delivery' : String(searchAttributes['SarrafReference']?.[0] ?? 'invoice');
    const count = (counts.get(reference) ?? 0) + 1;
    counts.set(reference, count);
    if (isDelivery && count > DELIVERIES_KEPT) return [];
    return [{ name: count === 1 ? reference : `${reference}-run-${count}`, workflowId, runId }];
  });
  return [...new Map(named.map((one) => [one.name, one])).values()];
}

/** Replaces all saved histories. */
async function save(stack: Stack, runs: readonly Run[]): Promise<void> {
  const { path } = await ensureTemporalCli(silentReport);
  const { address, namespace } = stack.engines.temporal;
  for (const name of await readdir(FOLDER)) if (name.endsWith('.json')) await rm(join(FOLDER, name));
  for (const { name, workflowId, runId } of runs) {
    const { stdout } = await run(
      path,
      // oxfmt-ignore
      [
        'workflow', 'show', '--address', address, '--namespace', namespace,
        '--workflow-id', workflowId, '--run-id', runId, '--output', 'json',
      ],
      { maxBuffer: 50_000_000 },
    );
    const { events } = JSON.parse(stdout, anonymous) as { events: unknown[] };
    const lines = events.map((event) => JSON.stringify(event)).join(',\n');
    await writeFile(join(FOLDER, `${name}.json`), `{"events":[\n${lines}\n]}\n`);
    say(`${name}.json: ${events.length} events`);
  }
}

/** Without the names of the machine it was recorded on: they are in identities and in the names of sticky task queues. */
function anonymous(key: string, value: unknown): unknown {
  if (key === 'identity') return 'recorded';
  return key === 'name' && typeof value === 'string'
    ? value.replace(/^\d+@.*(?=-[0-9a-f]{32}$)/, 'recorded')
    : value;
}

await main();

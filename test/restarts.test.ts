/** Processes that die at the worst moment, and an engine that goes away for a while. */
import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client, Connection } from '@temporalio/client';
import { silentReport } from '../engines/index.ts';
import { freePort } from '../engines/ports.ts';
import { ensureTemporalCli } from '../engines/temporal-cli.ts';
import { startTemporalServer, type TemporalServer } from '../engines/temporal-server.ts';
import { sweepScheduleId } from '../temporal/schedules.ts';
import { SEARCH_ATTRIBUTES } from '../workflows/contract.ts';
import { eventually } from './setup/eventually.ts';
import { settledViolations } from './setup/invariants.ts';
import { shop, type Shop } from './setup/shop.ts';
import { STACK_TIMEOUT_MS, startTestStack, type TestStack } from './setup/stack.ts';

const isPaid = ({ status }: { status: string }): boolean => status === 'paid';

describe('a process that dies', () => {
  let stack: TestStack;
  let at: Shop;
  let crashed: Promise<unknown>;

  beforeAll(async () => {
    stack = await startTestStack({ workers: [{ SARRAF_CRASH_AT: 'after_provider_accepted' }] });
    crashed = stack.worker.restarted();
    at = shop(stack);
  }, STACK_TIMEOUT_MS);
  afterAll(() => stack.stop(), STACK_TIMEOUT_MS);

  const sources = async (invoiceId: string): Promise<string[]> => {
    const { rows } = await stack.pool.query<{ source: string }>(
      `select data->>'source' as source from invoice_events where invoice_id = $1 and type = 'payment.created'`,
      [invoiceId],
    );
    return rows.map(({ source }) => source);
  };

  it('the worker, right after the provider has accepted: the payment is looked up, never sent again', async () => {
    const { id } = await at.invoice('finan');
    const asked = await at.ask('finan', id);
    await crashed;
    expect(asked).toMatchObject({ status: 201, body: { status: 'pending' } });
    const accepted = await at.accepted('finan', id);
    expect(accepted).toHaveLength(1);
    expect(await sources(id)).toEqual(['lookup']);
    await stack.control.pay('finan', accepted[0]?.id ?? '');
    await stack.merchantApi.until(id, 'paid', isPaid);
  }, 60_000);

  it('the worker, told to stop in the middle of a call: it finishes the call and records the answer first', async () => {
    const { id } = await at.invoice('finan');
    await stack.control.fault('finan', { kind: 'slow', ms: 1500, operation: 'create' });
    const asked = at.ask('finan', id);
    await eventually(
      'the payment at the provider',
      () => at.accepted('finan', id),
      (found) => found.length === 1,
    );
    const back = stack.worker.restarted();
    stack.worker.kill('SIGTERM');
    expect(await asked).toMatchObject({ status: 201, body: { status: 'pending' } });
    await back;
    expect(await sources(id)).toEqual(['request']);
    expect(await at.accepted('finan', id)).toHaveLength(1);
  }, 60_000);

  it('the API, killed again and again: every 2xx is true, and every key has made one object', async () => {
    const TOTAL = 24;
    /** Repeats until there is an answer that is final, as a client of a payment API has to. */
    const insist = async (path: string, body: unknown, key: string): Promise<string> => {
      const answer = await eventually(
        `an answer to ${path}`,
        () => stack.call('POST', path, body, { 'idempotency-key': key }).catch(() => null),
        (got) => got !== null && got.status !== 409 && got.status < 500,
        60_000,
      );
      expect(answer?.status).toBe(201);
      return String(answer?.body['id']);
    };
    const kill = async (): Promise<void> => {
      const back = stack.api.restarted();
      stack.api.kill('SIGKILL');
      await back;
      // As if a minute had passed: then a key whose request died with its process is free again.
      await stack.pool.query(
        `update idempotency_keys set claimed_at = claimed_at - interval '61 seconds' where answer_status is null`,
      );
    };
    let done = 0;
    const order = async (): Promise<{ invoice: string; payment: string }> => {
      const invoice = await insist('/v1/invoices', { amount: 100_000, currency: 'VND' }, randomUUID());
      const body = { payment_service: 'finan.bank_transfer' };
      const payment = await insist(`/v1/invoices/${invoice}/payments`, body, randomUUID());
      done += 1;
      return { invoice, payment };
    };
    const inTurns = async (count: number): Promise<{ invoice: string; payment: string }[]> => {
      const made = [];
      for (let index = 0; index < count; index += 1) made.push(await order());
      return made;
    };
    const orders = Promise.all([inTurns(TOTAL / 3), inTurns(TOTAL / 3), inTurns(TOTAL / 3)]);
    for (const reached of [2, 8, 14]) {
      await eventually(
        'more orders',
        () => Promise.resolve(done),
        (count) => count >= reached,
        60_000,
      );
      await kill();
    }
    const made = (await orders).flat();
    expect(new Set(made.map(({ invoice }) => invoice)).size).toBe(TOTAL);
    for (const { invoice, payment } of made) {
      const { payments } = await stack.merchantApi.invoice(invoice);
      expect(payments.map(({ id, status }) => [id, status])).toEqual([[payment, 'pending']]);
      expect(await at.accepted('finan', invoice)).toHaveLength(1);
    }
  }, 180_000);

  it('leaves a record in which every invariant holds', async () => {
    expect(await settledViolations(stack)).toEqual([]);
  });
});

describe('a workflow engine that goes away', () => {
  let stack: TestStack;
  let at: Shop;
  let server: TemporalServer;
  let folder: string;
  let start: () => Promise<TemporalServer>;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'sarraf-temporal-'));
    const cli = await ensureTemporalCli(silentReport);
    const port = await freePort();
    start = () =>
      startTemporalServer({
        cli: cli.path,
        port,
        dbFile: join(folder, 'temporal.db'),
        namespace: 'default',
        searchAttributes: SEARCH_ATTRIBUTES,
        logDir: folder,
      });
    server = await start();
    stack = await startTestStack({ temporal: { address: server.address, namespace: 'default' } });
    at = shop(stack);
  }, STACK_TIMEOUT_MS);
  afterAll(async () => {
    await stack.stop();
    await server.stop();
    await rm(folder, { recursive: true, force: true });
  }, STACK_TIMEOUT_MS);

  it('the API says 503 meanwhile, goes on taking webhooks, and loses nothing', async () => {
    const before = await at.payable('finan');
    const other = await at.payable('finan');
    await server.stop();

    const order = { amount: 100_000, currency: 'VND', reference: 'while-down' };
    const key = { 'idempotency-key': 'while-down' };
    const refused = await stack.call('POST', '/v1/invoices', order, key);
    expect(refused).toMatchObject({ status: 503, body: { code: 'temporarily_unavailable' } });
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
    expect(await at.ask('finan', other.invoice.id)).toMatchObject({
      status: 503,
      body: { code: 'temporarily_unavailable' },
    });
    expect(await stack.merchantApi.invoice(before.invoice.id)).toMatchObject({ status: 'open' });
    expect((await fetch(`${stack.apiUrl}/healthz`)).status).toBe(200);
    expect((await fetch(`${stack.apiUrl}/readyz`)).status).toBe(503);
    await stack.control.pay('finan', before.id);
    const [delivery] = await stack.control.deliveries('finan', before.id);
    expect(delivery?.response?.status).toBe(200);

    server = await start();
    const repeated = await eventually(
      'the API has found the engine again',
      () => stack.call('POST', '/v1/invoices', order, key),
      ({ status }) => status === 201,
    );
    expect(repeated.body['id']).toBe(refused.body['resource_id']);
    expect(await at.ask('finan', String(repeated.body['id']))).toMatchObject({ status: 201 });

    // The API gave the signal up, or it is still trying: the sweeper does not mind.
    await stack.pool.query(
      `update webhook_events set received_at = received_at - interval '1 minute' where state = 'received'`,
    );
    const connection = await Connection.connect({ address: server.address });
    const client = new Client({ connection, namespace: 'default' });
    await client.schedule.getHandle(sweepScheduleId(stack.taskQueue)).trigger();
    await connection.close();
    await stack.merchantApi.until(before.invoice.id, 'paid', isPaid);
    expect(await settledViolations(stack)).toEqual([]);
  }, 90_000);
});

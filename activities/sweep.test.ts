import { upsertHealth } from '../db/provider-health.ts';
import { Writable } from 'node:stream';
import { pino } from 'pino';
import { createTestGateway, unreachable, type TestGateway } from '../api/testing/gateway.ts';
import { addressing } from '../db/deliveries.ts';
import type { InvoiceState } from '../domain/state.ts';
import { ENGINES_TIMEOUT_MS } from '../test/setup/engines.ts';
import { testRecord, type TestRecord } from '../test/setup/record.ts';
import type { Walk } from './compare-workflows.ts';
import { scriptedBank } from '../test/setup/scripted-bank.ts';
import { sweep, type SweepReport } from './sweep.ts';

let db: TestRecord;
let gateway: TestGateway;
let lines: Record<string, unknown>[];
let woken: string[];
beforeAll(async () => {
  db = await testRecord({ provider: 'bank', credentials: {} });
}, ENGINES_TIMEOUT_MS);
afterAll(() => db.close());
beforeEach(async () => {
  gateway = createTestGateway(db.pool);
  lines = [];
  woken = [];
  await db.pool.query(
    `update webhook_events set state = 'processed'; update payments set status = 'paid'; update invoices set status = 'paid'`,
  );
});

const NOTHING: SweepReport = {
  webhooks_told: 0,
  webhooks_matched: 0,
  webhooks_given_up: 0,
  invoices_opened: 0,
  workflows_missing: 0,
  workflows_idle: 0,
  payments_requested: 0,
  operations_decided: 0,
  late_payments_read: 0,
  late_money_found: 0,
  deliveries_woken: 0,
  reconciliations_started: 0,
  keys_deleted: 0,
  credentials_deleted: 0,
  health_deleted: 0,
  exchanges_deleted: 0,
  webhooks_erased: 0,
  // Others' tests leave something to seal.
  links_sealed: expect.any(Number) as number,
  failed: 0,
};
const run = (walk?: Walk): Promise<SweepReport> => {
  const sink = new Writable({
    write(chunk: Buffer, _encoding, done) {
      lines.push(JSON.parse(chunk.toString()) as Record<string, unknown>);
      done();
    },
  });
  const connector = scriptedBank({ trust: 'amounts' }).connector;
  return sweep(
    {
      pool: db.pool,
      invoices: gateway,
      deliveries: { wake: async ({ subject }) => void woken.push(subject) },
      reconciliations: { start: async (run_id) => void gateway.reconciled.push(run_id) },
      connectorFor: () => connector,
      logger: pino(sink),
      exchangesKept_days: 90,
      auditKey: Buffer.alloc(32, 1),
    },
    walk,
  );
};
const swept = (): unknown[] => lines.filter(({ msg }) => String(msg).startsWith('swept:'));
/** A webhook's row that came `age` ago and was never applied; `matched` or not. */
const left = async (
  invoice: InvoiceState,
  reference: string,
  age: string,
  matched: boolean,
): Promise<string> => {
  const id = await db.webhook(invoice, reference, { id: 'B-1', reference, key: 'T-1', amount: 5 });
  await db.pool.query(
    `update webhook_events set received_at = now() - $2::interval, invoice_id = case when $3 then invoice_id end,
       payment_id = case when $3 then payment_id end where id = $1`,
    [id, age, matched],
  );
  return id;
};

describe('the sweeper', () => {
  it('does nothing and says nothing when nothing was left behind', async () => {
    await left(await db.invoice(), await db.payment(await db.invoice()), '1 second', true);
    expect(await run()).toEqual(NOTHING);
    expect(swept()).toEqual([]);
  });

  it('tells the workflow again of a webhook that was stored and not applied', async () => {
    const invoice = await db.invoice();
    const webhook = await left(invoice, await db.payment(invoice), '1 minute', true);
    expect(await run()).toEqual({ ...NOTHING, webhooks_told: 1 });
    expect(gateway.told).toEqual([{ invoice: invoice.id, webhook }]);
    expect(swept()).toMatchObject([
      { webhook_id: webhook, invoice_id: invoice.id, cause: expect.any(String) },
    ]);
  });

  it('matches a webhook whose payment has become known by the reference in its body', async () => {
    const invoice = await db.invoice();
    const webhook = await left(invoice, await db.payment(invoice), '1 minute', false);
    expect(await run()).toEqual({ ...NOTHING, webhooks_told: 1, webhooks_matched: 1 });
    expect(gateway.told).toEqual([{ invoice: invoice.id, webhook }]);
  });

  it('gives a webhook up that has matched nothing for a day, with the reason', async () => {
    const invoice = await db.invoice();
    const webhook = await left(invoice, await db.payment(invoice), '25 hours', false);
    await db.pool.query('update webhook_events set body = $2 where id = $1', [
      webhook,
      JSON.stringify({ id: 'B-9', reference: 'pay_of_somebody_else', key: 'T', amount: 5 }),
    ]);
    expect(await run()).toEqual({ ...NOTHING, webhooks_given_up: 1 });
    const { rows } = await db.pool.query('select state, reason from webhook_events where id = $1', [webhook]);
    expect(rows).toEqual([{ state: 'dead', reason: expect.stringContaining('24 hours') }]);
    expect(gateway.told).toEqual([]);
  });

  it('keeps a webhook waiting that may yet be matched', async () => {
    const invoice = await db.invoice();
    const webhook = await left(invoice, await db.payment(invoice), '1 hour', false);
    await db.pool.query('update webhook_events set body = $2 where id = $1', [webhook, '"garbage"']);
    expect(await run()).toEqual(NOTHING);
    const { rows } = await db.pool.query('select state from webhook_events where id = $1', [webhook]);
    expect(rows).toEqual([{ state: 'received' }]);
  });

  it('starts the workflow of an invoice that should have ended', async () => {
    const { id } = await db.invoice();
    await db.pool.query(`update invoices set due_at = now() - interval '2 minutes' where id = $1`, [id]);
    expect(await run()).toEqual({ ...NOTHING, invoices_opened: 1 });
    expect(gateway.opened).toEqual([id]);
  });

  it('asks the workflow again about a payment that was sent and never answered', async () => {
    const payment = await db.payment(await db.invoice());
    await db.pool.query(
      `update payments set created_at = now() - interval '2 minutes', sent_at = now() - interval '2 minutes' where id = $1`,
      [payment],
    );
    expect(await run()).toEqual({ ...NOTHING, payments_requested: 1 });
    expect(gateway.requested).toEqual([payment]);
  });

  it('hands over a refund that no workflow has heard of, and forgets one that is refused', async () => {
    const invoice = await db.invoice();
    const payment = await db.payment(invoice);
    const ask = (id: string) =>
      db.pool.query(
        `insert into payment_operations (id, kind, payment_id, invoice_id, merchant_id, mode, currency, requested_by, status, created_at, updated_at)
         values ($1, 'refund', $2, $3, $4, 'sandbox', 'VND', 'key_1', 'requested', now() - interval '2 minutes', now())`,
        [id, payment, invoice.id, db.merchant_id],
      );
    await ask('rfd_1');
    await ask('rfd_2');
    gateway.onMove = ({ operation_id }) =>
      Promise.resolve({ refused: operation_id === 'rfd_2' ? 'nothing_to_refund' : null });
    expect(await run()).toMatchObject({ operations_decided: 2, failed: 0 });
    const { rows } = await db.pool.query('select id from payment_operations');
    expect(rows).toEqual([{ id: 'rfd_1' }]);
  });

  it('counts what it could not drive, and goes on with the rest', async () => {
    const invoice = await db.invoice();
    await left(invoice, await db.payment(invoice), '1 minute', true);
    await db.pool.query(
      `insert into idempotency_keys (merchant_id, mode, key, request_hash, resource_id, claimed_at)
       values ($1, 'sandbox', 'k', '', 'inv_1', now() - interval '3 days')`,
      [db.merchant_id],
    );
    gateway.failure = unreachable();
    expect(await run()).toEqual({ ...NOTHING, failed: 1, keys_deleted: 1 });
  });

  it('forgets calls to providers, and what webhooks said, after ninety days', async () => {
    const invoice = await db.invoice();
    const payment = await db.payment(invoice);
    const webhook = await db.webhook(invoice, payment, { name: 'canary' });
    await db.pool.query(
      `update webhook_events set state = 'processed', received_at = now() - interval '91 days' where id = $1`,
      [webhook],
    );
    for (const age of ['91 days', '89 days']) {
      await db.pool.query(
        `insert into provider_exchanges (id, account_id, invoice_id, payment_id, provider, operation, method, url, status,
           started_at, duration_ms, attempt, request_headers)
         values ($4::text, $1, $2, $3, 'bank', 'read_payment', 'GET', 'https://bank.example', 200, now() - $4::text::interval, 1, 1, '{}')`,
        [db.account_id, invoice.id, payment, age],
      );
    }
    expect(await run()).toEqual({ ...NOTHING, exchanges_deleted: 1, webhooks_erased: 1 });
    expect(swept()).toMatchObject([
      { exchanges_deleted: 1, webhooks_erased: 1, cause: 'older than 90 days' },
    ]);
    const { rows } = await db.pool.query('select id from provider_exchanges');
    expect(rows).toEqual([{ id: '89 days' }]);
    expect(await run()).toEqual(NOTHING);
  });

  it('opens the incident that a worker has left untold, and measures the services', async () => {
    await db.payment(await db.invoice());
    const standing = { state: 'open', since: new Date().toISOString(), failures: 5, cooldown_s: 30 } as const;
    await upsertHealth(db.pool, 'wrk_1', [{ account_id: db.account_id, revision: 1, ...standing }]);
    expect(await run()).toEqual(NOTHING);
    expect((await db.pool.query('select from incidents where recovered_at is null')).rowCount).toBe(1);
    const { rows } = await db.pool.query('select method from service_performance');
    expect(rows).toEqual([{ method: 'bank_transfer' }]);
    await db.pool.query('delete from provider_health');
  });
});

it('has webhooks to merchants sent whose time has passed, once', async () => {
  await db.pool.query(
    `insert into webhook_endpoints (id, merchant_id, mode, url, event_types, api_version, secrets, created_at, updated_at)
     values ('whe_sweep1', $1, 'sandbox', 'http://127.0.0.1:1', '{case.*}', '2026-11-01', '', now(), now())`,
    [db.merchant_id],
  );
  await db.pool.query(
    `with told as (
       insert into outgoing_events (id, merchant_id, mode, type, data, created_at)
       values ('evt_left', $1, 'sandbox', 'case.opened', '{}', now()) returning id, merchant_id, mode, invoice_id, type
     ), ${addressing()} select from addressed`,
    [db.merchant_id],
  );
  expect(await run()).toEqual(NOTHING);
  await db.pool.query(`update deliveries set next_attempt_at = now() - interval '1 minute'`);
  expect(await run()).toEqual({ ...NOTHING, deliveries_woken: 1 });
  expect(woken).toEqual(['evt_left']);
  expect(await run()).toEqual(NOTHING);
});

describe('the record and the workflow engine', () => {
  afterEach(() => db.pool.query('update invoices set updated_at = now()'));

  /** An invoice that nobody has changed for a while. */
  const old = async (age = '10 minutes'): Promise<string> => {
    const { id } = await db.invoice();
    await db.pool.query(`update invoices set updated_at = now() - $2::interval where id = $1`, [id, age]);
    return id;
  };
  const end = (id: string) =>
    db.pool.query(
      `update invoices set status = 'expired', state = jsonb_set(state, '{expired_at}', to_jsonb(created_at)) where id = $1`,
      [id],
    );

  it('wakes the workflow of what is in flight when it does not run', async () => {
    const [lost, running] = [await old(), await old(), await old('1 minute')];
    gateway.runs.add(running);
    expect(await run()).toMatchObject({ workflows_missing: 1, workflows_idle: 0, failed: 0 });
    expect(gateway.woken).toEqual([lost]);
    expect(swept()).toMatchObject([{ invoice_id: lost, cause: 'something is in flight and it did not run' }]);
  });

  it('wakes a workflow that runs although nothing is in flight, so that it closes', async () => {
    const [ended, closed] = [await old(), await old()];
    await Promise.all([end(ended), end(closed)]);
    gateway.runs.add(ended);
    expect(await run()).toMatchObject({ workflows_missing: 0, workflows_idle: 1, failed: 0 });
    expect(gateway.woken).toEqual([ended]);
    expect(swept()).toMatchObject([{ invoice_id: ended, cause: 'nothing is in flight' }]);
  });

  it('goes through all invoices, some with each sweep, and begins again', async () => {
    const ids = await Promise.all(Array.from({ length: 230 }, async () => (await db.invoice()).id));
    await db.pool.query(`update invoices set updated_at = now() - interval '10 minutes' where id = any($1)`, [
      ids,
    ]);
    const walk = { before: null };
    const sweeps = [await run(walk), await run(walk)];
    expect(sweeps.map(({ workflows_missing }) => workflows_missing)).toEqual([200, 30]);
    expect(new Set(gateway.woken)).toEqual(new Set(ids));
    expect(walk).toEqual({ before: null });
  });
});

import type pg from 'pg';
import { ENGINES_TIMEOUT_MS } from '../test/setup/engines.ts';
import { testRecord, type TestRecord } from '../test/setup/record.ts';
import { createApiKey } from './api-keys.ts';
import { API_ROLE } from './api-role.ts';
import { newId } from './ids.ts';
import { listAuditEntries } from './audit-entries.ts';
import { listCases } from './cases.ts';
import type { Owner } from './invoices.ts';
import { createMerchant } from './merchants.ts';
import { listRows } from './reconciliation-rows.ts';
import { createScopedPool } from './scoped-pool.ts';
import { asMerchant, asService } from './scope.ts';
import { inTransaction } from './transaction.ts';

let record: TestRecord;
let pool: pg.Pool;
let other: string;
let unprotected = 0;

const scopedPool = (url: string, size: number): pg.Pool =>
  createScopedPool({
    url,
    size,
    name: 'scoped',
    onError: () => undefined,
    onUnprotected: () => {
      unprotected += 1;
    },
  });

beforeAll(async () => {
  record = await testRecord({ provider: 'finan', credentials: { client_id: 'x' } });
  pool = scopedPool(record.url, 2);
  other = await createMerchant(record.pool, 'Another');
  await fillEveryTable();
}, ENGINES_TIMEOUT_MS);
afterAll(async () => {
  await pool.end();
  await record.close();
});

/** One row at least of the first merchant in every table that has rows of merchants. */
async function fillEveryTable(): Promise<void> {
  const { pool: owner, merchant_id, account_id } = record;
  const invoice = await record.invoice();
  const payment = await record.payment(invoice);
  await record.webhook(invoice, payment, {});
  await createApiKey(owner, { merchant_id, mode: 'sandbox', label: 'x', pepper: Buffer.alloc(32) });
  const at = `now(), now()`;
  await owner.query(`
    insert into payment_operations (id, kind, payment_id, invoice_id, merchant_id, mode, currency, requested_by, status, created_at, updated_at)
      values ('${newId('rfd')}', 'refund', '${payment}', '${invoice.id}', '${merchant_id}', 'sandbox', 'VND', 'api', 'requested', ${at});
    insert into cases (id, kind, merchant_id, mode, invoice_id, payment_id, currency, amount, opened_at)
      values ('${newId('case')}', 'late_money', '${merchant_id}', 'sandbox', '${invoice.id}', '${payment}', 'VND', 1, now());
    insert into ledger_entries (transaction_key, line, account, merchant_id, account_id, invoice_id, payment_id, currency, amount, at)
      select 't', n, 'a', '${merchant_id}', '${account_id}', '${invoice.id}', '${payment}', 'VND', 3 - 2 * n, now() from generate_series(1, 2) n;
    insert into outgoing_events (id, merchant_id, mode, invoice_id, sequence, line, type, data, created_at)
      values ('evt', '${merchant_id}', 'sandbox', '${invoice.id}', 1, 1, 'invoice.open', '{}', now());
    insert into webhook_endpoints (id, merchant_id, mode, url, event_types, api_version, secrets, created_at, updated_at)
      values ('whe', '${merchant_id}', 'sandbox', 'http://x', '{*}', 'x', '', ${at});
    insert into deliveries (id, endpoint_id, event_id, merchant_id, mode, subject, status, next_attempt_at)
      values ('dlv', 'whe', 'evt', '${merchant_id}', 'sandbox', 'x', 'pending', now());
    insert into delivery_attempts (delivery_id, number, at, duration_ms, url, status) values ('dlv', 1, now(), 1, 'http://x', 200);
    insert into reconciliation_runs (id, merchant_id, mode, account_id, day, source, is_complete, requested_by, status)
      values ('rec', '${merchant_id}', 'sandbox', '${account_id}', now(), 'list', true, 'x', 'pending');
    insert into provider_places (account_id, place, holder, until) values ('${account_id}', 1, 'x', now());
    insert into provider_usual (account_id) values ('${account_id}');
    insert into provider_turns (account_id, next_at) values ('${account_id}', now());
    insert into refused_webhooks (id, account_id, received_at, reason, header_names, size, body_sha256)
      values ('rfw', '${account_id}', now(), 'bad_signature', '{}', 1, '');
    insert into operators (id, name, role, password_hash, created_at) values ('opr', 'dana', 'viewer', '', now());
    insert into operator_sessions (token_hash, operator_id) values ('t', 'opr');
    insert into operator_log (id, operator, action) values ('opl', 'dana', 'operator.created');
    insert into operator_sign_in_failures (subject, failures, blocked_until, failed_at) values ('s', 1, ${at});
    insert into reconciliation_rows (id, run_id, row_key) values ('row', 'rec', 'x');
    insert into settlements (id, merchant_id, account_id, key, currency, net, fee) values ('set', '${merchant_id}', '${account_id}', 'x', 'VND', 1, 0);
    insert into invoice_events (invoice_id, sequence, type, event_key, data, at) values ('${invoice.id}', 1, 'x', 'x', '{}', now());
    insert into idempotency_keys (merchant_id, mode, key, request_hash, resource_id)
      values ('${merchant_id}', 'sandbox', 'k', '', '${invoice.id}');
    insert into routings (merchant_id, mode, rules) values ('${merchant_id}', 'sandbox', '[]');
    insert into incidents (id, account_id, merchant_id, mode, opened_at, failures) values ('i', '${account_id}', '${merchant_id}', 'sandbox', now(), 1);
    insert into service_performance values ('${account_id}', 'm', now(), '{}', '{}', '{}');
    insert into audit_links values ('${merchant_id}', 1, '', '', '', now());
    insert into audit_items values ('x', 1, 1, '${merchant_id}', 1, 0, '');
    insert into previous_credentials values ('${account_id}', 1, '', now());
    insert into provider_health (account_id, worker_id, revision, state, since, failures, cooldown_s)
      values ('${account_id}', 'w', 1, 'closed', now(), 0, 0);
    insert into provider_exchanges (id, account_id, invoice_id, provider, operation, method, url, status, started_at, duration_ms, attempt, request_headers)
      values ('${newId('exc')}', '${account_id}', '${invoice.id}', 'finan', 'read_payment', 'GET', '/', 200, now(), 1, 1, '{}')`);
}

/** How the API's role would read a page, had its tables too many rows to read them all. */
async function planOf(read: (explained: pg.Pool) => Promise<unknown>): Promise<string> {
  let plan = '';
  const query = async (text: string, values: unknown[]): Promise<{ rows: [] }> => {
    const client = await record.pool.connect();
    try {
      await client.query(`begin; set local role ${API_ROLE}; set local enable_seqscan = off`);
      const { rows } = await client.query<{ 'QUERY PLAN': string }>(`explain ${text}`, values);
      plan = rows.map((line) => line['QUERY PLAN']).join('\n');
    } finally {
      await client.query('rollback');
      client.release();
    }
    return { rows: [] };
  };
  await read({ query } as unknown as pg.Pool);
  return plan;
}

const tables = async (): Promise<string[]> => {
  const { rows } = await record.pool.query<{ name: string }>(
    `select tablename as name from pg_tables where schemaname = 'public' and tablename not in ('schema_migrations', 'audit_progress') order by 1`,
  );
  return rows.map(({ name }) => name);
};
const count = async (table: string): Promise<number> =>
  (await pool.query<{ count: number }>(`select count(*) from ${table}`)).rows[0]!.count;

describe('a connection of the API', () => {
  it('has taken on the role of the API, which is nobody’s owner and bypasses nothing', async () => {
    const { rows } = await pool.query(
      'select current_user as name, rolsuper, rolbypassrls, rolcanlogin from pg_roles where rolname = current_user',
    );
    expect(rows).toEqual([{ name: API_ROLE, rolsuper: false, rolbypassrls: false, rolcanlogin: false }]);
    expect(unprotected).toBe(0);
  });

  it('sees in every table the rows of the merchant it works for, all of them as a service, and none without a word', async () => {
    for (const table of await tables()) {
      const isMerchants = !table.startsWith('operator');
      const seen = {
        table,
        owner: (await asMerchant(record.merchant_id, () => count(table))) > 0,
        other: await asMerchant(other, () => count(table)),
        service: (await asService(() => count(table))) > 0,
        nobody: await count(table),
      };
      // Itself, and that it was made, in the trails of both modes.
      const own = { merchants: 1, audit_entries: 2 }[table] ?? 0;
      expect(seen).toEqual({ table, owner: isMerchants, other: own, service: true, nobody: 0 });
    }
  });

  it('looks the case of a row, the seal of an entry and the provider of a case up in indexes', async () => {
    const page = { limit: 10, after: null, before: null };
    const owner: Owner = { merchant_id: record.merchant_id, mode: 'sandbox' };
    const anyRow = { outcome: null, payment_id: null };
    const anyTime = { created_gte: null, created_lte: null };
    const anyRange = { ...anyTime, currency: null, amount_gte: null, amount_lte: null };
    const anyEntry = { actor_type: null, actor: null, action: null, object: null, ...anyTime };
    const anyCase = {
      open: null,
      kind: null,
      invoice_id: null,
      payment_id: null,
      provider: 'finan',
      ...anyRange,
    };
    const rows = await planOf((explained) => listRows(explained, 'rec', anyRow, page));
    expect(rows).toMatch(/using cases_by_subject on cases c .*\n +Index Cond: .*\(subject = /);
    const entries = await planOf((explained) => listAuditEntries(explained, owner, anyEntry, page));
    expect(entries).toMatch(/using audit_items_pkey on audit_items t .*\n +Index Cond: \(\(subject = /);
    const cases = await planOf((explained) => listCases(explained, owner, anyCase, page));
    expect(cases).toMatch(
      /using provider_accounts_pkey on provider_accounts a .*\n +Index Cond: \(id = c.account_id\)/,
    );
  });

  it('writes no row for another merchant', async () => {
    const forged = asMerchant(other, () =>
      pool.query(
        `insert into api_keys (id, merchant_id, mode, label, secret_hash) values ($1, $2, 'live', 'x', '')`,
        [newId('key'), record.merchant_id],
      ),
    );
    await expect(forged).rejects.toThrow(/row-level security/);
    const taken = await asMerchant(other, () => pool.query(`update api_keys set label = 'mine' returning 1`));
    expect(taken.rowCount).toBe(0);
  });

  it('may do to each table what is listed, and nothing else', async () => {
    const { rows } = await record.pool.query<{ name: string; may: string }>(
      `select t.tablename as name, string_agg(p.name, ' ' order by p.place) as may
       from pg_tables t, unnest('{select,insert,update,delete,truncate,references,trigger}'::text[]) with ordinality as p (name, place)
       where t.schemaname = 'public' and (has_table_privilege($1, t.tablename, p.name)
         or (p.name = 'update' and has_any_column_privilege($1, t.tablename, p.name)))
       group by 1 order by 1`,
      [API_ROLE],
    );
    expect(Object.fromEntries(rows.map(({ name, may }) => [name, may]))).toEqual({
      api_keys: 'select insert update',
      audit_entries: 'select insert',
      audit_items: 'select insert',
      audit_links: 'select insert',
      audit_progress: 'select',
      cases: 'select update',
      deliveries: 'select insert update',
      delivery_attempts: 'select update',
      idempotency_keys: 'select insert update delete',
      incidents: 'select',
      invoice_events: 'select',
      invoices: 'select insert update',
      ledger_entries: 'select insert',
      merchants: 'select insert update',
      operator_log: 'select insert',
      operator_sessions: 'select insert update delete',
      operator_sign_in_failures: 'select insert update delete',
      operators: 'select',
      outgoing_events: 'select insert',
      payment_operations: 'select insert update delete',
      payments: 'select insert update',
      previous_credentials: 'select insert delete',
      provider_accounts: 'select insert update',
      provider_exchanges: 'select update',
      provider_health: 'select',
      provider_places: 'select',
      provider_turns: 'select',
      provider_usual: 'select',
      reconciliation_rows: 'select insert',
      reconciliation_runs: 'select insert update',
      refused_webhooks: 'select insert delete',
      routings: 'select insert update',
      schema_migrations: 'select',
      service_performance: 'select',
      settlements: 'select insert',
      webhook_endpoints: 'select insert update',
      webhook_events: 'select insert update',
    });
  });

  it('cannot touch an amount, a status or what was booked', async () => {
    for (const statement of [
      `update invoices set amount = 1`,
      `update invoices set status = 'paid'`,
      `update payments set status = 'paid'`,
      `update payment_operations set status = 'succeeded'`,
      `update merchants set id = 'mer_x'`,
      `insert into invoice_events select * from invoice_events`,
      `delete from ledger_entries`,
      `alter table invoices disable row level security`,
      `truncate cases`,
    ]) {
      await expect(asService(() => pool.query(statement))).rejects.toThrow(/permission denied|must be owner/);
    }
  });
});

describe('connections that many share', () => {
  it('never carry one merchant’s scope to another’s statement, however they wait for each other', async () => {
    const own = async (id: string): Promise<unknown> =>
      (await pool.query('select id from merchants, pg_sleep(0.002)')).rows.map((row) => row.id === id);
    const asked = Array.from({ length: 150 }, (_, n) => {
      if (n % 3 === 2) return own('').then((rows) => [rows, []]);
      const id = n % 3 === 0 ? other : record.merchant_id;
      return asMerchant(id, () => own(id)).then((rows) => [rows, [true]]);
    });
    for (const [seen, expected] of await Promise.all(asked)) expect(seen).toEqual(expected);
  });

  it('lose the scope also when the statement fails, and after a transaction', async () => {
    const one = scopedPool(record.url, 1);
    const visible = async (): Promise<number | null> => (await one.query('select 1 from merchants')).rowCount;
    await expect(asMerchant(other, () => one.query('select 1 / 0'))).rejects.toThrow(/division by zero/);
    expect(await visible()).toBe(0);
    const inside = await asMerchant(other, () =>
      inTransaction(one, async (client) => {
        await client.query(`update merchants set name = 'Renamed' where id = $1`, [record.merchant_id]);
        return (await client.query('select name from merchants')).rows;
      }),
    );
    expect(inside).toEqual([{ name: 'Another' }]);
    expect(await visible()).toBe(0);
    await one.end();
  });

  it('answer a named statement with values as they would without a scope', async () => {
    const ask = (n: number) =>
      pool.query({ name: 'doubled', text: 'select $1::bigint * 2 as twice, now() as at', values: [n] });
    for (const n of [1, 2, 3]) {
      const { rows, rowCount, fields } = await asMerchant(other, () => ask(n));
      expect(rows).toEqual([{ twice: n * 2, at: expect.stringMatching(/Z$/) }]);
      expect([rowCount, fields.map(({ name }) => name)]).toEqual([1, ['twice', 'at']]);
    }
    await expect(asMerchant(other, () => pool.query('select nonsense'))).rejects.toMatchObject({
      code: '42703',
    });
  });
});

it('lets lists be read in the order of their index, and not sorted', async () => {
  await record.pool.query(
    `insert into invoices (id, merchant_id, mode, currency, amount, due_at, created_at, updated_at, state, version, status)
     select 'inv_' || n, $1, 'sandbox', 'VND', n, now(), now() - n * interval '1 s', now(), '{}', 0, 'open' from generate_series(1, 5000) n`,
    [record.merchant_id],
  );
  await record.pool.query('analyze invoices');
  const { rows } = await asMerchant(record.merchant_id, () =>
    pool.query<{ 'QUERY PLAN': string }>(
      `explain select * from invoices i where i.merchant_id = '${record.merchant_id}' and i.mode = 'sandbox'
         and (i.created_at, i.id) < (now(), 'inv_z') order by i.created_at desc, i.id desc limit 21`,
    ),
  );
  const plan = rows.map((row) => row['QUERY PLAN']).join('\n');
  expect(plan).toContain('Index Scan Backward using invoices_by_creation');
  expect(plan).not.toContain('Sort');
});

/** The audit as a person runs it: a process of its own against a database. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { sealKey } from '../db/audit-chain.ts';
import { sealRound } from '../db/audit-seal.ts';
import {
  ENGINES_TIMEOUT_MS,
  freshTaskQueue,
  temporalAddress,
  temporalNamespace,
} from '../test/setup/engines.ts';
import { testRecord, type TestRecord } from '../test/setup/record.ts';

let db: TestRecord;
beforeAll(async () => {
  db = await testRecord({ provider: 'finan', credentials: {} });
  await db.payment(await db.invoice());
}, ENGINES_TIMEOUT_MS);
afterAll(() => db.close());

async function run(
  args: readonly string[],
  url?: string,
  more: Readonly<Record<string, string>> = {},
): Promise<{ code: number; out: string; err: string }> {
  const { PATH } = process.env;
  const env = {
    PATH,
    SARRAF_DATA_DIR: '/nowhere',
    ...more,
    DATABASE_URL: url ?? String(db.pool.options.connectionString),
  };
  const child = spawn(process.execPath, ['--import', 'tsx/esm', 'cli/audit.ts', ...args], { env });
  const [out, err, [code]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, 'close'),
  ]);
  return { code: code as number, out, err };
}

it('ends with 0 when everything holds', async () => {
  const { code, out } = await run([]);
  expect(out).toMatch(/^✓ The state of an invoice is the fold of its events$/m);
  expect(out).toMatch(/1 invoices checked in .* everything holds/);
  expect(code).toBe(0);
}, 30_000);

it('ends with 1 when something does not, and names it, also for programs', async () => {
  await db.pool.query(`update invoices set status = 'paid'`);
  const { code, out } = await run([]);
  expect(out).toMatch(
    /^✗ The status and the amounts .*\n +inv_\w+: status is "paid", by the events "open"$/m,
  );
  expect(code).toBe(1);
  const asked = await run(['--json']);
  expect(asked.code).toBe(1);
  expect(JSON.parse(asked.out)).toMatchObject({ ok: false, invoices: 1, not_in_sandbox: null });
}, 30_000);

it('asks the workflow engine when it is told where, and proves the chain with a pin and the key', async () => {
  await db.pool.query(`update invoices set status = 'open'`);
  const api_key_pepper = Buffer.alloc(32, 5);
  await sealRound(db.pool, sealKey(api_key_pepper));
  const environment = {
    TEMPORAL_ADDRESS: await temporalAddress(),
    TEMPORAL_NAMESPACE: await temporalNamespace(),
    TEMPORAL_TASK_QUEUE: freshTaskQueue(),
    API_KEY_PEPPER: api_key_pepper.toString('base64'),
  };
  const { rows } = await db.pool.query<{ pin: string }>(
    `select merchant_id || ':' || sequence || ':' || encode(hash, 'hex') as pin from audit_links`,
  );
  await db.pool.query(
    `update invoices set created_at = now() - interval '1 hour', updated_at = now() - interval '1 hour'`,
  );
  const { code, out } = await run(['--pin', rows[0]!.pin], undefined, environment);
  expect(out).toMatch(/inv_\w+: something is in flight, and no workflow is open/);
  expect(out).not.toMatch(/seals|was not asked/);
  expect(code).toBe(1);
  const other = `${rows[0]!.pin.slice(0, -64)}${'0'.repeat(64)}`;
  const pinned = await run(['--no-workflows', '--pin', other], undefined, environment);
  expect(pinned.out).toMatch(/link 1: its hash is not the one that was pinned/);
  expect((await run(['--pin', 'x'])).code).toBe(1);
}, 60_000);

it('ends with 2 when it cannot look, and keeps the password to itself', async () => {
  const { code, out, err } = await run([], 'postgres://sarraf:canary@127.0.0.1:1/sarraf');
  expect(code).toBe(2);
  expect(err).toMatch(/ECONNREFUSED/);
  expect(out + err).not.toContain('canary');
  const other = await run(['--sandbox', 'http://127.0.0.1:1']);
  expect(other.code).toBe(2);
  expect(other.err).toMatch(/the sandbox does not answer/);
}, 30_000);

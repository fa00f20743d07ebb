import { createProviderHttp } from '../providers/http.ts';
import { fib } from '../providers/fib/connector.ts';
import { answering, startScriptedServer, type ScriptedServer } from '../providers/scripted-server.ts';
import { ENGINES_TIMEOUT_MS } from '../test/setup/engines.ts';
import { testRecord, type TestRecord } from '../test/setup/record.ts';
import { loadAccount } from '../db/work.ts';
import { createAccountOpener } from './accounts.ts';
import type { RawExchange } from './dependencies.ts';

let db: TestRecord;
let server: ScriptedServer;
let kept: RawExchange[];
const http = createProviderHttp();

beforeAll(async () => {
  db = await testRecord({ provider: 'fib', credentials: { client_id: 'shop-1', client_secret: 'canary' } });
  server = await startScriptedServer();
  await db.pool.query('update provider_accounts set base_url = $1', [server.url]);
}, ENGINES_TIMEOUT_MS);
afterAll(async () => {
  await http.close();
  await server.close();
  await db.close();
});
beforeEach(() => {
  kept = [];
});

const readPayment = async (activityAttempt?: () => number): Promise<unknown> => {
  const exchanges = { record: (exchange: RawExchange) => void kept.push(exchange) };
  const { sealer } = db;
  const open = createAccountOpener(
    { sealer, connectorFor: () => fib, http, exchanges, now: Date.now },
    activityAttempt,
  );
  const row = await loadAccount(db.pool, db.account_id);
  if (!row) throw new Error('no account');
  const subject = { invoice_id: 'inv_1', payment_id: 'pay_1' };
  const { connector, context } = open(row, new AbortController().signal, subject);
  return connector.readPayment(context, { provider_payment_id: 'p-1', method: 'qr_code' }).catch(() => null);
};
const calls = () => kept.map(({ seen, attempt }) => [seen.request.operation, seen.outcome.type, attempt]);

it('keeps every call with what it is about, and counts a call that is repeated', async () => {
  const issued = answering(200, { access_token: 'tok', expires_in: 60 });
  const refused = answering(401, {});
  server.script = (request, ...rest) =>
    (request.path.endsWith('/token') ? issued : refused)(request, ...rest);
  await readPayment();
  expect(calls()).toEqual([
    ['get_token', 'answered', 1],
    ['read_payment', 'answered', 1],
    ['get_token', 'answered', 2],
    ['read_payment', 'answered', 2],
  ]);
  for (const exchange of kept) {
    expect(exchange).toMatchObject({
      account_id: db.account_id,
      provider: 'fib',
      invoice_id: 'inv_1',
      payment_id: 'pay_1',
    });
  }
});

it('counts on when the engine runs the activity again, and keeps a call that failed', async () => {
  server.script = (_request, _response, socket) => socket.destroy();
  await readPayment(() => 3);
  expect(calls()).toEqual([['get_token', 'failed', 3]]);
});

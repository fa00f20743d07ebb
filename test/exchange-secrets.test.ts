/** A payment through every simulator, with all that can be done to it: no secret of any provider gets on record. */
import { randomBytes } from 'node:crypto';
import { pino } from 'pino';
import { createAccountOpener, type OpenAccount } from '../activities/accounts.ts';
import { createBreakers } from '../activities/breakers.ts';
import { createPaces } from '../activities/paces.ts';
import { createProviderAccount } from '../db/merchants.ts';
import { loadAccount } from '../db/work.ts';
import { ProviderError } from '../domain/provider-error.ts';
import type { CreatePayment } from '../providers/contract.ts';
import { examOf } from '../providers/exam.ts';
import { createProviderHttp, observed, type SeenExchange } from '../providers/http.ts';
import { connectorFor, connectors } from '../providers/index.ts';
import { startSandbox, type RunningSandbox } from '../sandbox/index.ts';
import { createExchangeRecorder } from '../worker/exchange-recorder.ts';
import { must, typical } from './contract/sitting.ts';
import { ENGINES_TIMEOUT_MS } from './setup/engines.ts';
import { testRecord, type TestRecord } from './setup/record.ts';

const providers = connectors.map(({ manifest }) => manifest.provider);

let db: TestRecord;
let sandbox: RunningSandbox;
let seen: SeenExchange[] = [];
const bare = createProviderHttp();
const http = observed(bare, (exchange) => void seen.push(exchange));

beforeAll(async () => {
  db = await testRecord({ provider: 'finan', credentials: {} });
  sandbox = await startSandbox({ seed: randomBytes(8).toString('hex') });
}, ENGINES_TIMEOUT_MS);
afterAll(async () => {
  await bare.close();
  await sandbox.stop();
  await db.close();
});
beforeEach(() => {
  seen = [];
});

const control = async (path: string, body: unknown = {}): Promise<void> => {
  await fetch(sandbox.controlUrl + path, { method: 'POST', body: JSON.stringify(body) });
};
/** What a call comes to does not matter here, but that it comes from the provider does. */
const tried = async (call: Promise<unknown> | undefined): Promise<void> => {
  await call?.catch((error: unknown) => {
    if (!(error instanceof ProviderError)) throw error;
  });
};

/** Everything that a connector can do, then failures of every kind. */
async function exercise(
  provider: string,
  { connector, context }: OpenAccount,
  reference: string,
): Promise<void> {
  const exam = await examOf(provider);
  const { method, amounts } = must(connector.manifest.methods[0]);
  const due = typical(amounts.find((one) => exam.currencies?.includes(one.currency) ?? true));
  const order: CreatePayment = {
    reference,
    idempotency_key: `inv_1:create:${reference}`,
    method,
    money: due,
    description: 'Order 1001',
    customer: { name: 'Sara', email: 'sara@example.com', phone: '+96590000001' },
    items: [],
    webhook_url: `https://sarraf.example/webhooks/${provider}/${context.account.id}`,
    return_urls: {
      success: 'https://shop.example.com/s',
      failure: 'https://shop.example.com/f',
      cancel: 'https://shop.example.com/c',
    },
    ...exam.order,
  };
  const created = await connector.createPayment(context, order);
  const payment = { provider_payment_id: created.provider_payment_id, method };
  const moved = { ...payment, money: due, reason: 'a reason' };
  await connector.readPayment(context, payment);
  await control(`/${provider}/payments/${payment.provider_payment_id}/pay?wait=true`);
  await tried(connector.readPayment(context, payment));
  await tried(connector.findPayment?.(context, { reference, method }));
  await tried(connector.capturePayment?.(context, { ...moved, operation_key: 'cap_1' }));
  await tried(connector.refundPayment?.(context, { ...moved, operation_key: 'ref_1' }));
  await tried(connector.expirePayment?.(context, payment));
  await tried(connector.voidPayment?.(context, { ...payment, operation_key: 'void_1' }));
  for (const fault of [
    { kind: 'truncate' },
    { kind: 'status', status: 500 },
    { kind: 'status', status: 401 },
    { kind: 'reset' },
  ]) {
    await control(`/${provider}/faults`, { ...fault, times: 1 });
    await tried(connector.createPayment(context, { ...order, reference: `${reference}x` }));
  }
}

/** Every secret that was on the wire or in the account, in the ways it can be written. */
function secretsOf(credentials: Readonly<Record<string, string>>): string[] {
  const values = Object.values(credentials);
  for (const { request, outcome } of seen) {
    const sent = Object.entries(request.headers ?? {});
    values.push(
      ...sent.flatMap(([name, value]) =>
        name !== 'idempotency-key' && /authorization|key|user|sign/.test(name) ? value.split(' ') : [],
      ),
    );
    const answered = outcome.type === 'answered' ? outcome.response.text : '';
    values.push(
      ...[...answered.matchAll(/"access_token" *: *"([^"]+)/g)].flatMap(([, token]) => token ?? []),
    );
    values.push(
      ...[...`${request.body} ${answered}`.matchAll(/eyJ[\w-]+\.[\w-]+\.([\w-]+)/g)].flatMap(
        ([, end]) => end ?? [],
      ),
    );
  }
  const known = [...new Set(values)].filter((value) => !['Bearer', 'Token', 'Basic'].includes(value));
  return known.flatMap((value) =>
    value.length < 6
      ? [`"${value}"`, `=${value}&`]
      : [value, encodeURIComponent(value), Buffer.from(value).toString('base64').replace(/=+$/, '')],
  );
}

it.each(providers)('%s: neither credentials nor tokens nor signatures are kept', async (provider) => {
  const simulator = sandbox.providers[provider];
  if (!simulator) throw new Error(`no simulator of ${provider}`);
  const { credentials, base_url } = simulator;
  const account_id = await createProviderAccount(db.pool, db.sealer, {
    merchant_id: db.merchant_id,
    mode: 'sandbox',
    provider,
    label: 'simulator',
    base_url,
    credentials: connectorFor(provider).credentials.parse(credentials),
  });
  const invoice = await db.invoice();
  const payment_id = await db.payment(invoice);
  const exchanges = createExchangeRecorder({ pool: db.pool, logger: pino({ level: 'silent' }) });
  const row = await loadAccount(db.pool, account_id);
  if (!row) throw new Error('no account');
  const breakers = createBreakers(Date.now, () => undefined);
  const { sealer } = db;
  const logger = pino({ level: 'silent' });
  const paces = createPaces({
    rest: () => Promise.resolve(),
    takeTurn: () => Promise.resolve(0),
    logger,
    now: Date.now,
  });
  const open = createAccountOpener({ sealer, connectorFor, http, exchanges, breakers, paces, now: Date.now });
  const subject = { invoice_id: invoice.id, payment_id };
  await exercise(provider, open(row, new AbortController().signal, subject), payment_id);
  await exchanges.close();

  const { rows } = await db.pool.query<{ text: string }>(
    'select x::text as text from provider_exchanges x where invoice_id = $1',
    [invoice.id],
  );
  expect(rows).toHaveLength(seen.length);
  expect(exchanges.dropped()).toBe(0);
  const kept = rows.map(({ text }) => text).join('\n');
  const secrets = secretsOf(credentials);
  // That they were there to be kept is what makes this a test.
  const wire = JSON.stringify(seen);
  expect(secrets.filter((secret) => wire.includes(secret)).length).toBeGreaterThan(0);
  expect(secrets.filter((secret) => kept.includes(secret))).toEqual([]);
  expect(kept).not.toMatch(/eyJ[\w-]{8,}/);
  // The record is still worth reading.
  expect(kept).toContain(payment_id);
});

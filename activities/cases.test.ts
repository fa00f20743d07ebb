import { pino } from 'pino';
import { createTestGateway } from '../api/testing/gateway.ts';
import { isOpen } from '../domain/cases.ts';
import type { InvoiceEvent } from '../domain/events.ts';
import { paymentStatus } from '../domain/status.ts';
import type { InvoiceState } from '../domain/state.ts';
import { createProviderHttp } from '../providers/http.ts';
import { ENGINES_TIMEOUT_MS } from '../test/setup/engines.ts';
import { testRecord, type TestRecord } from '../test/setup/record.ts';
import { scriptedBank, type ScriptedBank } from '../test/setup/scripted-bank.ts';
import { createAccountOpener } from './accounts.ts';
import { createBreakers } from './breakers.ts';
import { openCase, resolveCase } from './cases.ts';
import type { ActivityDependencies } from './dependencies.ts';
import { createLanes } from './lanes.ts';
import { createPaces } from './paces.ts';
import { mustLoad, recordNews } from './record.ts';
import { lookUpPayment, requestPayment } from './request-payment.ts';

let db: TestRecord;
let bank: ScriptedBank;
const http = createProviderHttp({});
const signal = new AbortController().signal;

beforeAll(async () => {
  db = await testRecord({ provider: 'bank', credentials: {} });
}, ENGINES_TIMEOUT_MS);
afterAll(async () => {
  await http.close();
  await db.close();
});
beforeEach(() => {
  bank = scriptedBank({ trust: 'amounts' });
});

const dependencies = (): ActivityDependencies => ({
  pool: db.pool,
  sealer: db.sealer,
  connectorFor: () => bank.connector,
  http,
  exchanges: { record: () => undefined },
  exchangesKept_days: 90,
  lanes: createLanes({ account: 4, provider: 8, calls: 16 }),
  paces: createPaces({
    rest: () => Promise.resolve(),
    takeTurn: () => Promise.resolve(0),
    logger: pino({ level: 'silent' }),
    now: Date.now,
  }),
  auditKey: Buffer.alloc(32, 1),
  breakers: createBreakers(Date.now, () => undefined),
  invoices: createTestGateway(db.pool),
  deliveries: { wake: () => Promise.resolve() },
  reconciliations: { start: async () => undefined },
  logger: pino({ level: 'silent' }),
  webhookUrl: (provider, account) => `https://sarraf.example/webhooks/${provider}/${account}`,
  now: Date.now,
  failPoint: () => undefined,
});
const open = () => createAccountOpener(dependencies());

async function requested(): Promise<{ invoice_id: string; payment_id: string }> {
  const invoice = await db.invoice();
  const payment_id = await db.payment(invoice);
  const input = { payment_id, account_id: db.account_id, now: Date.now() };
  await requestPayment(dependencies(), open(), input, signal);
  return { invoice_id: invoice.id, payment_id };
}
async function record(invoice_id: string, ...events: InvoiceEvent[]): Promise<void> {
  const state = await mustLoad(db.pool, invoice_id);
  await recordNews(dependencies(), state, Date.now(), { events: () => events });
}
/** Decides the only case there is. */
async function decide(invoice_id: string, decision: string, provider_id: string | null = null) {
  const { cases } = await mustLoad(db.pool, invoice_id);
  const input = {
    invoice_id,
    case_id: cases[0]?.id ?? '',
    decision,
    provider_id,
    by: 'Dana Karim',
    reason: 'looked',
  };
  const { state, refused } = await resolveCase(dependencies(), open(), { ...input, now: Date.now() }, signal);
  return { refused, isOpen: state.cases.some(isOpen), status: statusOf(state) };
}
const statusOf = (state: InvoiceState): string => state.payments.map(paymentStatus).join();

describe('a case about a payment that has been found meanwhile', () => {
  it('is not ended by the word that there is none: the customer can pay it', async () => {
    bank.fail('create', 'unknown_outcome', 'after');
    bank.fail('find', 'unavailable');
    const { invoice_id, payment_id } = await requested();
    const about = {
      invoice_id,
      payment_id,
      kind: 'unknown_payment',
      operation_id: null,
      now: Date.now(),
    } as const;
    await openCase(dependencies(), about);
    bank.heal();
    const input = { payment_id, account_id: db.account_id, now: Date.now() };
    expect(statusOf((await lookUpPayment(dependencies(), open(), input, signal)).state)).toBe('pending');

    expect(await decide(invoice_id, 'it_does_not_exist')).toEqual({
      refused: 'provider_contradicts',
      isOpen: true,
      status: 'pending',
    });
    const [made] = bank.payments;
    expect(await decide(invoice_id, 'it_exists', made?.id)).toEqual({
      refused: null,
      isOpen: false,
      status: 'pending',
    });
  });
});

describe('a case about a refund whose end has become known meanwhile', () => {
  const operation_id = 'rfd_01jd8m5z5cf7zr3a0q9v1c2x4y';
  const failure = { kind: 'unknown_outcome', code: 'timeout', message: 'no answer' } as const;

  async function unknownRefund(id: string): Promise<{ invoice_id: string; payment_id: string }> {
    const { invoice_id, payment_id } = await requested();
    const received = { type: 'money.received', payment_id, key: `t-${id}`, amount: 200_000 } as const;
    await record(
      invoice_id,
      { ...received, fee: null, paid_at: null, source: 'poll' },
      {
        type: 'operation.requested',
        payment_id,
        operation_id: id,
        kind: 'refund',
        amount: 50_000,
        by: 'key_1',
      },
      { type: 'operation.unknown', payment_id, operation_id: id, failure },
    );
    const about = {
      invoice_id,
      payment_id,
      kind: 'unknown_operation',
      operation_id: id,
      now: Date.now(),
    } as const;
    await openCase(dependencies(), about);
    return { invoice_id, payment_id };
  }

  it('can be closed by the word that agrees, and by no other: its money went back', async () => {
    const { invoice_id, payment_id } = await unknownRefund(operation_id);
    const key = 'r-1';
    await record(invoice_id, {
      type: 'money.refunded',
      payment_id,
      operation_id,
      key,
      amount: 50_000,
      source: 'poll',
    });
    expect(await decide(invoice_id, 'it_did_not_happen')).toMatchObject({
      refused: 'provider_contradicts',
      isOpen: true,
    });
    expect(await decide(invoice_id, 'it_happened')).toMatchObject({ refused: null, isOpen: false });
  });

  it('can be closed by the word that agrees, and by no other: it failed', async () => {
    const id = operation_id.replace('x4y', 'x4z');
    const { invoice_id, payment_id } = await unknownRefund(id);
    await record(invoice_id, { type: 'operation.failed', payment_id, operation_id: id, failure });
    expect(await decide(invoice_id, 'it_happened', 'r-2')).toMatchObject({
      refused: 'provider_contradicts',
      isOpen: true,
    });
    expect(await decide(invoice_id, 'it_did_not_happen')).toMatchObject({ refused: null, isOpen: false });
  });
});

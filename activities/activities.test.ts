import { pino } from 'pino';
import { loadInvoice } from '../db/work.ts';
import { amountsOf, invoiceStatus, paymentStatus } from '../domain/status.ts';
import type { InvoiceState } from '../domain/state.ts';
import { createProviderHttp } from '../providers/http.ts';
import { ENGINES_TIMEOUT_MS } from '../test/setup/engines.ts';
import { createTestGateway } from '../api/testing/gateway.ts';
import { testRecord, type TestRecord } from '../test/setup/record.ts';
import { scriptedBank, type ScriptedBank } from '../test/setup/scripted-bank.ts';
import { createBreakers } from './breakers.ts';
import { createAccountOpener } from './accounts.ts';
import { applyWebhook } from './apply-webhook.ts';
import { checkPayment, type CheckPaymentArguments } from './check-payment.ts';
import type { ActivityDependencies, RawExchange } from './dependencies.ts';
import { endInvoice } from './end-invoice.ts';
import { createLanes, isElsewhere } from './lanes.ts';
import { createPaces } from './paces.ts';
import { lookUpPayment, requestPayment } from './request-payment.ts';

let db: TestRecord;
let bank: ScriptedBank;
let clock_ms: number;
let kept: RawExchange[];
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
  clock_ms = 0;
  kept = [];
});

const dependencies = (): ActivityDependencies => ({
  pool: db.pool,
  sealer: db.sealer,
  connectorFor: () => bank.connector,
  http,
  exchanges: { record: (exchange) => void kept.push(exchange) },
  exchangesKept_days: 90,
  auditKey: Buffer.alloc(32, 1),
  lanes: createLanes({ account: 4, provider: 8, calls: 16 }),
  paces: createPaces({
    rest: () => Promise.resolve(),
    takeTurn: () => Promise.resolve(0),
    logger: pino({ level: 'silent' }),
    now: Date.now,
  }),
  breakers: createBreakers(Date.now, () => undefined),
  invoices: createTestGateway(db.pool),
  deliveries: { wake: () => Promise.resolve() },
  reconciliations: { start: async () => undefined },
  logger: pino({ level: 'silent' }),
  webhookUrl: (provider, account) => `https://sarraf.example/webhooks/${provider}/${account}`,
  now: () => Date.now() + clock_ms,
  failPoint: () => undefined,
});
const open = () => createAccountOpener(dependencies());
const now = (): number => Date.now() + clock_ms;
const request = (payment_id: string) =>
  requestPayment(dependencies(), open(), { payment_id, account_id: db.account_id, now: now() }, signal);
const lookUp = (payment_id: string) =>
  lookUpPayment(dependencies(), open(), { payment_id, account_id: db.account_id, now: now() }, signal);
const check = (invoice_id: string, payment_id: string, purpose: CheckPaymentArguments['purpose']) =>
  checkPayment(
    dependencies(),
    open(),
    { invoice_id, payment_id, account_id: db.account_id, purpose, source: 'poll', now: now() },
    signal,
  );
const apply = async (invoice_id: string, webhook_id: string) => {
  const standing = await applyWebhook(
    dependencies(),
    open(),
    { invoice_id, webhook_id, now: now() },
    signal,
    (_account, call) => call(),
  );
  if (isElsewhere(standing)) throw new Error('no lane was asked for');
  return standing;
};
const statusOf = (state: InvoiceState): string => paymentStatus(state.payments.at(-1)!);
const webhookRow = async (id: string) =>
  (await db.pool.query('select state, reason from webhook_events where id = $1', [id])).rows[0];

/** An invoice with a payment that the customer could pay now. */
async function pending(): Promise<{ invoice: InvoiceState; payment: string; provider_payment_id: string }> {
  const invoice = await db.invoice();
  const payment = await db.payment(invoice);
  const { state } = await request(payment);
  return { invoice, payment, provider_payment_id: state.payments[0]?.provider_payment_id ?? '' };
}

describe('a fee', () => {
  it('that is told after the receipt was booked, or told anew, is booked as a correction, once', async () => {
    const { invoice, payment } = await pending();
    const [made] = bank.payments.slice(-1);
    const told = async (fee: number | null): Promise<void> => {
      made!.status = 'paid';
      made!.receipts = [{ key: 'T1', amount: 100_000, paid_at: null, fee }];
      await check(invoice.id, payment, 'read');
    };
    for (const fee of [null, 1500, 1500, null, 1200]) await told(fee);
    const { rows } = await db.pool.query(
      'select transaction_key as key, account, amount from ledger_entries where invoice_id = $1 order by at, line',
      [invoice.id],
    );
    expect(rows).toEqual([
      { key: `receipt:${payment}:T1`, account: 'provider_clearing', amount: 100_000 },
      { key: `receipt:${payment}:T1`, account: 'merchant_payable', amount: -100_000 },
      { key: `fee:${payment}:T1:1`, account: 'provider_clearing', amount: -1500 },
      { key: `fee:${payment}:T1:1`, account: 'provider_fees', amount: 1500 },
      { key: `fee:${payment}:T1:2`, account: 'provider_clearing', amount: 300 },
      { key: `fee:${payment}:T1:2`, account: 'provider_fees', amount: -300 },
    ]);
  });
});

describe('requestPayment', () => {
  it('sends the payment and records what the customer needs', async () => {
    const { payment, provider_payment_id } = await pending();
    const { rows } = await db.pool.query(
      'select status, provider_payment_id, next_action from payments where id = $1',
      [payment],
    );
    expect(rows[0]).toEqual({
      status: 'pending',
      provider_payment_id,
      next_action: { type: 'redirect', redirect_url: 'https://bank.example/pay' },
    });
  });

  it('tells the provider our own addresses for the customer, never the merchant’s', async () => {
    const payment = await db.payment(await db.invoice());
    await db.pool.query(
      `update payments set request = request || '{"return_urls": {"success": "https://shop.example/ok"}}' where id = $1`,
      [payment],
    );
    await request(payment);
    expect(bank.payments[0]?.return_urls).toEqual({
      success: 'https://pay.example.com/return/x',
      failure: 'https://pay.example.com/return/x/failure',
      cancel: 'https://pay.example.com/return/x/cancel',
    });
  });

  it('sends nothing for a row from before there was a page for the return', async () => {
    const payment = await db.payment(await db.invoice());
    await db.pool.query(`update payments set request = request - 'return_url' where id = $1`, [payment]);
    const { state } = await request(payment);
    expect(state.payments[0]?.failure).toMatchObject({ kind: 'invalid_request', code: 'no_return_address' });
    expect(bank.calls.create).toBe(0);
  });

  it('sends at most one create call, however often and however concurrently it runs', async () => {
    const invoice = await db.invoice();
    const payment = await db.payment(invoice);
    await Promise.all(Array.from({ length: 20 }, () => request(payment)));
    await request(payment);
    expect(bank.calls.create).toBe(1);
    expect(bank.payments).toHaveLength(1);
  });

  it.each(['declined', 'invalid_request', 'bad_credentials', 'unavailable', 'rate_limited'] as const)(
    'records a payment as failed when the provider answers %s, and the invoice stays payable',
    async (kind) => {
      bank.fail('create', kind);
      const invoice = await db.invoice();
      const { state } = await request(await db.payment(invoice));
      expect(statusOf(state)).toBe('failed');
      expect(state.payments[0]?.failure?.kind).toBe(kind);
      expect(invoiceStatus(state)).toBe('open');
      expect(bank.payments).toHaveLength(0);
    },
  );

  it('finds the payment again when the provider accepted it and the answer was lost', async () => {
    bank.fail('create', 'unknown_outcome', 'after');
    const { state } = await request(await db.payment(await db.invoice()));
    expect(statusOf(state)).toBe('pending');
    expect(state.payments[0]?.provider_payment_id).toBe(bank.payments[0]?.id);
  });

  it('leaves the outcome unknown while nobody can tell, and never sends again', async () => {
    bank.fail('create', 'unknown_outcome', 'before');
    const payment = await db.payment(await db.invoice());
    expect(statusOf((await request(payment)).state)).toBe('unknown');
    bank.heal();
    expect(statusOf((await lookUp(payment)).state)).toBe('unknown');
    clock_ms = 61_000;
    expect(statusOf((await lookUp(payment)).state)).toBe('failed');
    expect(bank.calls.create).toBe(1);
  });

  it('resolves an unknown outcome as soon as the provider can be asked', async () => {
    bank.fail('create', 'unknown_outcome', 'after');
    bank.fail('find', 'unavailable');
    const payment = await db.payment(await db.invoice());
    bank.fail('create', 'unknown_outcome', 'after');
    expect(statusOf((await request(payment)).state)).toBe('unknown');
    bank.heal();
    expect(statusOf((await lookUp(payment)).state)).toBe('pending');
    expect(bank.payments).toHaveLength(1);
  });

  it('looks the payment up instead of sending it when an earlier run was cut off after the claim', async () => {
    const invoice = await db.invoice();
    const payment = await db.payment(invoice);
    bank.payments.push({ id: 'B-cut-off', reference: payment, status: 'pending', receipts: [] });
    await db.pool.query('update payments set sent_at = now() where id = $1', [payment]);
    const { state } = await request(payment);
    expect(state.payments[0]?.provider_payment_id).toBe('B-cut-off');
    expect(bank.calls.create).toBe(0);
  });

  it('sends nothing for an invoice that has ended', async () => {
    const invoice = await db.invoice();
    const payment = await db.payment(invoice);
    await endInvoice(dependencies(), { invoice_id: invoice.id, as: 'canceled', reason: null, now: now() });
    const standing = await request(payment);
    expect(standing.payable).toBe(false);
    expect(bank.calls.create).toBe(0);
    expect(invoiceStatus(standing.state)).toBe('canceled');
  });

  it('fails a payment whose stored credentials cannot be opened, and nothing was sent', async () => {
    const payment = await db.payment(await db.invoice());
    const blind: ActivityDependencies = {
      ...dependencies(),
      sealer: {
        ...db.sealer,
        open: () => {
          throw new Error('wrong key');
        },
      },
    };
    const { state } = await requestPayment(
      blind,
      createAccountOpener(blind),
      { payment_id: payment, account_id: db.account_id, now: now() },
      signal,
    );
    expect(state.payments[0]?.failure).toMatchObject({
      kind: 'bad_credentials',
      code: 'credentials_unreadable',
    });
    expect(bank.calls.create).toBe(0);
  });
});

describe('applyWebhook', () => {
  it('takes a signed amount as it stands, without asking the provider', async () => {
    const { invoice, payment, provider_payment_id } = await pending();
    const webhook = await db.webhook(invoice, payment, {
      id: provider_payment_id,
      reference: payment,
      key: 'T1',
      amount: 100_000,
    });
    const { state } = await apply(invoice.id, webhook);
    expect(invoiceStatus(state)).toBe('paid');
    expect(bank.calls.read).toBe(0);
    expect(await webhookRow(webhook)).toEqual({ state: 'processed', reason: null });
  });

  it('reads the payment again when the webhook is only a hint', async () => {
    bank = scriptedBank({ trust: 'hint' });
    const { invoice, payment, provider_payment_id } = await pending();
    const webhook = await db.webhook(invoice, payment, {
      id: provider_payment_id,
      reference: payment,
      key: 'T1',
      amount: 100_000,
    });
    const { state } = await apply(invoice.id, webhook);
    expect(bank.calls.read).toBe(1);
    expect(invoiceStatus(state)).toBe('open');
    expect(await webhookRow(webhook)).toEqual({ state: 'processed', reason: null });
  });

  it('keeps the row waiting while the provider that has to confirm it cannot be asked', async () => {
    bank = scriptedBank({ trust: 'hint' });
    const { invoice, payment, provider_payment_id } = await pending();
    bank.fail('read', 'unavailable');
    const webhook = await db.webhook(invoice, payment, {
      id: provider_payment_id,
      reference: payment,
      key: 'T1',
      amount: 1,
    });
    expect((await apply(invoice.id, webhook)).applied).toBe(false);
    expect(await webhookRow(webhook)).toEqual({ state: 'received', reason: null });
    bank.heal();
    expect((await apply(invoice.id, webhook)).applied).toBe(true);
  });

  it('has one effect however many copies are applied at once', async () => {
    const { invoice, payment, provider_payment_id } = await pending();
    const body = { id: provider_payment_id, reference: payment, key: 'T1', amount: 60_000 };
    const webhooks = await Promise.all(Array.from({ length: 5 }, () => db.webhook(invoice, payment, body)));
    await Promise.all(webhooks.map((webhook) => apply(invoice.id, webhook)));
    const state = await loadInvoice(db.pool, invoice.id);
    expect(state && amountsOf(state).received).toBe(60_000);
    for (const webhook of webhooks) expect(await webhookRow(webhook)).toMatchObject({ state: 'processed' });
  });

  it.each([
    ['another currency', { currency: 'KWD' }, /the provider says KWD/],
    ['the reference of another payment', { reference: 'pay_other' }, /names reference pay_other/],
    ['another provider id', { id: 'B-other' }, /names payment B-other/],
    ['a negative amount', { amount: -5 }, /has the amount -5/],
  ])('books nothing and ends the row as dead when it carries %s', async (_what, wrong, reason) => {
    const { invoice, payment, provider_payment_id } = await pending();
    const webhook = await db.webhook(invoice, payment, {
      id: provider_payment_id,
      reference: null,
      key: 'T1',
      amount: 100_000,
      ...wrong,
    });
    const { state } = await apply(invoice.id, webhook);
    expect(amountsOf(state).received).toBe(0);
    const row = await webhookRow(webhook);
    expect(row.state).toBe('dead');
    if (!row.reason.startsWith('it names no payment')) expect(row.reason).toMatch(reason);
  });

  it('ends an unreadable body as dead, with the reason', async () => {
    const { invoice, payment } = await pending();
    const webhook = await db.webhook(invoice, payment, 'garbage');
    await apply(invoice.id, webhook);
    expect(await webhookRow(webhook)).toEqual({ state: 'dead', reason: 'not a webhook' });
  });

  it('puts a payment on record that a crash had left in its row only, before it takes the money', async () => {
    const invoice = await db.invoice();
    const payment = await db.payment(invoice);
    bank.payments.push({ id: 'B-lost', reference: payment, status: 'pending', receipts: [] });
    await db.pool.query('update payments set sent_at = now() where id = $1', [payment]);
    const webhook = await db.webhook(invoice, payment, {
      id: 'B-lost',
      reference: payment,
      key: 'T1',
      amount: 100_000,
    });
    const { state } = await apply(invoice.id, webhook);
    expect(invoiceStatus(state)).toBe('paid');
    expect(state.payments[0]?.provider_payment_id).toBe('B-lost');
  });
});

describe('checkPayment', () => {
  const paid = (id: string): void => {
    const payment = bank.payments.find((candidate) => candidate.id === id)!;
    payment.status = 'paid';
    payment.receipts = [{ key: 'T1', amount: 100_000, paid_at: null, fee: 100 }];
  };

  it('finds money whose webhook was lost', async () => {
    const { invoice, payment, provider_payment_id } = await pending();
    paid(provider_payment_id);
    const { state, answered } = await check(invoice.id, payment, 'read');
    expect([invoiceStatus(state), answered]).toEqual(['paid', true]);
  });

  it('ends the payment at the provider when its time is up', async () => {
    const { invoice, payment } = await pending();
    const { state } = await check(invoice.id, payment, 'expire');
    expect(statusOf(state)).toBe('expired');
    expect(bank.calls.expire).toBe(1);
    expect(invoiceStatus(state)).toBe('open');
  });

  it('takes the money instead when the last question finds it paid', async () => {
    const { invoice, payment, provider_payment_id } = await pending();
    paid(provider_payment_id);
    const { state } = await check(invoice.id, payment, 'expire');
    expect(statusOf(state)).toBe('paid');
    expect(bank.calls.expire).toBe(0);
  });

  it('concludes nothing when the provider cannot be asked', async () => {
    const { invoice, payment } = await pending();
    bank.fail('read', 'unavailable');
    const { state, answered } = await check(invoice.id, payment, 'expire');
    expect([statusOf(state), answered]).toEqual(['pending', false]);
  });

  it('records money that comes after expiry as late, not lost', async () => {
    const { invoice, payment, provider_payment_id } = await pending();
    await check(invoice.id, payment, 'expire');
    paid(provider_payment_id);
    const { state } = await check(invoice.id, payment, 'read');
    expect(amountsOf(state)).toMatchObject({ received: 100_000, late: 100_000 });
    expect(invoiceStatus(state)).toBe('paid');
  });
});

describe('endInvoice', () => {
  it('closes an unpaid invoice once, and never a paid one', async () => {
    const unpaid = await db.invoice();
    const end = (invoice_id: string, as: 'expired' | 'canceled') =>
      endInvoice(dependencies(), { invoice_id, as, reason: null, now: now() });
    expect(invoiceStatus((await end(unpaid.id, 'expired')).state)).toBe('expired');
    expect(invoiceStatus((await end(unpaid.id, 'canceled')).state)).toBe('expired');

    const { invoice, payment, provider_payment_id } = await pending();
    const webhook = await db.webhook(invoice, payment, {
      id: provider_payment_id,
      reference: payment,
      key: 'T1',
      amount: 100_000,
    });
    await apply(invoice.id, webhook);
    expect(invoiceStatus((await end(invoice.id, 'canceled')).state)).toBe('paid');
  });
});

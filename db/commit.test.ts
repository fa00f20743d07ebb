import { record } from '../domain/reduce.ts';
import type { InvoiceEvent } from '../domain/events.ts';
import type { InvoiceState } from '../domain/state.ts';
import { ENGINES_TIMEOUT_MS } from '../test/setup/engines.ts';
import { testRecord, type TestRecord } from '../test/setup/record.ts';
import { commitEvents } from './commit.ts';
import { loadInvoice } from './work.ts';

let db: TestRecord;
beforeAll(async () => {
  db = await testRecord({ provider: 'finan', credentials: {} });
}, ENGINES_TIMEOUT_MS);
afterAll(() => db.close());

const requested = (payment_id: string): InvoiceEvent => ({
  type: 'payment.requested',
  payment_id,
  provider: 'finan',
  method: 'bank_transfer',
  account_id: db.account_id,
  amount: 100_000,
  poll_s: [60],
});
const created = (payment_id: string, provider_payment_id: string): InvoiceEvent => ({
  type: 'payment.created',
  payment_id,
  provider_payment_id,
  expires_at: '2030-01-01T00:00:00.000Z',
  source: 'request',
});
const received = (
  payment_id: string,
  key: string,
  amount: number,
  fee: number | null = null,
): InvoiceEvent => ({
  type: 'money.received',
  payment_id,
  key,
  amount,
  fee,
  paid_at: null,
  source: 'webhook',
});
const step = (before: InvoiceState, ...events: InvoiceEvent[]) => {
  const { state: after, recorded } = record(before, events, Date.now());
  return { before, after, recorded };
};
const rows = async (text: string, ...values: unknown[]): Promise<unknown[]> =>
  (await db.pool.query(text, values)).rows;

describe('commitEvents', () => {
  it('records the events, the projection, the payment, the ledger, the outgoing events and the end of the webhook together', async () => {
    const invoice = await db.invoice();
    const payment = await db.payment(invoice);
    const webhook = await db.webhook(invoice, payment, {});
    const commit = step(
      invoice,
      requested(payment),
      created(payment, 'PR-1'),
      received(payment, 'T1', 100_000, 3000),
    );
    const result = await commitEvents(db.pool, {
      ...commit,
      nextActions: { [payment]: { type: 'redirect', redirect_url: 'https://pay.example' } },
      webhooks: [{ id: webhook, state: 'processed', reason: null, payment_id: payment }],
    });

    expect(result.committed).toBe(true);
    expect(await loadInvoice(db.pool, invoice.id)).toEqual(commit.after);
    expect(
      await rows(
        'select status, amount_received, amount_late, version from invoices where id = $1',
        invoice.id,
      ),
    ).toEqual([{ status: 'paid', amount_received: 100_000, amount_late: 0, version: 3 }]);
    expect(
      await rows(
        'select sequence, type from invoice_events where invoice_id = $1 order by sequence',
        invoice.id,
      ),
    ).toEqual([
      { sequence: 1, type: 'payment.requested' },
      { sequence: 2, type: 'payment.created' },
      { sequence: 3, type: 'money.received' },
    ]);
    expect(
      await rows(
        'select status, provider_payment_id, amount_received, next_action from payments where id = $1',
        payment,
      ),
    ).toEqual([
      {
        status: 'paid',
        provider_payment_id: 'PR-1',
        amount_received: 100_000,
        next_action: { type: 'redirect', redirect_url: 'https://pay.example' },
      },
    ]);
    expect(
      await rows(
        'select account, amount from ledger_entries where invoice_id = $1 order by line',
        invoice.id,
      ),
    ).toEqual([
      { account: 'provider_clearing', amount: 97_000 },
      { account: 'merchant_payable', amount: -100_000 },
      { account: 'provider_fees', amount: 3000 },
    ]);
    expect(
      await rows(
        'select type from outgoing_events where invoice_id = $1 order by sequence, line',
        invoice.id,
      ),
    ).toEqual([{ type: 'payment.money_received' }, { type: 'payment.paid' }, { type: 'invoice.paid' }]);
    expect(await rows('select state from webhook_events where id = $1', webhook)).toEqual([
      { state: 'processed' },
    ]);
  });

  it('records what several webhooks brought for several payments', async () => {
    const invoice = await db.invoice();
    const payments = [await db.payment(invoice), await db.payment(invoice)] as const;
    const webhooks = [
      await db.webhook(invoice, payments[0], {}),
      await db.webhook(invoice, payments[1], {}),
    ] as const;
    await commitEvents(db.pool, {
      ...step(
        invoice,
        ...payments.flatMap((id, index) => [
          requested(id),
          created(id, `PR-several-${String(index)}`),
          received(id, `T${String(index)}`, 10_000),
        ]),
      ),
      webhooks: webhooks.map((id, index) => ({
        id,
        state: 'processed',
        reason: null,
        payment_id: payments[index] ?? null,
      })),
    });

    expect(
      await rows(
        'select id, provider_payment_id, amount_received from payments where invoice_id = $1 order by id',
        invoice.id,
      ),
    ).toEqual(
      payments.map((id, index) => ({
        id,
        provider_payment_id: `PR-several-${String(index)}`,
        amount_received: 10_000,
      })),
    );
    expect(
      await rows('select id, state from webhook_events where invoice_id = $1 order by id', invoice.id),
    ).toEqual(webhooks.map((id) => ({ id, state: 'processed' })));
  });

  it('does nothing the second time', async () => {
    const invoice = await db.invoice();
    const payment = await db.payment(invoice);
    const commit = step(invoice, requested(payment), received(payment, 'T1', 100_000));
    expect((await commitEvents(db.pool, commit)).committed).toBe(true);
    expect((await commitEvents(db.pool, commit)).committed).toBe(false);
    expect(await rows('select count(*) as n from ledger_entries where invoice_id = $1', invoice.id)).toEqual([
      { n: 2 },
    ]);
  });

  it('lets exactly one of fifty writers at the same moment through', async () => {
    const invoice = await db.invoice();
    const payment = await db.payment(invoice);
    const results = await Promise.all(
      Array.from({ length: 50 }, (_, index) =>
        commitEvents(db.pool, step(invoice, requested(payment), received(payment, `T${index}`, 1000))),
      ),
    );
    expect(results.filter(({ committed }) => committed)).toHaveLength(1);
    expect(await rows('select amount_received from invoices where id = $1', invoice.id)).toEqual([
      { amount_received: 1000 },
    ]);
  });

  it('tells of webhooks that came before the payment had its provider id', async () => {
    const invoice = await db.invoice();
    const payment = await db.payment(invoice);
    const webhook = await db.webhook(invoice, payment, {});
    await db.pool.query(
      'update webhook_events set payment_id = null, invoice_id = null, provider_payment_id = $2 where id = $1',
      [webhook, 'PR-early'],
    );
    const result = await commitEvents(
      db.pool,
      step(invoice, requested(payment), created(payment, 'PR-early')),
    );
    expect(result).toEqual({ committed: true, waiting: [webhook], endpoints: [] });
  });

  it('keeps the whole commit out when one part of it is refused', async () => {
    const one = await db.invoice();
    const other = await db.invoice();
    const first = await db.payment(one);
    const second = await db.payment(other);
    await commitEvents(db.pool, step(one, requested(first), created(first, 'PR-taken')));
    await expect(
      commitEvents(db.pool, step(other, requested(second), created(second, 'PR-taken'))),
    ).rejects.toThrow(/payments_by_provider_id/);
    expect(await loadInvoice(db.pool, other.id)).toEqual(other);
    expect(await rows('select 1 from invoice_events where invoice_id = $1', other.id)).toEqual([]);
  });
});

describe('the record', () => {
  it('refuses to change or delete what was posted', async () => {
    const invoice = await db.invoice();
    const payment = await db.payment(invoice);
    await commitEvents(db.pool, step(invoice, requested(payment), received(payment, 'T1', 5)));
    for (const statement of [
      'update ledger_entries set amount = amount + 1',
      'delete from ledger_entries',
      'truncate ledger_entries',
      `update invoice_events set data = '{}'`,
      'delete from invoice_events',
      'truncate invoice_events',
    ]) {
      await expect(db.pool.query(statement)).rejects.toThrow(/append-only/);
    }
  });

  it('refuses a ledger transaction that does not sum to zero', async () => {
    const invoice = await db.invoice();
    const payment = await db.payment(invoice);
    const entry = `insert into ledger_entries (transaction_key, line, account, merchant_id, account_id, invoice_id, payment_id, currency, amount, at)
      values ('x', 1, 'provider_clearing', $1, $2, $3, $4, 'VND', 5, now())`;
    await expect(db.pool.query(entry, [db.merchant_id, db.account_id, invoice.id, payment])).rejects.toThrow(
      /does not sum to zero/,
    );
  });
});

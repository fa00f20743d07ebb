import { failureOf } from '../../test/setup/failure-of.ts';
import { useScriptedProvider } from '../../test/setup/scripted-provider.ts';
import { answering } from '../scripted-server.ts';
import { rehive } from './connector.ts';
import {
  AT_REHIVE,
  BASE,
  byCall,
  DOLLAR,
  ID,
  INVOICE,
  listOf,
  PAID,
  quote,
  transaction,
  wrapped,
} from './documented.ts';

const MISSING = answering(404, { status: 'error', message: 'Not found.' });
const scripted = useScriptedProvider(rehive, AT_REHIVE);
const { context } = scripted;
const calls = () => scripted.server.requests.map(({ method, path }) => `${method} ${path.replace(BASE, '')}`);

describe('readPayment', () => {
  const read = () => rehive.readPayment(context(), { provider_payment_id: ID, method: 'hosted' });
  const standing = (invoice: object, transactions: unknown = listOf(), refunds: unknown = listOf()) =>
    byCall({
      [`GET invoices/${ID}/`]: wrapped({ ...INVOICE, ...invoice }),
      [`GET invoices/${ID}/transactions/`]: transactions,
      [`GET invoices/${ID}/refunds/`]: refunds,
    });

  it('reads an open invoice with one call and brings its link back', async () => {
    scripted.server.script = standing({});
    expect(await read()).toMatchObject({
      status: 'pending',
      receipts: [],
      refunds: [],
      next_action: { redirect_url: INVOICE.redirect_url },
    });
    expect(calls()).toEqual([`GET invoices/${ID}/`]);
  });

  it('reads a paid invoice with each transfer and refund', async () => {
    scripted.server.script = standing(
      PAID,
      listOf(transaction('t1', 4_000), transaction('t2', 6_000)),
      listOf({ identifier: 'r1', amount: 500, currency: DOLLAR, status: 'complete', reason: 'Torn [op-1]' }),
    );
    expect(await read()).toEqual({
      provider_payment_id: ID,
      reference: 'pay_01',
      currency: 'USD',
      status: 'paid',
      receipts: [
        { key: 't1', amount: 4_000, paid_at: '2026-10-01T08:00:00.000Z', fee: null },
        { key: 't2', amount: 6_000, paid_at: '2026-10-01T08:00:00.000Z', fee: null },
      ],
      refunds: [{ key: 'r1', reference: 'op-1', amount: 500, status: 'succeeded' }],
      provider_status: 'paid',
      failure: null,
      next_action: null,
      expires_at: null,
    });
  });

  it.each([
    ['draft', 'pending'],
    ['initiated', 'pending'],
    ['processing', 'pending'],
    ['received', 'pending'],
    ['underpaid', 'pending'],
    ['paid', 'paid'],
    ['overpaid', 'paid'],
    ['complete', 'paid'],
    ['late', 'paid'],
    ['failed', 'failed'],
    ['cancelled', 'canceled'],
    ['expired', 'expired'],
    ['something_new', 'pending'],
  ])('takes %s as %s', async (status, expected) => {
    scripted.server.script = standing({ ...PAID, status }, listOf(transaction('t1', 10_000)));
    expect((await read()).status).toBe(expected);
  });

  it('takes late money that is not the whole as pending', async () => {
    scripted.server.script = standing(
      { status: 'late', payment_processor_quotes: [quote(400)] },
      listOf(transaction('t1', 400)),
    );
    expect(await read()).toMatchObject({ status: 'pending', receipts: [{ amount: 400 }] });
  });

  it('counts neither transfers that are not confirmed nor debits', async () => {
    const rows = [
      transaction('t1', 3_000),
      { ...transaction('t2', 200, { status: 'Pending' }), settled: false },
      transaction('t3', 100, { tx_type: 'debit' }),
    ];
    scripted.server.script = standing(
      { status: 'underpaid', payment_processor_quotes: [quote(3_200)] },
      listOf(...rows),
    );
    expect(await read()).toMatchObject({ status: 'pending', receipts: [{ key: 't1', amount: 3_000 }] });
  });

  it('takes the amount of the invoice when the customer paid it in another currency', async () => {
    const bitcoin = quote(250_000, { currency: { code: 'XBT', divisibility: 8 }, amount: 250_000 });
    scripted.server.script = standing({ status: 'complete', payment_processor_quotes: [bitcoin] });
    expect(await read()).toMatchObject({ status: 'paid', receipts: [{ key: ID, amount: 10_000 }] });
    scripted.server.script = standing({ status: 'underpaid', payment_processor_quotes: [bitcoin] });
    expect(await read()).toMatchObject({ status: 'pending', receipts: [] });
  });

  it.each<[string, object, unknown, number]>([
    ['there is no list of transfers', PAID, MISSING, 10_000],
    [
      'there is none, and more was collected',
      { ...PAID, payment_processor_quotes: [quote(10_500)] },
      MISSING,
      10_500,
    ],
    ['neither transfers nor quotes tell of any', { status: 'paid' }, listOf(), 10_000],
    ['transfers are told in other words', PAID, listOf({ id: 't1', amount: '100.00' }), 10_000],
  ])('takes a paid invoice as one receipt where %s', async (_, invoice, transactions, amount) => {
    scripted.server.script = standing(invoice, transactions, MISSING);
    expect(await read()).toMatchObject({ status: 'paid', receipts: [{ key: ID, amount }] });
  });

  it('waits for the whole where parts cannot be told apart', async () => {
    const part = { status: 'underpaid', payment_processor_quotes: [quote(400)] };
    scripted.server.script = standing(part, MISSING);
    expect(await read()).toMatchObject({ status: 'pending', receipts: [] });
  });

  it('reads integers that are written as text', async () => {
    scripted.server.script = standing(
      {
        ...PAID,
        request_amount: '10000',
        payment_processor_quotes: [quote(10_000, { total_paid: '10000' })],
      },
      listOf({ ...transaction('t1', 0), details: { amount: '10000', status: 'Complete' } }),
    );
    expect(await read()).toMatchObject({ status: 'paid', receipts: [{ key: 't1', amount: 10_000 }] });
  });

  it('knows a refund by id where it has no identifier', async () => {
    scripted.server.script = standing(
      PAID,
      listOf(transaction('t1', 10_000)),
      listOf({ id: 7, amount: 500, status: 'complete' }),
    );
    expect((await read()).refunds).toEqual([{ key: '7', reference: null, amount: 500, status: 'succeeded' }]);
  });

  it.each<[string, object, unknown]>([
    ['about another invoice', { id: 'x' }, listOf()],
    [
      'that is paid without money that is final',
      { status: 'paid' },
      listOf({ ...transaction('t1', 10_000, { status: 'Pending' }), settled: false }),
    ],
    ['whose transfers are no list', PAID, wrapped('soon')],
    ['with less money than its quotes', PAID, listOf(transaction('t1', 9_999))],
    [
      'with two pages of transfers',
      PAID,
      wrapped({ results: [transaction('t1', 10_000)], next: 'https://x/' }),
    ],
    [
      'paid in two currencies',
      {
        ...PAID,
        payment_processor_quotes: [quote(1), quote(1, { currency: { code: 'XBT', divisibility: 8 } })],
      },
      listOf(),
    ],
    ['in points', { request_currency: { code: 'POINTS', divisibility: 0 } }, listOf()],
  ])('refuses an answer %s', async (_, invoice, transactions) => {
    scripted.server.script = standing(invoice, transactions);
    expect((await failureOf(read())).kind).toBe('unavailable');
  });
});

/** Reconciliation against the simulators: what they list is held against the record, put right where that is safe, and settled once. */
import { eventually } from './setup/eventually.ts';
import { settledViolations } from './setup/invariants.ts';
import { shop, type Provider, type Shop } from './setup/shop.ts';
import { STACK_TIMEOUT_MS, startTestStack, type TestStack } from './setup/stack.ts';

let stack: TestStack;
let at: Shop;

beforeAll(async () => {
  stack = await startTestStack();
  at = shop(stack);
}, STACK_TIMEOUT_MS);
afterAll(() => stack.stop(), STACK_TIMEOUT_MS);

const TODAY = new Date().toISOString().slice(0, 10);
const RUNS = '/v1/reconciliation_runs';

interface Run {
  readonly id: string;
  readonly status: string;
  readonly source: string;
  readonly failure: { readonly code: string } | null;
  readonly report: {
    readonly rows: number;
    readonly outcomes: Readonly<Record<string, number>>;
    readonly put_right: number;
    readonly cases: number;
    readonly settled: readonly object[];
    readonly settled_before: number;
    readonly overdue: number;
  } | null;
}
interface Row {
  readonly id: string;
  readonly outcome: string;
  readonly resolution: string | null;
  readonly payment: string | null;
  readonly case: string | null;
}

const account = (provider: string): string => stack.merchant.accounts[provider] ?? '';

async function ended(id: string): Promise<Run> {
  return eventually(
    `${id} has ended`,
    async () => (await stack.call('GET', `${RUNS}/${id}`)).body as unknown as Run,
    ({ status }) => status === 'succeeded' || status === 'failed',
    30_000,
  );
}

async function reconcile(provider: Provider): Promise<Run> {
  const body = { provider_account: account(provider), day: TODAY };
  const { status, body: run } = await stack.call('POST', RUNS, body);
  expect({ status, run }).toMatchObject({ status: 202, run: { status: 'pending', day: TODAY } });
  return ended(String(run['id']));
}

/** Sends a file; the answer as it is. */
async function send(provider: Provider, csv: string, query = '', headers: Record<string, string> = {}) {
  const response = await fetch(
    `${stack.apiUrl}${RUNS}?provider_account=${account(provider)}&day=${TODAY}${query}`,
    {
      method: 'POST',
      headers: { authorization: `Bearer ${stack.merchant.api_key}`, 'content-type': 'text/csv', ...headers },
      body: csv,
    },
  );
  return { status: response.status, body: (await response.json()) as Readonly<Record<string, unknown>> };
}

/** The events of this type about this object, as the merchant lists them. */
async function eventsAbout(
  type: string,
  about: string,
  id: string | null | undefined,
): Promise<readonly Row[]> {
  const events = await listed(`/v1/events?type=${type}&limit=100`);
  return events.filter((event) => (event as unknown as Record<string, unknown>)[about] === id);
}

/** A server of the merchant that wants to know of cases and runs; nobody listens there. */
async function subscribe(): Promise<string> {
  const { status, body } = await stack.call('POST', '/v1/webhook_endpoints', {
    url: 'http://127.0.0.1:9/',
    event_types: ['case.*', 'reconciliation_run.*'],
  });
  expect({ status, body }).toMatchObject({ status: 201 });
  return String(body['id']);
}

async function imported(provider: Provider, csv: string, query = ''): Promise<Run> {
  const { status, body } = await send(provider, csv, query);
  expect({ status, body }).toMatchObject({ status: 202 });
  return ended(String(body['id']));
}

const listed = async (path: string): Promise<readonly Row[]> => {
  const { status, body } = await stack.call('GET', path);
  expect({ status, body }).toMatchObject({ status: 200 });
  return body['data'] as readonly Row[];
};
const rowsOf = (run: Run, query = '') => listed(`${RUNS}/${run.id}/rows${query}`);

/** What the ledger has of an account at a provider: by ledger account, minor units. */
async function books(provider: Provider): Promise<Record<string, number>> {
  const { rows } = await stack.pool.query<{ account: string; sum: number }>(
    'select account, sum(amount)::bigint as sum from ledger_entries where account_id = $1 group by account',
    [account(provider)],
  );
  return Object.fromEntries(rows.map(({ account: name, sum }) => [name, sum]));
}

async function paid(provider: Provider) {
  const made = await at.payable(provider);
  await stack.control.pay(provider, made.id);
  await stack.merchantApi.until(made.invoice.id, 'paid', ({ status }) => status === 'paid');
  return made;
}

describe.each(['finan', 'fapshi', 'tabby', 'rehive', 'fib'] as const)('a run at %s', (provider) => {
  it('matches what both sides have, and opens nothing', async () => {
    await paid(provider);
    const run = await reconcile(provider);
    expect(run).toMatchObject({
      status: 'succeeded',
      source: provider === 'fib' ? 'reads' : 'list',
      failure: null,
    });
    expect(run.report).toMatchObject({ rows: 1, outcomes: { matched: 1 }, put_right: 0, cases: 0 });
  });
});

// Tabby's payments are captured by the reading that finds them authorized.
it.each(['fapshi', 'tabby'] as const)(
  'puts a payment at %s right whose webhooks were lost, by having it read again',
  async (provider) => {
    const { id, invoice, payment } = await at.payable(provider);
    await stack.control.armWebhook(provider, { do: 'drop' });
    await stack.control.pay(provider, id);
    expect((await stack.merchantApi.invoice(invoice.id)).status).toBe('open');
    const run = await reconcile(provider);
    expect(run.report).toMatchObject({ outcomes: { matched: 1, status_differs: 1 }, put_right: 1, cases: 0 });
    expect(await rowsOf(run, '?outcome=status_differs')).toMatchObject([
      { payment: payment.id, resolution: 'put_right', case: null, here: { status: 'pending', received: 0 } },
    ]);
    expect((await stack.merchantApi.invoice(invoice.id)).status).toBe('paid');
  },
);

describe('what only one side has', () => {
  it('is a case without an invoice when money has come there and we know of nothing', async () => {
    const endpoint = await subscribe();
    // Made in the provider's dashboard: our record has never heard of it.
    const { id, payment } = await paid('finan');
    await stack.pool.query(
      `update payments set provider_payment_id = 'another', account_id = $2 where id = $1`,
      [payment.id, account('fapshi')],
    );
    const run = await reconcile('finan');
    expect(run.report).toMatchObject({ outcomes: { missing_here: 1 }, cases: 1 });
    const [row] = await rowsOf(run, '?outcome=missing_here');
    const { body: found } = await stack.call('GET', `/v1/cases/${row?.case}`);
    expect(found).toMatchObject({
      kind: 'missing_here',
      status: 'open',
      invoice: null,
      payment: null,
      amount: 200_000,
      currency: 'VND',
      provider_payment_id: id,
      reconciliation_run: run.id,
      possible_decisions: ['handled', 'not_ours'],
    });
    // The next run finds the same, and opens no second case.
    const again = await reconcile('finan');
    expect(again.report).toMatchObject({ outcomes: { missing_here: 1 }, cases: 1 });
    expect((await rowsOf(again, '?outcome=missing_here')).map((one) => one.case)).toEqual([row?.case]);
    expect(await listed('/v1/cases?kind=missing_here')).toHaveLength(1);
    expect(await eventsAbout('case.opened', 'case', row?.case)).toMatchObject([
      { invoice: null, payment: null, amount: 200_000, currency: 'VND', data: { object: { id: row?.case } } },
    ]);
    expect(await eventsAbout('reconciliation_run.succeeded', 'reconciliation_run', run.id)).toMatchObject([
      { invoice: null, data: { object: { id: run.id, status: 'succeeded', report: { cases: 1 } } } },
    ]);

    const decide = (decision: string) =>
      stack.call('POST', `/v1/cases/${row?.case}/resolve`, {
        decision,
        name: 'Mai',
        reason: 'dashboard test',
      });
    expect((await decide('accept_fee')).body).toMatchObject({ code: 'decision_not_possible' });
    expect((await decide('not_ours')).body).toMatchObject({
      status: 'resolved',
      decision: 'not_ours',
      resolved_by: 'Mai',
    });
    expect((await decide('not_ours')).status).toBe(200);
    expect((await decide('handled')).body).toMatchObject({ code: 'case_resolved' });
    expect(await eventsAbout('case.resolved', 'case', row?.case)).toMatchObject([
      { data: { object: { decision: 'not_ours' } } },
    ]);
    // And so has the merchant's server, if it wants to know.
    const { rows } = await stack.pool.query(
      `select e.type from deliveries d join outgoing_events e on e.id = d.event_id where d.endpoint_id = $1 order by e.id`,
      [endpoint],
    );
    expect(rows.map(({ type }) => type)).toEqual(
      expect.arrayContaining(['case.opened', 'reconciliation_run.succeeded', 'case.resolved']),
    );
    await stack.pool.query(`update payments set provider_payment_id = $3, account_id = $2 where id = $1`, [
      payment.id,
      account('finan'),
      id,
    ]);
  });

  it('is missing there only after the provider was asked about it by its id', async () => {
    const { payment } = await paid('rehive');
    await eventually(
      'no webhook waits',
      async () => (await stack.pool.query(`select from webhook_events where state = 'received'`)).rowCount,
      (count) => count === 0,
    );
    await at.control('DELETE', '/rehive');
    const run = await reconcile('rehive');
    expect(run.report).toMatchObject({ outcomes: { missing_there: 2 }, cases: 2 });
    expect(await rowsOf(run, `?payment=${payment.id}`)).toMatchObject([
      { outcome: 'missing_there', resolution: 'case', here: { status: 'paid', received: 2_500 } },
    ]);
  });
});

describe('a settlement file', () => {
  const HEADER = 'provider_payment_id,amount,fee,currency,settled_at,settlement_reference';
  let csv: string;
  let first: Run;

  it('books what has reached the bank, with fees that nobody had told of, in balance', async () => {
    const before = await books('finan');
    const one = await paid('finan');
    const two = await paid('finan');
    csv = [
      HEADER,
      `${one.id},200000,2000,VND,${TODAY},PO-1`,
      `${two.id},150000,0,VND,${TODAY},PO-1`,
      `not-ours,5000,0,VND,${TODAY},PO-1`,
      `${one.id},200000,2000,VND,${TODAY},PO-1`,
    ].join('\n');
    first = await imported('finan', csv);
    expect(first.report).toMatchObject({
      outcomes: { matched: 1, amount_differs: 1, missing_here: 1, duplicate: 1, missing_there: 2 },
      settled: [{ currency: 'VND', settlements: 2, net: { amount: 348_000 }, fee: { amount: 2_000 } }],
    });
    const after = await books('finan');
    expect(after['bank']).toBe(348_000);
    expect(after['provider_fees']).toBe(2_000);
    expect(after['provider_clearing']).toBe((before['provider_clearing'] ?? 0) + 400_000 - 350_000);
    const balances = await stack.call('GET', '/v1/balances?currency=VND');
    expect(balances.body).toMatchObject({ balanced: true, data: [{ total: { amount: 0 } }] });
    expect(JSON.stringify(balances.body)).toContain('"account":"bank"');
  });

  it('changes nothing when it comes again, or when its rows come in another file', async () => {
    const before = await books('finan');
    const cases = (await listed('/v1/cases?limit=100')).length;
    const again = await imported('finan', csv);
    expect(again.report).toMatchObject({ outcomes: first.report?.outcomes, settled: [], settled_before: 2 });
    const [header, ...lines] = csv.split('\n');
    const other = await imported('finan', [header, ...lines.toReversed()].join('\r\n'), '&complete=false');
    expect(other.report).toMatchObject({ settled: [], settled_before: 2 });
    expect(await books('finan')).toEqual(before);
    expect(await listed('/v1/cases?limit=100')).toHaveLength(cases);
    const changes = await listed(`${RUNS}/${again.id}/changes?against=${first.id}`);
    expect(changes).toEqual([]);
  });

  it('is not booked again when it tells the same in other words: a person decides', async () => {
    const before = await books('finan');
    const [, one] = csv.split('\n');
    const [id] = (one ?? '').split(',');
    const run = await imported(
      'finan',
      `provider_payment_id,amount,net,currency,status\n${id},200000,198000,VND,paid`,
      '&complete=false',
    );
    expect(run.report).toMatchObject({ outcomes: { amount_differs: 1 }, cases: 1, settled: [] });
    expect(await rowsOf(run)).toMatchObject([
      { outcome: 'amount_differs', resolution: 'case', settlement: { status: 'not_booked' } },
    ]);
    expect(await books('finan')).toEqual(before);
  });

  it('is compared alone when it settles nothing; a line that is there twice is a duplicate, unless the sum needs both', async () => {
    const [, one] = csv.split('\n');
    const [id] = (one ?? '').split(',');
    const twice = (amount: number): string =>
      ['provider_payment_id,amount,currency', `${id},${amount},VND`, `${id},${amount},VND`].join('\n');
    const copied = await imported('finan', twice(200_000), '&complete=false');
    expect(copied.report).toMatchObject({ outcomes: { matched: 1, duplicate: 1 }, settled: [] });
    const parts = await imported('finan', twice(100_000), '&complete=false');
    expect(parts.report).toMatchObject({ outcomes: { matched: 2 }, cases: 0 });
  });

  it('is told apart from an earlier one: what is new, gone and changed', async () => {
    const [header, , second, third] = csv.split('\n');
    const run = await imported(
      'finan',
      [header, second, third?.replace('not-ours', 'also-not-ours')].join('\n'),
      '&complete=false',
    );
    const found = (await listed(`${RUNS}/${run.id}/changes?against=${first.id}&limit=100`)) as unknown as {
      change: string;
      after: { outcome: string } | null;
      before: { outcome: string } | null;
    }[];
    const told = found.map(({ change, before, after }) => [change, (after ?? before)?.outcome]);
    expect(told.sort((a, b) => (a.join() < b.join() ? -1 : 1))).toEqual([
      ['gone', 'duplicate'],
      ['gone', 'matched'],
      ['gone', 'missing_here'],
      ['gone', 'missing_there'],
      ['gone', 'missing_there'],
      ['new', 'missing_here'],
    ]);
    const file = await fetch(`${stack.apiUrl}${RUNS}/${run.id}/rows?format=csv`, {
      headers: { authorization: `Bearer ${stack.merchant.api_key}` },
    });
    expect((await file.text()).split('\r\n')).toHaveLength(2 + 2);
  });

  it('is given the same answer for the same key, and another file with that key is refused', async () => {
    const key = { 'idempotency-key': 'file-1' };
    const [one, two] = [await send('finan', csv, '', key), await send('finan', csv, '', key)];
    expect([one.status, two.status]).toEqual([202, 202]);
    expect(two.body).toEqual(one.body);
    const other = await send('finan', csv.replace('PO-1', 'PO-2'), '', key);
    expect(other).toMatchObject({ status: 422, body: { code: 'idempotency_key_reused' } });
    await ended(String(one.body['id']));
  });

  it('books a fee of another size than the receipt told only when a person accepts it', async () => {
    const { id, payment } = await paid('fapshi');
    const { rows } = await stack.pool.query<{ fee: number }>(
      `select sum(amount)::bigint as fee from ledger_entries where payment_id = $1 and account = 'provider_fees'`,
      [payment.id],
    );
    const told = rows[0]?.fee ?? 0;
    expect(told).toBeGreaterThan(0);
    const fee = told + 50;
    const run = await imported(
      'fapshi',
      `provider_payment_id,amount,fee,settled_at\n${id},5000,${fee},${TODAY}`,
      '&complete=false',
    );
    expect(run.report).toMatchObject({
      outcomes: { fee_differs: 1 },
      cases: 1,
      settled: [{ net: { amount: 5000 - fee } }],
    });
    const before = await books('fapshi');
    const [row] = await rowsOf(run);
    const { body } = await stack.call('POST', `/v1/cases/${row?.case}/resolve`, {
      decision: 'accept_fee',
      name: 'Paul',
      reason: 'the tariff has changed',
    });
    expect(body).toMatchObject({ kind: 'fee_differs', amount: 50, status: 'resolved' });
    const after = await books('fapshi');
    expect(after['provider_fees']).toBe((before['provider_fees'] ?? 0) + 50);
    expect(after['provider_clearing']).toBe((before['provider_clearing'] ?? 0) - 50);
    expect(after['bank']).toBe(before['bank']);
  });
});

it('finds a payment that a file names by amount and time alone, where only one fits', async () => {
  const { invoice, id } = await at.payable('finan', { amount: 123_457 });
  await stack.control.pay('finan', id);
  await stack.merchantApi.until(invoice.id, 'paid', ({ status }) => status === 'paid');
  const paid_at = new Date().toISOString();
  const run = await imported(
    'finan',
    `amount,net,paid_at\n123457,123000,${paid_at}\n200000,199000,${paid_at}`,
    '&complete=false',
  );
  expect(run.report).toMatchObject({ outcomes: { matched: 1, missing_here: 1 } });
  expect(await rowsOf(run, '?outcome=matched')).toMatchObject([
    { matched_by: 'amount_and_time', invoice: invoice.id, settlement: { status: 'booked', net: 123_000 } },
  ]);
});

it('tells of money that has not been settled after the days of its account', async () => {
  const { payment } = await paid('fib');
  const path = `/v1/settlements/overdue?provider_account=${account('fib')}`;
  expect(await listed(path)).toEqual([]);
  const change = (settlement_days: number | null) =>
    stack.call('PATCH', `/v1/provider_accounts/${account('fib')}`, { settlement_days });
  expect((await change(0)).body).toMatchObject({ settlement_days: 0 });
  expect(await listed(path)).toEqual(
    expect.arrayContaining([
      expect.objectContaining({ payment: payment.id, amount: 25_000_000, currency: 'IQD' }),
    ]),
  );
  expect((await reconcile('fib')).report).toMatchObject({ overdue: 2 });
  expect((await change(null)).body).toMatchObject({ settlement_days: 1 });
});

it('goes on where it was when its worker is killed, and has every row once', async () => {
  for (let count = 0; count < 3; count += 1) await at.payable('tabby');
  await paid('tabby');
  await stack.control.fault('tabby', { kind: 'slow', ms: 600_000, operation: 'list', times: 1 });
  const { body } = await stack.call('POST', RUNS, { provider_account: account('tabby'), day: TODAY });
  await eventually(
    'the run has begun',
    async () => (await stack.call('GET', `${RUNS}/${String(body['id'])}`)).body,
    ({ status }) => status === 'running',
  );
  await stack.killWorker();
  const run = await eventually(
    'the run has ended',
    async () => (await stack.call('GET', `${RUNS}/${String(body['id'])}`)).body as unknown as Run,
    ({ status }) => status === 'succeeded',
    60_000,
  );
  expect(run.report).toMatchObject({ rows: 6, outcomes: { matched: 6 } });
}, 90_000);

it('fails with the reason when the account is refused, and the next run is not held up', async () => {
  await stack.control.fault('fapshi', { kind: 'status', status: 403, operation: 'list', times: 1 });
  const run = await reconcile('fapshi');
  expect(run).toMatchObject({ status: 'failed', failure: { kind: 'bad_credentials' }, report: null });
  expect(await reconcile('fapshi')).toMatchObject({ status: 'succeeded' });
});

it('leaves everything that must hold as it was', async () => {
  expect(await settledViolations(stack, { books: false })).toEqual([]);
});

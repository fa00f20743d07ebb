import { newId, newIdAt, type IdPrefix } from '../../db/ids.ts';
import { ENGINES_TIMEOUT_MS } from '../../test/setup/engines.ts';
import { startTestApi, type TestApi, type TestMerchant } from '../testing/api.ts';

interface Made {
  readonly invoice: string;
  readonly payment: string;
  readonly refund: string;
  readonly event: string;
  readonly case: string;
}

let api: TestApi;
let other: TestMerchant;
let live: TestMerchant;
/** Oldest first. */
const made: Made[] = [];
let foreign: Made;

const insert = async (table: string, row: Readonly<Record<string, unknown>>): Promise<void> => {
  const names = Object.keys(row);
  const places = names.map((_, index) => `$${index + 1}`).join(', ');
  await api.pool.query(`insert into ${table} (${names.join(', ')}) values (${places})`, Object.values(row));
};

/** An invoice with a payment, a refund, an event and a case, as others than the first differ. */
async function make({ id: merchant_id, account }: TestMerchant, mode: string, index: number): Promise<Made> {
  const at = `2026-03-0${1 + index}T00:00:00Z`;
  const id = (prefix: IdPrefix): string => newIdAt(prefix, Date.parse(at));
  const [invoice, payment, refund, event] = [id('inv'), id('pay'), id('rfd'), id('evt')];
  const caseId = id('case');
  const currency = index % 2 === 0 ? 'VND' : 'KWD';
  const common = { merchant_id, currency, amount: 1000 * (index + 1), created_at: at, updated_at: at };
  const description = index === 0 ? '=cmd(), "x"' : 'Lamp';
  await insert('invoices', {
    ...common,
    id: invoice,
    mode,
    description,
    reference: `order-${index}`,
    due_at: at,
    state: '{}',
    version: 0,
    status: index < 2 ? 'paid' : 'open',
  });
  await insert('payments', {
    ...common,
    id: payment,
    invoice_id: invoice,
    account_id: account,
    provider: 'bazaar',
    method: 'qr',
    request: JSON.stringify({ description }),
    status: index < 2 ? 'paid' : 'pending',
    provider_payment_id: `their-${index}`,
  });
  await insert('payment_operations', {
    ...common,
    id: refund,
    kind: 'refund',
    payment_id: payment,
    invoice_id: invoice,
    mode,
    reference: `rma-${index}`,
    requested_by: 'key',
    status: index === 0 ? 'requested' : 'succeeded',
  });
  await insert('payment_operations', {
    ...common,
    id: newId('cap'),
    kind: 'capture',
    payment_id: payment,
    invoice_id: invoice,
    mode,
    requested_by: 'key',
    status: 'succeeded',
  });
  await insert('outgoing_events', {
    id: event,
    merchant_id,
    mode,
    invoice_id: invoice,
    payment_id: payment,
    sequence: 1,
    line: 1,
    type: index < 2 ? 'payment.money_received' : 'payment.pending',
    data: JSON.stringify({ amount: index < 2 ? 1000 : null, late: false }),
    created_at: at,
  });
  await insert('cases', {
    id: caseId,
    kind: index === 0 ? 'excess_money' : 'late_money',
    merchant_id,
    mode,
    invoice_id: invoice,
    payment_id: payment,
    currency,
    amount: 1000 * (index + 1),
    opened_at: at,
    ...(index < 2 ? { resolved_at: at, decision: 'accept', resolved_by: 'Dana', reason: '=why()' } : {}),
  });
  return { invoice, payment, refund, event, case: caseId };
}

beforeAll(async () => {
  api = await startTestApi();
  other = await api.addMerchant();
  live = await api.addMerchant('live');
  for (let index = 0; index < 5; index += 1) made.push(await make(api.merchant, 'sandbox', index));
  foreign = await make(other, 'sandbox', 0);
  // The same merchant's, in the other mode.
  await api.pool.query('update provider_accounts set merchant_id = $1 where id = $2', [
    api.merchant.id,
    live.account,
  ]);
  await make({ ...live, id: api.merchant.id }, 'live', 0);
}, ENGINES_TIMEOUT_MS);
afterAll(() => api.stop());

const LISTS = [
  ['invoices', 'invoice', 'inv'],
  ['payments', 'payment', 'pay'],
  ['refunds', 'refund', 'rfd'],
  ['events', 'event', 'evt'],
  ['cases', 'case', 'case'],
] as const satisfies readonly (readonly [string, keyof Made, IdPrefix])[];

const ids = async (path: string): Promise<string[]> => {
  const { status, json, text } = await api.call('GET', path);
  if (status !== 200) throw new Error(text);
  return (json.data as { id: string }[]).map(({ id }) => id);
};
const newest = (kind: keyof Made, ...indexes: number[]): (string | undefined)[] =>
  indexes.map((index) => made[index]?.[kind]);

describe.each(LISTS)('GET /v1/%s', (path, kind, prefix) => {
  it('shows what the key may see, the newest first, each as it is read alone', async () => {
    const { json } = await api.call('GET', `/v1/${path}`);
    const data = json.data as { id: string }[];
    expect(data.map(({ id }) => id)).toEqual(newest(kind, 4, 3, 2, 1, 0));
    expect(json).toMatchObject({ object: 'list', has_more: false });
    // Read on its own, an object may say more of itself.
    for (const one of data) expect((await api.call('GET', `/v1/${path}/${one.id}`)).json).toMatchObject(one);
  });

  it('goes through the pages in both directions', async () => {
    const first = await api.call('GET', `/v1/${path}?limit=2`);
    expect(first.json).toMatchObject({ has_more: true });
    const [, middle] = newest(kind, 4, 3, 2);
    expect(await ids(`/v1/${path}?limit=2&starting_after=${middle}`)).toEqual(newest(kind, 2, 1));
    expect(await ids(`/v1/${path}?limit=2&ending_before=${made[0]?.[kind]}`)).toEqual(newest(kind, 2, 1));
    const last = await api.call('GET', `/v1/${path}?limit=2&starting_after=${made[2]?.[kind]}`);
    expect(last.json.has_more).toBe(false);
  });

  it('refuses cursors that are none of the caller’s', async () => {
    for (const cursor of [foreign[kind], newId(prefix), 'nonsense']) {
      const answer = await api.call('GET', `/v1/${path}?starting_after=${cursor}`);
      expect(answer).toMatchObject({
        status: 422,
        json: { errors: [{ pointer: '?starting_after', code: 'unknown_cursor' }] },
      });
    }
  });

  it('shows nothing of others', async () => {
    const answer = await api.call('GET', `/v1/${path}`, { key: other.key });
    expect((answer.json.data as { id: string }[]).map(({ id }) => id)).toEqual([foreign[kind]]);
    expect((await api.call('GET', `/v1/${path}/${foreign[kind]}`)).status).toBe(404);
    expect((await api.call('GET', `/v1/${path}`, { key: null })).status).toBe(401);
  });

  it('refuses what is no parameter of it', async () => {
    expect(await api.call('GET', `/v1/${path}?stat=paid`)).toMatchObject({
      status: 422,
      json: { errors: [{ pointer: '?stat', code: 'unknown_field' }] },
    });
  });

  it('comes as CSV, by parameter or by header, with a header and a line for each', async () => {
    const byParameter = await api.call('GET', `/v1/${path}?format=csv`);
    const byHeader = await api.call('GET', `/v1/${path}`, { headers: { Accept: 'text/csv' } });
    expect(byHeader.text).toBe(byParameter.text);
    expect(byHeader.headers.get('content-type')).toMatch(/^text\/csv/);
    expect(byHeader.headers.get('vary')).toMatch(/accept/i);
    const [header, ...lines] = byParameter.text.trimEnd().split('\r\n');
    expect(header).toMatch(/^id,/);
    expect(lines.map((line) => line.split(',')[0])).toEqual(newest(kind, 4, 3, 2, 1, 0));
    expect(await api.call('GET', `/v1/${path}?format=csv&limit=5`)).toMatchObject({
      status: 422,
      json: { errors: [{ pointer: '?limit', code: 'conflict' }] },
    });
    const head = await api.call('HEAD', `/v1/${path}?format=csv`);
    expect([head.status, head.text]).toEqual([200, '']);
  });
});

describe('filters', () => {
  it.each([
    ['invoices?status=paid', 'invoice', [1, 0]],
    ['invoices?currency=KWD', 'invoice', [3, 1]],
    ['invoices?status=open&currency=VND', 'invoice', [4, 2]],
    ['invoices?reference=order-3', 'invoice', [3]],
    ['invoices?amount_gte=2000&amount_lte=3000', 'invoice', [2, 1]],
    ['invoices?created_gte=2026-03-02T00:00:00Z&created_lte=2026-03-03T03:00:00%2B03:00', 'invoice', [2, 1]],
    ['invoices?provider=bazaar&status=paid', 'invoice', [1, 0]],
    ['payments?status=paid', 'payment', [1, 0]],
    ['payments?currency=KWD&amount_gte=3000', 'payment', [3]],
    ['payments?created_gte=2026-03-02T00:00:00Z&created_lte=2026-03-03T00:00:00Z', 'payment', [2, 1]],
    ['refunds?provider=bazaar&currency=VND&amount_lte=3000', 'refund', [2, 0]],
    ['refunds?created_gte=2026-03-05T00:00:00Z', 'refund', [4]],
    ['events?created_gte=2026-03-02T00:00:00Z&created_lte=2026-03-03T00:00:00Z', 'event', [2, 1]],
    ['cases?status=resolved', 'case', [1, 0]],
    ['cases?status=open&provider=bazaar&currency=VND', 'case', [4, 2]],
    ['cases?kind=excess_money', 'case', [0]],
    ['cases?opened_gte=2026-03-02T00:00:00Z&opened_lte=2026-03-03T00:00:00Z&amount_lte=2000', 'case', [1]],
    ['payments?provider=bazaar&status=pending', 'payment', [4, 3, 2]],
    ['payments?provider_payment_id=their-2', 'payment', [2]],
    ['refunds?status=pending', 'refund', [0]],
    ['refunds?reference=rma-1', 'refund', [1]],
    ['events?type=payment.money_received', 'event', [1, 0]],
  ] as const)('%s', async (path, kind, indexes) => {
    expect(await ids(`/v1/${path}`)).toEqual(newest(kind, ...indexes));
  });

  it('narrows to one invoice or payment, and finds nothing of a foreign one', async () => {
    const [one] = made;
    for (const [path, kind] of LISTS.slice(1)) {
      expect(await ids(`/v1/${path}?invoice=${one?.invoice}`)).toEqual([one?.[kind]]);
      expect(await ids(`/v1/${path}?invoice=${foreign.invoice}`)).toEqual([]);
    }
    expect(await ids(`/v1/refunds?payment=${one?.payment}`)).toEqual([one?.refund]);
    expect(await ids(`/v1/refunds?payment=${foreign.payment}`)).toEqual([]);
  });

  it.each([
    ['invoices?status=payed', '?status', 'unknown_status'],
    ['invoices?currency=vnd', '?currency', 'unknown_currency'],
    ['invoices?amount_gte=1.5', '?amount_gte', 'invalid_format'],
    ['invoices?created_gte=yesterday', '?created_gte', 'invalid_format'],
    ['invoices?created_gte=2026-02-30T00:00:00Z', '?created_gte', 'invalid_format'],
    ['invoices?amount_gte=3&amount_lte=2', '?amount_lte', 'conflict'],
    ['invoices?reference=%00', '?reference', 'invalid_format'],
    ['payments?invoice=7', '?invoice', 'invalid_format'],
    ['payments?provider=bazar', '?provider', 'unknown_provider'],
    ['events?type=paid', '?type', 'unknown_type'],
    ['cases?kind=late', '?kind', 'unknown_kind'],
    ['cases?opened_gte=2026-03-02T00:00:00Z&opened_lte=2026-03-01T00:00:00Z', '?opened_lte', 'conflict'],
    ['refunds?created_lte=yesterday', '?created_lte', 'invalid_format'],
    ['events?format=xml', '?format', 'invalid_format'],
  ])('refuses %s', async (path, pointer, code) => {
    expect(await api.call('GET', `/v1/${path}`)).toMatchObject({
      status: 422,
      json: { code: 'validation_failed', errors: [{ pointer, code }] },
    });
  });

  it('takes times at the ends of the calendar', async () => {
    expect(await ids('/v1/invoices?created_gte=0000-01-01T00:00:00%2B23:59')).toHaveLength(5);
    expect(await ids('/v1/invoices?created_lte=9999-12-31T23:59:59-23:59')).toHaveLength(5);
  });
});

describe('payments at several accounts', () => {
  it('are one list, in pages in both directions', async () => {
    const many = await api.addMerchant();
    const spare = await api.addMerchant();
    const unused = await api.addMerchant();
    await api.pool.query('update provider_accounts set merchant_id = $1, label = id where id = any($2)', [
      many.id,
      [spare.account, unused.account],
    ]);
    const payments: string[] = [];
    for (const index of [0, 1, 2, 3, 4, 5]) {
      const account = index % 2 === 0 ? many.account : spare.account;
      payments.unshift((await make({ ...many, account }, 'sandbox', index)).payment);
    }
    const read = async (query: string) => {
      const { json } = await api.call('GET', `/v1/payments?limit=2${query}`, { key: many.key });
      return { ids: (json.data as { id: string }[]).map(({ id }) => id), has_more: json.has_more };
    };
    expect(await read('')).toEqual({ ids: payments.slice(0, 2), has_more: true });
    expect(await read(`&starting_after=${payments[1]}`)).toEqual({
      ids: payments.slice(2, 4),
      has_more: true,
    });
    expect(await read(`&starting_after=${payments[3]}`)).toEqual({ ids: payments.slice(4), has_more: false });
    expect(await read(`&ending_before=${payments[4]}`)).toEqual({
      ids: payments.slice(2, 4),
      has_more: true,
    });
    expect(await read(`&ending_before=${payments[2]}`)).toEqual({
      ids: payments.slice(0, 2),
      has_more: false,
    });
    expect((await read('&status=paid')).ids).toEqual(payments.slice(4));
    expect((await read(`&status=pending&starting_after=${payments[2]}`)).ids).toEqual([payments[3]]);
  });
});

describe('a CSV of many', () => {
  it('has all rows, once each, and cells that no spreadsheet runs', async () => {
    const many = await api.addMerchant();
    await make(many, 'sandbox', 0);
    await api.pool.query(
      `insert into invoices (id, merchant_id, mode, currency, amount, due_at, created_at, updated_at, state, version, status)
       select 'inv_' || lpad(n::text, 26, '0'), $1, 'sandbox', 'VND', n, now(), now(), now(), '{}', 0, 'open'
       from generate_series(1, 1203) n`,
      [many.id],
    );
    const { text } = await api.call('GET', '/v1/invoices?format=csv', { key: many.key });
    const lines = text.trimEnd().split('\r\n').slice(1);
    expect(lines).toHaveLength(1204);
    expect(new Set(lines.map((line) => line.split(',')[0])).size).toBe(1204);
    expect(lines.at(-1)).toContain(`"'=cmd(), ""x"""`);
  });
});

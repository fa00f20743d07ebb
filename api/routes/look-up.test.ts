/** Finding invoices, payments and refunds by what the merchant or the provider calls them. */
import { ENGINES_TIMEOUT_MS } from '../../test/setup/engines.ts';
import { startTestApi, type TestApi, type TestMerchant } from '../testing/api.ts';
import { rowsOfEveryKind, type RowIds } from '../testing/rows.ts';

let api: TestApi;
let ids: RowIds;
let other: TestMerchant;
/** By their order. */
const invoices: string[] = [];

const create = async (body: object, key = api.merchant.key): Promise<string> => {
  const { json } = await api.call('POST', '/v1/invoices', {
    key,
    body: { amount: 1000, currency: 'VND', ...body },
  });
  return String(json.id);
};
const find = async (path: string, key = api.merchant.key): Promise<unknown[]> => {
  const { status, json, text } = await api.call('GET', `/v1/${path}`, { key });
  if (status !== 200) throw new Error(text);
  return (json.data as { id: unknown }[]).map(({ id }) => id);
};

const LONG_NAME = 'n'.repeat(41);
const MUCH = Object.fromEntries(Array.from({ length: 11 }, (_, index) => [`k${index}`, 'v']));
const written = (metadata: Readonly<Record<string, string>>): string =>
  Object.entries(metadata)
    .map(([name, value]) => `metadata[${encodeURIComponent(name)}]=${encodeURIComponent(value)}`)
    .join('&');

beforeAll(async () => {
  api = await startTestApi();
  other = await api.addMerchant();
  for (const metadata of [
    { order_id: '1001', shop: 'Erbil' },
    { order_id: '1002', shop: 'Erbil' },
    { order_id: '1003', shop: 'Basra' },
    { 'a [b] = "ü" %': '100 % & more' },
    {},
  ])
    invoices.push(await create({ metadata, reference: 'order-1' }));
  await create({ metadata: { order_id: '1001', shop: 'Erbil' }, reference: 'order-1' }, other.key);
  ids = await rowsOfEveryKind(api, api.merchant);
  await rowsOfEveryKind(api, other);
  await api.pool.query(
    `update payment_operations set metadata = '{"ticket": "7"}', provider_operation_id = 'R-7' where kind = 'refund'`,
  );
}, ENGINES_TIMEOUT_MS);
afterAll(() => api.stop());

describe('by metadata', () => {
  const at = (...indexes: number[]) => indexes.map((index) => invoices[index]);

  it.each([
    [{ order_id: '1001' }, [0]],
    [{ shop: 'Erbil' }, [1, 0]],
    [{ shop: 'Erbil', order_id: '1002' }, [1]],
    [{ shop: 'Basra', order_id: '1002' }, []],
    [{ order_id: '100' }, []],
    [{ 'a [b] = "ü" %': '100 % & more' }, [3]],
    [{ ['__proto__']: 'odd' }, []],
  ])('finds the invoices that have all of %j, the newest first', async (metadata, found) => {
    expect(await find(`invoices?${written(metadata)}`)).toEqual(at(...found));
  });

  it('takes percent-encoded brackets, goes with other filters, pages and CSV', async () => {
    expect(await find('invoices?metadata%5Bshop%5D=Erbil&limit=1')).toEqual(at(1));
    expect(await find(`invoices?metadata[shop]=Erbil&starting_after=${invoices[1]}`)).toEqual(at(0));
    expect(await find('invoices?metadata[shop]=Erbil&reference=order-2')).toEqual([]);
    const { text } = await api.call('GET', '/v1/invoices?metadata[shop]=Erbil&format=csv');
    expect(text.trimEnd().split('\r\n')).toHaveLength(3);
  });

  it('finds nothing of others', async () => {
    const found = await find('invoices?metadata[order_id]=1001', other.key);
    expect(found).toHaveLength(1);
    expect(invoices).not.toContain(found[0]);
  });

  it('finds refunds', async () => {
    expect(await find('refunds?metadata[ticket]=7')).toEqual([ids.rfd]);
    expect(await find('refunds?metadata[ticket]=8')).toEqual([]);
  });

  it('finds nothing any more when the personal data of an invoice is erased', async () => {
    const id = await create({ metadata: { order_id: 'gone' } });
    await api.pool.query(
      `update invoices set status = 'canceled', state = jsonb_set(state, '{canceled_at}', '"2026-01-01T00:00:00.000Z"') where id = $1`,
      [id],
    );
    expect(await find('invoices?metadata[order_id]=gone')).toEqual([id]);
    await api.call('POST', `/v1/invoices/${id}/erase`, { body: {} });
    expect(await find('invoices?metadata[order_id]=gone')).toEqual([]);
  });

  it('reads the invoices that have it and no others, by an index, behind row-level security', async () => {
    await api.pool.query(
      `insert into invoices (id, merchant_id, mode, currency, amount, due_at, created_at, updated_at, state, version, status, metadata)
       select 'inv_' || lpad(n::text, 26, '0'), $1, 'sandbox', 'VND', n, now(), now(), now(), '{}', 0, 'open',
         jsonb_build_object('n', n::text, 'half', (n % 2)::text)
       from generate_series(1, 20000) n`,
      [other.id],
    );
    await api.pool.query('analyze invoices');
    const query = jest.spyOn(api.dependencies.pool, 'query');
    await find('invoices?metadata[n]=77', other.key);
    const calls = query.mock.calls as unknown as [string, unknown[]][];
    const [statement, values] = calls.find(([text]) => text.includes('invoices_in_scope')) ?? [];
    query.mockRestore();
    const client = await api.pool.connect();
    await client.query('begin');
    await client.query(
      `select set_config('role', 'sarraf_api', true), set_config('sarraf.merchant', $1, true)`,
      [other.id],
    );
    const { rows } = await client.query<{ 'QUERY PLAN': string }>(`explain (costs off) ${statement}`, values);
    await client.query('rollback');
    client.release();
    const plan = rows.map((row) => row['QUERY PLAN']).join('\n');
    expect(plan).toContain('Bitmap Index Scan on invoices_by_metadata');
    expect(plan).not.toContain('Seq Scan on invoices');
  });

  it.each([
    ['no name', 'metadata=1001', '?metadata', 'invalid_format'],
    ['a name twice', 'metadata[a]=1&metadata[a]=2', '?metadata[a]', 'repeated'],
    ['an empty name', 'metadata[]=1', '?metadata[]', 'invalid_name'],
    ['a long name', `metadata[${LONG_NAME}]=1`, `?metadata[${LONG_NAME}]`, 'invalid_name'],
    ['no value', 'metadata[a]=', '?metadata[a]', 'invalid_format'],
    ['a long value', `metadata[a]=${'v'.repeat(501)}`, '?metadata[a]', 'invalid_format'],
    ['a value that is no text', 'metadata[a]=%00', '?metadata[a]', 'invalid_format'],
    ['eleven names', written(MUCH), '?metadata', 'too_long'],
    ['a misspelt parameter', 'metdata[a]=1', '?metdata[a]', 'unknown_field'],
    ['brackets behind another', 'status[a]=1', '?status[a]', 'unknown_field'],
  ])('refuses %s', async (_name, query, pointer, code) => {
    expect(await api.call('GET', `/v1/invoices?${query}`)).toMatchObject({
      status: 422,
      json: { code: 'validation_failed', errors: [{ pointer, code }] },
    });
  });
});

describe('by reference and by the provider’s id', () => {
  it('finds the payments of the invoices with a reference', async () => {
    const payment = async (invoice: string, key: string): Promise<string> => {
      const body = { payment_service: 'bazaar.qr' };
      return String((await api.call('POST', `/v1/invoices/${invoice}/payments`, { key, body })).json.id);
    };
    const [first, second] = [
      await create({ amount: 200_000, reference: 'INV-001' }),
      await create({ amount: 200_000, reference: 'INV-001' }),
    ];
    const made = [
      await payment(first, api.merchant.key),
      await payment(second, api.merchant.key),
      await payment(first, api.merchant.key),
    ];
    const theirs = await create({ amount: 200_000, reference: 'INV-001' }, other.key);
    await payment(theirs, other.key);
    expect(await find('payments?reference=INV-001')).toEqual(made.toReversed());
    expect(await find('payments?reference=INV-001&limit=1&expand=invoice')).toEqual(made.slice(2));
    expect(await find('payments?reference=INV-001&provider=bazaar&status=paid')).toEqual([]);
    expect(await find('payments?reference=inv-001')).toEqual([]);
  });

  it('finds a refund by the id that the provider gave it', async () => {
    expect(await find('refunds?provider_operation_id=R-7')).toEqual([ids.rfd]);
    expect(await find('refunds?provider_operation_id=R-8')).toEqual([]);
  });
});

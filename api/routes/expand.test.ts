import { newId } from '../../db/ids.ts';
import { ENGINES_TIMEOUT_MS } from '../../test/setup/engines.ts';
import { startTestApi, type TestApi, type TestMerchant } from '../testing/api.ts';
import { rowsOfEveryKind, type RowIds } from '../testing/rows.ts';

let api: TestApi;
let ids: RowIds;
let other: TestMerchant;
let othersIds: RowIds;

beforeAll(async () => {
  api = await startTestApi();
  other = await api.addMerchant();
  othersIds = await rowsOfEveryKind(api, other);
  ids = await rowsOfEveryKind(api, api.merchant);
}, ENGINES_TIMEOUT_MS);
afterAll(() => api.stop());

type Shown = Readonly<Record<string, unknown>>;
const read = async (path: string, key = api.merchant.key): Promise<Shown> => {
  const { status, json, text } = await api.call('GET', `/v1/${path}`, { key });
  if (status !== 200) throw new Error(text);
  return json;
};
const list = async (path: string, key?: string): Promise<Shown[]> => (await read(path, key)).data as Shown[];

/** What happened to an invoice, `count` times, the latest last. */
async function happen(invoice: string, count: number): Promise<string[]> {
  const events = Array.from({ length: count }, () => newId('evt'));
  await api.pool.query(
    `insert into outgoing_events (id, merchant_id, mode, invoice_id, sequence, line, type, data, created_at)
     select e.id, i.merchant_id, i.mode, i.id, 10 + n, 1, 'invoice.paid', '{"amount": 5, "late": false}', now()
     from unnest($2::text[]) with ordinality e (id, n), invoices i where i.id = $1`,
    [invoice, events],
  );
  return events;
}

describe('expand=events', () => {
  it('shows the newest events with an invoice, read alone or in a list, and says when there are more', async () => {
    const invoice = await api.call('POST', '/v1/invoices', { body: { amount: 1000, currency: 'VND' } });
    const id = String(invoice.json.id);
    const events = await happen(id, 21);
    const alone = await read(`invoices/${id}?expand=events`);
    expect(alone.events).toMatchObject({ object: 'list', has_more: true });
    const { data } = alone.events as { data: Shown[] };
    expect(data.map((event) => event.id)).toEqual(events.toReversed().slice(0, 20));
    // As the list of events has them, but for the object: that is around them.
    const [{ data: _object, ...newest } = {}] = await list(`events?invoice=${id}&limit=1`);
    expect(data[0]).toEqual(newest);
    const rest = await list(`events?invoice=${id}&starting_after=${String(data.at(-1)?.id)}`);
    expect(rest.map((event) => event.id)).toEqual([events[0]]);

    const [first, second] = await list('invoices?limit=2&expand=payments,events');
    expect(first).toEqual(alone);
    expect(second).toMatchObject({ id: ids.inv, events: { data: [{ id: ids.evt }], has_more: false } });
    const fresh = await api.call('POST', '/v1/invoices', { body: { amount: 1000, currency: 'VND' } });
    expect((await read(`invoices/${String(fresh.json.id)}?expand=events`)).events).toEqual({
      object: 'list',
      data: [],
      has_more: false,
    });
  });

  it('costs a page one statement more, however many invoices are on it', async () => {
    const statements = async (path: string): Promise<number> => {
      const query = jest.spyOn(api.dependencies.pool, 'query');
      await read(path);
      const { length } = query.mock.calls;
      query.mockRestore();
      return length;
    };
    const plain = await statements('invoices?limit=100');
    expect(plain).toBeGreaterThan(0);
    expect(await statements('invoices?limit=100&expand=payments')).toBe(plain);
    expect(await statements('invoices?limit=100&expand=events')).toBe(plain + 1);
    expect(await statements('refunds?expand=invoice,payment')).toBe((await statements('refunds')) + 2);
  });
});

describe('expand=invoice and expand=payment', () => {
  it('shows the whole in place of the id, as it is read alone', async () => {
    const [invoice, payment] = await Promise.all([read(`invoices/${ids.inv}`), read(`payments/${ids.pay}`)]);
    expect(await read(`payments/${ids.pay}?expand=invoice`)).toEqual({ ...payment, invoice });
    expect(await list('payments?expand=invoice')).toEqual([{ ...payment, invoice }]);
    for (const path of [`refunds/${ids.rfd}`, `captures/${ids.cap}`, `voids/${ids.void}`]) {
      const plain = await read(path);
      expect(plain).toMatchObject({ invoice: ids.inv, payment: ids.pay });
      expect(await read(`${path}?expand=invoice,payment`)).toEqual({ ...plain, invoice, payment });
      expect(await read(`${path}?expand=payment`)).toEqual({ ...plain, payment });
    }
    const [refund] = await list('refunds');
    expect(await list('refunds?expand=invoice')).toEqual([{ ...refund, invoice }]);
  });

  it('shows each merchant its own', async () => {
    const [payment] = await list('payments?expand=invoice', other.key);
    expect(payment).toMatchObject({ id: othersIds.pay, invoice: { id: othersIds.inv } });
    const [refund] = await list('refunds?expand=invoice,payment', other.key);
    expect(refund).toMatchObject({ invoice: { id: othersIds.inv }, payment: { id: othersIds.pay } });
  });
});

describe('the parameter', () => {
  it('may be separated by commas, repeated, or written with brackets', async () => {
    const whole = await read(`refunds/${ids.rfd}?expand=invoice,payment`);
    for (const query of [
      'expand=payment&expand=invoice',
      'expand[]=payment&expand[]=invoice',
      'expand%5B%5D=invoice&expand=payment,invoice',
    ])
      expect(await read(`refunds/${ids.rfd}?${query}`)).toEqual(whole);
  });

  it.each([
    ['invoices?expand=event', '?expand', 'unknown_expansion', /"event".*did you mean "events"\?/],
    ['invoices?expand=', '?expand', 'unknown_expansion', /""/],
    ['payments?expand=events', '?expand', 'unknown_expansion', /"events"/],
    ['payments?expand[0]=invoice', '?expand[0]', 'unknown_field', /did you mean|not a field/],
    ['events?expand=invoice', '?expand', 'unknown_field', /not a field/],
    ['invoices?expand=events&format=csv', '?expand', 'conflict', /CSV/],
  ])('is refused in %s', async (path, pointer, code, detail) => {
    expect(await api.call('GET', `/v1/${path}`)).toMatchObject({
      status: 422,
      json: {
        code: 'validation_failed',
        errors: [{ pointer, code, detail: expect.stringMatching(detail) as string }],
      },
    });
  });

  it('is refused with everything else that a single object does not take', async () => {
    for (const path of [`invoices/${ids.inv}`, `payments/${ids.pay}`, `refunds/${ids.rfd}`]) {
      expect(await api.call('GET', `/v1/${path}?expnd=invoice`)).toMatchObject({
        status: 422,
        json: { errors: [{ pointer: '?expnd', code: 'unknown_field' }] },
      });
    }
  });

  it('makes an answer of its own for who asks whether it has changed', async () => {
    const [plain, expanded] = [`/v1/invoices/${ids.inv}`, `/v1/invoices/${ids.inv}?expand=events`];
    const etag = async (path: string): Promise<string> =>
      (await api.call('GET', path)).headers.get('etag') ?? '';
    const before = await etag(expanded);
    expect(before).not.toBe(await etag(plain));
    const headers = { 'If-None-Match': before };
    expect((await api.call('GET', expanded, { headers })).status).toBe(304);
    await happen(ids.inv, 1);
    expect((await api.call('GET', expanded, { headers })).status).toBe(200);
  });
});

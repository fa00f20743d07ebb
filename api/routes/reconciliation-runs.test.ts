import { newId } from '../../db/ids.ts';
import { ENGINES_TIMEOUT_MS } from '../../test/setup/engines.ts';
import { startTestApi, type Answer, type TestApi } from '../testing/api.ts';

let api: TestApi;
beforeAll(async () => {
  api = await startTestApi();
}, ENGINES_TIMEOUT_MS);
afterAll(() => api.stop());

const RUNS = '/v1/reconciliation_runs';
const DAY = '2026-11-01';

const ask = (body: object): Promise<Answer> => api.call('POST', RUNS, { body });
const send = (csv: string | Uint8Array, { key, day = DAY }: { key?: string; day?: string } = {}) =>
  api.call('POST', `${RUNS}?provider_account=${api.merchant.account}&day=${day}`, {
    body: csv,
    headers: { 'Content-Type': 'text/csv', ...(key === undefined ? {} : { 'Idempotency-Key': key }) },
  });
const errors = ({ json }: Answer) =>
  (json['errors'] as { pointer: string; code: string }[]).map(({ pointer, code }) => [pointer, code]);
const format = (settlement_file: object | null) =>
  api.call('PATCH', `/v1/provider_accounts/${api.merchant.account}`, { body: { settlement_file } });
const stored = async ({ json }: Answer): Promise<Record<string, unknown>[]> => {
  const { rows } = await api.pool.query('select * from reconciliation_rows where run_id = $1 order by line', [
    json['id'],
  ]);
  return rows;
};
const runs = async (): Promise<number> =>
  (await api.pool.query('select from reconciliation_runs')).rowCount ?? 0;

afterEach(() => format(null));

describe('a run of a day', () => {
  it('is accepted, started, shown and listed', async () => {
    const answer = await ask({ provider_account: api.merchant.account, day: DAY });
    expect(answer.status).toBe(202);
    expect(answer.json).toMatchObject({ status: 'pending', source: 'reads', day: DAY, report: null });
    const id = String(answer.json['id']);
    expect(answer.headers.get('location')).toBe(`${RUNS}/${id}`);
    expect(api.gateway.reconciled).toContain(id);
    expect((await api.call('GET', `${RUNS}/${id}`)).json).toMatchObject({ id, status: 'pending' });
    expect((await api.call('GET', `${RUNS}?day=${DAY}&status=pending`)).text).toContain(id);
    expect((await api.call('GET', `${RUNS}?day=2026-10-31`)).json['data']).toEqual([]);
    expect((await api.call('GET', `${RUNS}/${id}/rows`)).json).toEqual({
      object: 'list',
      data: [],
      has_more: false,
    });
    expect((await api.call('GET', `${RUNS}/${id}/changes`)).json).toMatchObject({ code: 'no_earlier_run' });
  });

  it("is nobody else's", async () => {
    const { json } = await ask({ provider_account: api.merchant.account, day: DAY });
    const { key, account } = await api.addMerchant();
    for (const path of ['', '/rows', '/changes'])
      expect((await api.call('GET', `${RUNS}/${String(json['id'])}${path}`, { key })).status).toBe(404);
    expect((await api.call('GET', RUNS, { key })).json['data']).toEqual([]);
    const foreign = await ask({ provider_account: account, day: DAY });
    expect(errors(foreign)).toEqual([['/provider_account', 'unknown_provider_account']]);
  });

  it.each([
    ['tomorrow', new Date(Date.now() + 86_400_000).toISOString().slice(0, 10), 'too_late'],
    ['no day of the calendar', '2026-02-30', 'invalid_format'],
    ['a time', '2026-11-01T00:00:00Z', 'invalid_format'],
    ['missing', undefined, 'required'],
  ])('is refused for a day that is %s', async (_, day, code) => {
    expect(errors(await ask({ provider_account: api.merchant.account, day }))).toEqual([['/day', code]]);
  });

  it('is the same run for the same Idempotency-Key', async () => {
    const options = {
      body: { provider_account: api.merchant.account, day: DAY },
      headers: { 'Idempotency-Key': 'run-1' },
    };
    const [one, two] = [await api.call('POST', RUNS, options), await api.call('POST', RUNS, options)];
    expect(two.text).toBe(one.text);
    expect(two.headers.get('idempotent-replayed')).toBe('true');
  });

  it('waits for the sweeper when the workflow engine is away', async () => {
    const away = await startTestApi({
      reconciliations: { start: () => Promise.reject(new Error('14 UNAVAILABLE')) },
    });
    try {
      const body = { provider_account: away.merchant.account, day: DAY };
      expect((await away.call('POST', RUNS, { body })).status).toBe(202);
    } finally {
      await away.stop();
    }
  });
});

describe('a settlement file', () => {
  it('is stored row by row, in minor units', async () => {
    const lines = [
      '\uFEFFprovider_payment_id,reference,currency,amount,fee,paid_at,settled_at,settlement_id,note',
      'P1,,KWD,12.5,0.125,2026-11-01T10:00:00+03:00,2026-11-03,S1,"a, ""quoted"" cell"',
      `,${newId('pay')},KWD,-2.500,0,,2026-11-03,S2,`,
      ',,KWD,,0.750,,2026-11-03,S3,monthly',
    ];
    const rows = await stored(await send(lines.join('\r\n')));
    expect(rows).toMatchObject([
      {
        line: 2,
        provider_payment_id: 'P1',
        currency: 'KWD',
        received: 12_500,
        fee: 125,
        settled: 12_375,
        at: '2026-11-01T07:00:00.000Z',
        settled_at: '2026-11-03T00:00:00.000Z',
        settlement_key: 'id:S1',
      },
      { line: 3, received: -2_500, settled: -2_500, settlement_key: 'id:S2' },
      { line: 4, received: null, fee: 750, settled: -750 },
    ]);
  });

  it("is read as the account's format says", async () => {
    const change = await format({
      columns: {
        provider_payment_id: 'Transaction',
        amount: 'Brut',
        net: 'Net',
        status: 'Statut',
        paid_at: 'Le',
      },
      delimiter: ';',
      decimal_separator: ',',
      dates: 'DD/MM/YYYY',
      utc_offset: '+01:00',
      currency: 'EUR',
      statuses: { Payé: 'paid', Refusé: 'failed' },
    });
    expect(change.status).toBe(200);
    const rows = await stored(
      await send(
        'Transaction;Brut;Net;Statut;Le\nT1;10,50;10,20;Payé;31/10/2026 23:30\nT2;8;0;Refusé;31/10/2026',
      ),
    );
    expect(rows).toMatchObject([
      {
        provider_payment_id: 'T1',
        received: 1050,
        settled: 1020,
        fee: 30,
        status: 'paid',
        at: '2026-10-31T22:30:00.000Z',
      },
      { provider_payment_id: 'T2', amount: 800, received: 0, settled: null, status: 'failed' },
    ]);
  });

  it('settles nothing when it tells nothing of settlement', async () => {
    expect(await stored(await send('provider_payment_id,amount,currency\nP1,5,EUR'))).toMatchObject([
      { received: 500, settled: null, settlement_key: null },
    ]);
  });

  it('is refused whole, with line and column of every mistake', async () => {
    const before = await runs();
    const answer = await send(
      [
        'provider_payment_id,amount,fee,net,currency,status,paid_at,settled_at',
        'P1,10.00,1,9,EUR,paid,,2026-11-01',
        'P2,10.005,,,EUR,,,',
        'P3,"1,000",,,EUR,,,',
        'P4,10,1,8,EUR,,,',
        'P5,10,,,EURO,,,',
        'P6,,,,EUR,,,',
        'P7,10,,,EUR,done,,',
        'P8,10,,,EUR,,2026-11-01 10:00,',
        'P9,10,,,EUR,,,2026-02-30',
        ',10,,,EUR,,,',
        'P11,10,,EUR,,,',
        'P12,0,,,EUR,,,',
      ].join('\n'),
    );
    expect(answer.status).toBe(422);
    expect(errors(answer)).toEqual([
      ['/line/3/amount', 'invalid_format'],
      ['/line/4/amount', 'invalid_format'],
      ['/line/5/net', 'conflict'],
      ['/line/6/currency', 'unknown_currency'],
      ['/line/7/amount', 'required'],
      ['/line/8/status', 'unknown_status'],
      ['/line/9/paid_at', 'invalid_format'],
      ['/line/10/settled_at', 'invalid_format'],
      ['/line/11/provider_payment_id', 'required'],
      ['/line/12', 'invalid_csv'],
      ['/line/13/amount', 'not_positive'],
    ]);
    expect(await runs()).toBe(before);
  });

  it('tells a hundred mistakes of many, and stores nothing of the rows before them', async () => {
    const before = await runs();
    const good = Array.from({ length: 2_500 }, (_, row) => `P${row},10,EUR`);
    const bad = Array.from({ length: 300 }, (_, row) => `Q${row},x,EUR`);
    const answer = await send(['provider_payment_id,amount,currency', ...good, ...bad].join('\n'));
    expect(errors(answer)).toHaveLength(100);
    expect(answer.json['detail']).toBe('300 cells are not valid; the first 100 are told');
    expect(await runs()).toBe(before);
  });

  it.each([
    ['nothing', '', [['/line/1', 'required']]],
    ['a header alone', 'provider_payment_id,amount,currency\n', [['/line/1', 'required']]],
    ['another delimiter', 'provider_payment_id;amount\nP1;5', [['/line/1', 'invalid_csv']]],
    ['no amount', 'provider_payment_id,amuont\nP1,5', [['/line/1/amount', 'required']]],
    ['a column twice', 'provider_payment_id,amount,amount\nP1,5,6', [['/line/1/amount', 'conflict']]],
    [
      'a quotation mark that never ends',
      'provider_payment_id,amount,currency\n"P1,5,EUR',
      [[expect.stringMatching(/^\/line\/\d+$/), 'invalid_csv']],
    ],
    [
      'control characters',
      'provider_payment_id,amount,currency\nP\u00001,5,EUR',
      [['/line/2/provider_payment_id', 'invalid_format']],
    ],
  ])('is refused when it has %s', async (_, csv, expected) => {
    const answer = await send(csv);
    expect(answer.status).toBe(422);
    expect(errors(answer)).toEqual(expected);
  });

  it('is refused when it is not UTF-8', async () => {
    const answer = await send(new Uint8Array([0x70, 0xff, 0xfe, 0x0a]));
    expect(answer).toMatchObject({ status: 400, json: { code: 'invalid_csv' } });
  });

  it('is refused with what can be sent when it is called something else', async () => {
    const answer = await api.call('POST', `${RUNS}?provider_account=${api.merchant.account}&day=${DAY}`, {
      body: 'provider_payment_id,amount',
      headers: { 'Content-Type': 'application/octet-stream' },
    });
    expect(answer).toMatchObject({ status: 415, json: { code: 'unsupported_media_type' } });
    expect(answer.json['detail']).toContain('text/csv');
  });

  it('names a column that the account expects and the file lacks', async () => {
    await format({ columns: { amount: 'Gross' } });
    const answer = await send('provider_payment_id,Gros,currency\nP1,5,EUR');
    expect(errors(answer)).toEqual([['/line/1/Gross', 'required']]);
    expect(answer.text).toContain('did you mean \\"Gros\\"?');
  });
});

describe('the format of an account', () => {
  it.each([
    [{ columns: { amuont: 'x' } }, '/settlement_file/columns/amuont', 'unknown_field'],
    [{ delimiter: '::' }, '/settlement_file/delimiter', 'invalid_format'],
    [{ utc_offset: 'Z' }, '/settlement_file/utc_offset', 'invalid_format'],
    [{ currency: 'EURO' }, '/settlement_file/currency', 'unknown_currency'],
    [{ statuses: { ok: 'done' } }, '/settlement_file/statuses/ok', 'unknown_status'],
  ])('is refused when it is %j', async (settlement_file, pointer, code) => {
    const answer = await format(settlement_file);
    expect(errors(answer)).toEqual([[pointer, code]]);
    if (code === 'unknown_field') expect(answer.text).toContain('"expected":"one of provider_payment_id, ');
  });

  it('takes days from 0 to 365', async () => {
    const answer = await api.call('PATCH', `/v1/provider_accounts/${api.merchant.account}`, {
      body: { settlement_days: 366 },
    });
    expect(errors(answer)).toEqual([['/settlement_days', 'too_large']]);
  });
});

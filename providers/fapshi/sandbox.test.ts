import { request as httpRequest } from 'node:http';
import { control } from '../../sandbox/test-merchant.ts';
import { useFapshi } from './sandbox-merchant.ts';

const shop = useFapshi();
const { call, initiate, status, transIds, act, advance, webhookStatuses, order, created, direct, headers } =
  shop;

describe('credentials', () => {
  it('answers 403 with a message when they are wrong', async () => {
    for (const [name, value] of [
      ['apikey', 'FAK_TEST_x'],
      ['apiuser', 'someone'],
    ] as const) {
      expect(await call('GET', '/balance', undefined, { [name]: value })).toEqual({
        status: 403,
        body: { message: 'Invalid API credentials' },
      });
    }
  });

  it('answers 401 when they are missing', async () => {
    expect((await fetch(`${shop.fapshi.base_url}/balance`)).status).toBe(401);
  });

  it('are of the shape that Fapshi gives out', () => {
    expect(shop.fapshi.credentials).toEqual({
      apiuser: expect.stringMatching(/^[0-9a-f-]{36}$/),
      apikey: expect.stringMatching(/^FAK_TEST_[0-9a-f]{20}$/),
      webhook_secret: expect.any(String),
    });
  });
});

describe('POST /initiate-pay', () => {
  it('gives a link and a transaction id', async () => {
    expect(await initiate(order)).toEqual({
      status: 200,
      body: {
        message: 'Request successful',
        link: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+\/payment\/[0-9a-f]{24}$/),
        transId: expect.stringMatching(/^[a-zA-Z0-9]{8,10}$/),
        dateInitiated: expect.stringMatching(/^\d{4}-\d\d-\d\d$/),
      },
    });
  });

  it('needs nothing but an amount, and takes empty strings for what is not given', async () => {
    expect((await initiate({ amount: 100 })).status).toBe(200);
    const empty = {
      phone: '',
      medium: '',
      name: '',
      email: '',
      userId: '',
      externalId: '',
      redirectUrl: '',
      message: '',
    };
    expect((await initiate({ amount: 100, ...empty })).status).toBe(200);
  });

  it.each([
    ['amount required', { amount: undefined }],
    ['amount must be of type integer', { amount: '5000' }],
    ['amount must be of type integer', { amount: 100.5 }],
    ['amount cannot be less than 100 XAF', { amount: 99 }],
    ['invalid email', { email: 'nobody' }],
    ['invalid redirectUrl', { redirectUrl: 'shop' }],
    ['invalid userId', { userId: 'a b' }],
    ['invalid externalId', { externalId: 'x'.repeat(101) }],
    ['message must be of type string', { message: 5 }],
  ])('refuses with 400 "%s"', async (message, change) => {
    expect(await initiate({ ...order, ...change })).toEqual({ status: 400, body: { message } });
  });

  it('refuses broken JSON, lists and a body beyond the limit', async () => {
    expect((await initiate('{"amount":')).status).toBe(400);
    expect((await initiate([1])).status).toBe(400);
    expect((await initiate({ amount: 100, message: 'x'.repeat(100 * 1024) })).status).toBe(413);
  });

  it('makes a second transaction when the externalId is used again', async () => {
    expect(await created()).not.toBe(await created());
  });
});

describe('GET /payment-status', () => {
  it('shows a fresh link as CREATED', async () => {
    const transId = await created();
    expect(await status(transId)).toEqual({
      transId,
      status: 'CREATED',
      medium: null,
      serviceName: expect.any(String),
      transType: 'Collection',
      amount: 5000,
      revenue: 4850,
      email: order.email,
      redirectUrl: order.redirectUrl,
      externalId: order.externalId,
      userId: order.userId,
      webhook: shop.merchant.url(),
      reason: null,
      financialTransId: null,
      dateInitiated: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
      dateConfirmed: null,
    });
  });

  it('answers 404 for an unknown and 400 for an impossible id', async () => {
    expect(await call('GET', '/payment-status/abcd1234')).toMatchObject({
      status: 404,
      body: { message: expect.any(String) },
    });
    expect(await call('GET', '/payment-status/x-y')).toEqual({
      status: 400,
      body: { message: 'invalid transaction id' },
    });
  });

  it('refuses a GET with a body, but takes the "null" of the official Go client', async () => {
    const transId = await created();
    const get = (body: string): Promise<number | undefined> =>
      new Promise((resolve, reject) => {
        const request = httpRequest(`${shop.fapshi.base_url}/payment-status/${transId}`, {
          method: 'GET',
          headers: { ...headers(), 'content-length': String(body.length) },
        });
        request.once('response', (response) => {
          response.resume();
          resolve(response.statusCode);
        });
        request.once('error', reject);
        request.end(body);
      });
    expect(await get('{}')).toBe(400);
    expect(await get('null')).toBe(200);
  });

  it('limits reads of one transaction to what the setting says', async () => {
    const [transId, other] = [await created(), await created()];
    await control(shop.controlUrl, 'PUT /fapshi/settings', { status_reads_per_minute: 6 });
    const answers = await Promise.all(
      Array.from({ length: 7 }, () => call('GET', `/payment-status/${transId}`)),
    );
    expect(answers.filter((answer) => answer.status === 200)).toHaveLength(6);
    expect(answers.filter((answer) => answer.status === 429)).toEqual([
      { status: 429, body: { message: expect.any(String) } },
    ]);
    expect((await call('GET', `/payment-status/${other}`)).status).toBe(200);
    await control(shop.controlUrl, 'PUT /fapshi/settings', { status_reads_per_minute: 0 });
  });
});

describe('the life of a link', () => {
  it('is paid once and then takes no more', async () => {
    const transId = await created();
    expect((await act(transId, 'pay')).status).toBe(200);
    expect(await status(transId)).toMatchObject({
      status: 'SUCCESSFUL',
      medium: 'mobile money',
      financialTransId: expect.any(String),
      dateConfirmed: expect.stringMatching(/Z$/),
    });
    expect((await act(transId, 'pay')).status).toBe(409);
    expect(await call('POST', '/expire-pay', { transId })).toMatchObject({ status: 400 });
  });

  it('survives failed attempts', async () => {
    const transId = await created();
    await act(transId, 'fail', { reason: 'insufficient funds' });
    expect(await status(transId)).toMatchObject({ status: 'FAILED', reason: 'insufficient funds' });
    await act(transId, 'fail');
    await act(transId, 'pay', { phone: '690000000', name: 'Jean' });
    expect(await status(transId)).toMatchObject({
      status: 'SUCCESSFUL',
      medium: 'orange money',
      payerName: 'Jean',
    });
    expect(webhookStatuses()).toEqual(['FAILED', 'FAILED', 'SUCCESSFUL']);
  });

  it('expires after 24 hours, not before, also when an attempt has failed', async () => {
    const [untouched, failed, paid] = [await created(), await created(), await created()];
    await act(failed, 'fail');
    await act(paid, 'pay');
    await advance(24 * 3600 - 60);
    expect(await status(untouched)).toMatchObject({ status: 'CREATED' });
    await advance(61);
    const statuses = await Promise.all(
      [untouched, failed, paid].map(async (id) => (await status(id))['status']),
    );
    expect(statuses).toEqual(['EXPIRED', 'EXPIRED', 'SUCCESSFUL']);
    expect((await act(untouched, 'pay')).status).toBe(409);
  });

  it('is ended by /expire-pay, once', async () => {
    const transId = await created();
    const first = await call('POST', '/expire-pay', { transId });
    expect(first).toMatchObject({
      status: 200,
      body: { transId, status: 'EXPIRED', externalId: 'ord_1001' },
    });
    const second = await call('POST', '/expire-pay', { transId });
    expect(second).toEqual({ status: 400, body: { message: 'Link already expired' } });
  });

  it('refuses to expire what is no link', async () => {
    expect((await call('POST', '/expire-pay', { transId: await direct('677123456') })).status).toBe(400);
    expect((await call('POST', '/expire-pay', { transId: 'abcd1234' })).status).toBe(404);
    expect((await call('POST', '/expire-pay', {})).status).toBe(400);
  });

  it('takes money after expiry only when the control API pushes it', async () => {
    const transId = await created();
    await act(transId, 'expire');
    expect((await act(transId, 'pay')).status).toBe(409);
    expect((await act(transId, 'pay', { after_expiry: true })).status).toBe(200);
    expect(await status(transId)).toMatchObject({ status: 'SUCCESSFUL' });
    expect(webhookStatuses()).toEqual(['EXPIRED', 'SUCCESSFUL']);
  });

  it('is paid whole or not at all', async () => {
    expect((await act(await created(), 'pay', { amount: 100 })).status).toBe(400);
  });
});

describe('POST /direct-pay', () => {
  it.each([
    ['670000000', 'SUCCESSFUL', 'mobile money'],
    ['690000003', 'FAILED', 'orange money'],
  ])('decides for the sandbox number %s by itself: %s', async (phone, expected, medium) => {
    const answer = await call('POST', '/direct-pay', { amount: 700, phone, externalId: 'd1', name: 'Jean' });
    expect(answer.body).toEqual({
      message: expect.any(String),
      transId: expect.any(String),
      dateInitiated: expect.any(String),
    });
    const transId = String(answer.body['transId']);
    expect(await status(transId)).toMatchObject({ status: 'PENDING', medium, payerName: 'Jean' });
    await advance(2);
    expect(await status(transId)).toMatchObject({ status: expected });
    expect(webhookStatuses()).toEqual([expected]);
  });

  it('waits for a decision with any other number, and never expires', async () => {
    const transId = await direct('677123456');
    await advance(48 * 3600);
    expect(await status(transId)).toMatchObject({ status: 'PENDING' });
    await act(transId, 'pay');
    expect(await status(transId)).toMatchObject({ status: 'SUCCESSFUL' });
  });

  it('is over once it has failed', async () => {
    const transId = await direct('677123456');
    await act(transId, 'fail');
    expect((await act(transId, 'pay')).status).toBe(409);
    expect(await status(transId)).toMatchObject({ status: 'FAILED' });
  });

  it.each([
    ['phone number required', {}],
    ['invalid phone number', { phone: '0677123456' }],
    ['invalid phone number', { phone: '620000000' }],
    ['invalid medium', { phone: '677123456', medium: 'cash' }],
  ])('refuses with "%s"', async (message, change) => {
    expect(await call('POST', '/direct-pay', { amount: 700, ...change })).toEqual({
      status: 400,
      body: { message },
    });
  });
});

describe('finding transactions', () => {
  it('lists those of a user, newest first', async () => {
    const ids = [await created(), await created()];
    await created({ amount: 100, userId: 'other' });
    expect(transIds(await call('GET', '/transaction/u-9'))).toEqual(ids.reverse());
    expect((await call('GET', '/transaction/nobody')).body['items']).toEqual([]);
    expect((await call('GET', '/transaction/a%20b')).status).toBe(400);
  });

  it('searches by status, medium, amount and day, and ignores values that make no sense', async () => {
    const paid = await created();
    await act(paid, 'pay');
    const open = await created({ amount: 300 });
    const search = async (query: string) => transIds(await call('GET', `/search?${query}`));
    expect(await search('')).toEqual([open, paid]);
    expect(await search('sort=asc')).toEqual([paid, open]);
    expect(await search('limit=1')).toEqual([open]);
    expect(await search('status=successful')).toEqual([paid]);
    expect(await search('medium=mobile%20money')).toEqual([paid]);
    expect(await search('amt=300')).toEqual([open]);
    expect(await search('start=2000-01-01&end=2000-12-31')).toEqual([]);
    expect(await search('status=nonsense&limit=0&amt=x&start=yesterday')).toEqual([open, paid]);
  });

  it('gives 10 results unless asked for more, and 100 at most', async () => {
    for (let i = 0; i < 12; i += 1) await created();
    expect(transIds(await call('GET', '/search'))).toHaveLength(10);
    expect(transIds(await call('GET', '/search?limit=12'))).toHaveLength(12);
    expect(transIds(await call('GET', '/search?limit=101'))).toHaveLength(10);
  });
});

describe('balance and payout', () => {
  it('adds what was collected less the fee and takes off what was paid out', async () => {
    const before = (await call('GET', '/balance')).body;
    expect(before).toEqual({ service: expect.any(String), balance: expect.any(Number), currency: 'XAF' });
    await act(await created(), 'pay');
    const payout = await call('POST', '/payout', {
      amount: 1000,
      phone: '670000000',
      externalId: 'refund_1',
    });
    expect(payout.status).toBe(200);
    await advance(2);
    expect(await status(String(payout.body['transId']))).toMatchObject({
      status: 'SUCCESSFUL',
      transType: 'Payout',
    });
    expect((await call('GET', '/balance')).body['balance']).toBe(Number(before['balance']) + 4850 - 1000);
  });

  it('pays out to a Fapshi account by e-mail', async () => {
    const rich = { amount: 1_000_000_000, phone: '670000000' };
    expect((await call('POST', '/payout', rich)).body).toEqual({ message: 'insufficient balance' });
    const refused = await call('POST', '/payout', { amount: 1000, medium: 'fapshi' });
    expect(refused).toEqual({ status: 400, body: { message: 'email required' } });
    const failing = { amount: 1000, medium: 'fapshi', email: 'test.failed@fapshi.com' };
    const { body } = await call('POST', '/payout', failing);
    await advance(2);
    expect(await status(String(body['transId']))).toMatchObject({ status: 'FAILED', medium: 'fapshi' });
  });
});

/**
 * The simulator driven by FIB's own npm client, `@first-iraqi-bank/sdk`, which knows nothing of this project. It has
 * FIB's hosts built in, so its requests are led to the simulator by their origin; nothing else of them is touched.
 */
import type { PaymentSDK } from '@first-iraqi-bank/sdk/payment';
import { startControl } from '../../sandbox/control.ts';
import type { RunningServer } from '../../sandbox/http-server.ts';
import type { RunningSimulator } from '../../sandbox/simulator.ts';
import { control, TestMerchant } from '../../sandbox/test-merchant.ts';
import { fibSimulator } from './sandbox.ts';

const STAGE = 'https://fib-stage.fib.iq';

let fib: RunningSimulator;
let controls: RunningServer;
let merchant: TestMerchant;
let connect: (secret?: string) => PaymentSDK;
const directFetch = globalThis.fetch;

beforeAll(async () => {
  fib = await fibSimulator.start({ seed: 'fib-foreign' });
  controls = await startControl(new Map([['fib', fib]]), { port: 0, log: () => undefined });
  merchant = await TestMerchant.start();
  globalThis.fetch = (target, init) =>
    directFetch(typeof target === 'string' ? target.replace(STAGE, fib.baseUrl) : target, init);
  // The package greets everybody who loads it.
  const greeting = jest.spyOn(console, 'log').mockImplementation(() => undefined);
  const client = await import('@first-iraqi-bank/sdk/payment');
  greeting.mockRestore();
  connect = (secret = fib.credentials['client_secret'] ?? '') =>
    client.PaymentSDK.getClient(fib.credentials['client_id'] ?? '', secret, 'stage');
});
afterAll(async () => {
  globalThis.fetch = directFetch;
  await controls.stop();
  await fib.stop();
  await merchant.stop();
});
beforeEach(() => {
  fib.reset();
  merchant.received.length = 0;
});

const token = async (client: PaymentSDK): Promise<string> =>
  (await (await client.authenticate()).json()).access_token;
const customer = (id: string, does: string) =>
  control(controls.origin, `POST /fib/payments/${id}/${does}?wait=true`);

/** A payment of 25,000 dinars made by the client, with a token for the calls that follow. */
async function created() {
  const client = connect();
  const bearer = await token(client);
  const answer = await client.createPayment(
    {
      amount: 25_000,
      description: 'Order 1001',
      statusCallbackUrl: new URL(merchant.url('/fib')),
      redirectUri: new URL('https://shop.example.com/return'),
      expiresIn: { minutes: 30 },
      refundableFor: { days: 7 },
    },
    bearer,
  );
  const payment = await answer.json();
  const status = async () => (await client.getPaymentStatus(payment.paymentId, bearer)).json();
  return { client, bearer, answer, payment, status };
}

describe("FIB's own client", () => {
  it('gets a token of a minute, and none with a wrong secret', async () => {
    const answer = await connect().authenticate();
    expect(answer.status).toBe(200);
    expect(await answer.json()).toMatchObject({
      token_type: 'Bearer',
      expires_in: 60,
      refresh_expires_in: 0,
    });
    expect((await connect('wrong').authenticate()).status).toBe(401);
  });

  it('creates a payment and reads it unpaid', async () => {
    const { answer, payment, status } = await created();
    expect(answer.status).toBe(201);
    expect(payment).toEqual({
      paymentId: expect.stringMatching(/^[\da-f-]{36}$/),
      readableCode: expect.stringMatching(/^[A-Z\d]{4}-[A-Z\d]{4}-[A-Z\d]{4}$/),
      qrCode: expect.stringMatching(/^data:image\/png;base64,/),
      validUntil: expect.any(String),
      personalAppLink: expect.stringContaining(payment.readableCode),
      businessAppLink: expect.stringContaining(payment.readableCode),
      corporateAppLink: expect.stringContaining(payment.readableCode),
    });
    const minutesLeft = (Date.parse(payment.validUntil) - Date.now()) / 60_000;
    expect(minutesLeft).toBeGreaterThan(29);
    expect(minutesLeft).toBeLessThanOrEqual(30);
    expect(await status()).toMatchObject({
      paymentId: payment.paymentId,
      status: 'UNPAID',
      amount: { amount: 25_000, currency: 'IQD' },
      paidAt: null,
      decliningReason: null,
      declinedAt: null,
      paidBy: null,
    });
  });

  it('sees the payment paid, asks for the money back and sees it go', async () => {
    const { client, bearer, payment, status } = await created();
    await customer(payment.paymentId, 'pay');
    expect(merchant.bodies()).toEqual([{ id: payment.paymentId, status: 'PAID' }]);
    expect(await status()).toMatchObject({
      status: 'PAID',
      paidAt: expect.stringMatching(/Z$/),
      paidBy: { name: expect.any(String), iban: expect.stringMatching(/^IQ/) },
    });

    const refund = await client.refundPayment(payment.paymentId, bearer);
    expect([refund.status, await refund.text()]).toEqual([202, '']);
    expect(await status()).toMatchObject({ status: 'REFUND_REQUESTED', decliningReason: null });
    await control(controls.origin, 'POST /fib/clock', { advance_s: 2 });
    expect(await status()).toMatchObject({ status: 'REFUNDED', paidBy: { name: expect.any(String) } });
    expect((await client.refundPayment(payment.paymentId, bearer)).status).toBe(400);
  });

  it('cancels a payment, and cannot get back what was never paid', async () => {
    const { client, bearer, payment, status } = await created();
    expect((await client.refundPayment(payment.paymentId, bearer)).status).toBe(400);
    const cancel = await client.cancelPayment(payment.paymentId, bearer);
    expect([cancel.status, await cancel.text()]).toEqual([204, '']);
    expect(await status()).toMatchObject({
      status: 'DECLINED',
      decliningReason: 'PAYMENT_CANCELLATION',
      declinedAt: expect.stringMatching(/Z$/),
      paidAt: null,
    });
  });

  it('sees a payment run out after the duration it wrote', async () => {
    const { client, status } = await created();
    await control(controls.origin, 'POST /fib/clock', { advance_s: 30 * 60 + 1 });
    // The first token has died on the way.
    await expect(status()).resolves.toMatchObject({ errors: [{ code: 'UNAUTHORIZED' }] });
    const [{ payment_id } = { payment_id: '' }] = fib.ledger.lines();
    const answer = await client.getPaymentStatus(payment_id, await token(client));
    expect(await answer.json()).toMatchObject({ status: 'DECLINED', decliningReason: 'PAYMENT_EXPIRATION' });
  });

  it.each([
    ['250 dinars, which is not above the minimum', { amount: 250 }],
    ['a fraction of a dinar', { amount: 1000.5 }],
    ['a description of 51 characters', { amount: 1000, description: 'x'.repeat(51) }],
    ['money that can come back for 8 days', { amount: 1000, refundableFor: { days: 8 } }],
    ['a life of no time', { amount: 1000, expiresIn: {} }],
  ])('is refused %s', async (_, order) => {
    const client = connect();
    const answer = await client.createPayment(order, await token(client));
    expect(answer.status).toBe(400);
    expect(await answer.json()).toMatchObject({
      traceId: expect.any(String),
      errors: [{ code: expect.any(String) }],
    });
    expect(fib.ledger.lines()).toEqual([]);
  });

  it('is refused without a token, and told when a payment does not exist', async () => {
    const client = connect();
    expect((await client.getPaymentStatus('4711', 'made-up')).status).toBe(401);
    expect((await client.getPaymentStatus('4711', await token(client))).status).toBe(404);
  });
});

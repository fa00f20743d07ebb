/**
 * The simulator driven by Tamara's own npm client, `tamara-sdk`, which knows nothing of this project. Its notification
 * service decodes tokens without verifying them; `sandbox.test.ts` verifies them.
 */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { TamaraClientFactory } from 'tamara-sdk';
import { startControl } from '../../sandbox/control.ts';
import type { RunningServer } from '../../sandbox/http-server.ts';
import type { RunningSimulator } from '../../sandbox/simulator.ts';
import { control, toRecord } from '../../sandbox/test-merchant.ts';
import { tamaraSimulator } from './sandbox.ts';

let simulator: RunningSimulator;
let controls: RunningServer;
/** What the client's notification service made of each webhook. */
const notified: Record<string, unknown>[] = [];
const endpoint = createServer((request, response) => {
  const service = TamaraClientFactory.createNotificationService(configuration());
  const read = request.url?.startsWith('/older')
    ? service.processAuthoriseNotification(request)
    : service.processWebhook(request);
  read.then(
    ({ meta, data }) => {
      notified.push({ ...toRecord(data) });
      response.writeHead(meta.status).end();
    },
    () => response.writeHead(500).end(),
  );
});

beforeAll(async () => {
  simulator = await tamaraSimulator.start({ seed: 'tamara-foreign' });
  controls = await startControl(new Map([['tamara', simulator]]), { port: 0, log: () => undefined });
  await new Promise<void>((resolve) => endpoint.listen(0, '127.0.0.1', resolve));
});
afterAll(async () => {
  await controls.stop();
  await simulator.stop();
  await new Promise((resolve) => endpoint.close(resolve));
});
beforeEach(() => {
  simulator.reset();
  notified.length = 0;
});

const endpointUrl = (path: string): string =>
  `http://127.0.0.1:${(endpoint.address() as AddressInfo).port}${path}`;
const customer = (id: string, does: string) =>
  control(controls.origin, `POST /tamara/payments/${id}/${does}?wait=true`);

function configuration(apiToken = simulator.credentials['api_token'] ?? '') {
  return {
    clientVersion: '1.0.0',
    baseUrl: simulator.baseUrl,
    apiToken,
    notificationPrivateKey: simulator.credentials['notification_token'] ?? '',
    requestTimeoutInSecond: 0,
    logger: { useLog: false },
  };
}

const LEGACY_REFUND = '/merchants/orders/{orderId}/refund';

/** `paths` is replaced as a whole, so all thirteen are given. */
function connect(apiToken?: string, refund = '/payments/simplified-refund/{orderId}') {
  return TamaraClientFactory.createApiClient({
    ...configuration(apiToken),
    paths: {
      getPaymentType: '/checkout/payment-types',
      createCheckout: '/checkout',
      authoriseOrder: '/orders/{orderId}/authorise',
      cancelOrder: '/orders/{orderId}/cancel',
      capture: '/payments/capture',
      refund,
      getOrderDetails: '/orders/{orderId}',
      getOrderDetailsByRef: '/merchants/orders/reference-id/{orderReferenceId}',
      updateOrderReferenceId: '/orders/{orderId}/reference-id',
      registerWebHook: '/webhooks',
      retrieveWebhook: '/webhooks/{webhookId}',
      removeWebhook: '/webhooks/{webhookId}',
      updateWebhook: '/webhooks/{webhookId}',
    },
  });
}

const sar = (amount: number) => ({ amount, currency: 'SAR' });
const ADDRESS = {
  firstName: 'Sara',
  lastName: 'A',
  line1: 'King Fahd Rd 1',
  line2: '',
  region: 'Riyadh',
  postalCode: '11564',
  city: 'Riyadh',
  countryCode: 'SA',
  phoneNumber: '500000001',
};
const ITEM = {
  referenceId: 'sku1',
  type: 'Physical',
  name: 'T-shirt',
  sku: 'sku1',
  imageUrl: 'https://shop.example.com/t-shirt.png',
  quantity: 1,
  taxAmount: sar(0),
  totalAmount: sar(340),
  unitPrice: sar(340),
  discountAmount: sar(0),
};
const order = () => ({
  referenceId: 'ord_1001',
  totalAmount: sar(340),
  description: 'Order 1001',
  countryCode: 'SA',
  paymentType: 'PAY_BY_INSTALMENTS',
  instalments: 3,
  locale: 'en_US',
  items: [ITEM],
  consumer: {
    firstName: 'Sara',
    lastName: 'A',
    phoneNumber: '500000001',
    email: 'sara@example.com',
    nationalId: '',
    dateOfBirth: '1990-01-01',
    isFirstOrder: true,
  },
  billingAddress: ADDRESS,
  shippingAddress: ADDRESS,
  taxAmount: sar(0),
  shippingAmount: sar(0),
  merchantUrl: {
    successUrl: 'https://shop.example.com/s',
    failureUrl: 'https://shop.example.com/f',
    cancelUrl: 'https://shop.example.com/c',
    notificationUrl: endpointUrl('/older'),
  },
  expiresInMinutes: 30,
});
const captureOf = (orderId: string, amount: number) => ({
  orderId,
  totalAmount: sar(amount),
  shippingAmount: sar(0),
  taxAmount: sar(0),
  discountAmount: sar(0),
  shippingInfo: {
    shippedAt: new Date('2026-10-01T10:15:00Z'),
    shippingCompany: 'DHL',
    trackingNumber: '100',
    trackingUrl: 'https://shipping.example.com/100',
  },
  items: [ITEM],
});

/** An order of 340 riyals that the customer has finished and the merchant has authorised. */
async function authorised() {
  const client = connect();
  const { orderId } = (await client.createCheckout(order())).data;
  await customer(orderId, 'pay');
  const answer = await client.authoriseOrder(orderId);
  const status = async () => (await client.getOrderDetails(orderId)).data.status;
  return { client, orderId, answer, status };
}

describe("Tamara's own client", () => {
  it('lists the types of payment', async () => {
    const { data } = await connect().getPaymentTypes('SA', sar(340));
    expect(data).toContainEqual(
      expect.objectContaining({
        name: 'PAY_BY_INSTALMENTS',
        minLimit: { amount: expect.any(Number), currency: 'SAR' },
        supportedInstalments: expect.arrayContaining([expect.objectContaining({ instalments: 3 })]),
      }),
    );
  });

  it('makes a checkout and reads its order, by id and by reference', async () => {
    const client = connect();
    const { meta, data } = await client.createCheckout(order());
    expect(meta).toMatchObject({ isSuccess: true });
    expect(data).toMatchObject({
      orderId: expect.any(String),
      checkoutId: expect.any(String),
      checkoutUrl: expect.stringMatching(/^http/),
      status: 'new',
    });
    const byId = await client.getOrderDetails(data.orderId);
    expect(byId.data).toMatchObject({
      id: data.orderId,
      referenceId: 'ord_1001',
      status: 'new',
      totalAmount: sar(340),
      capturedAmount: sar(0),
      consumer: { firstName: 'Sara', email: 'sara@example.com' },
      items: [{ referenceId: 'sku1', totalAmount: sar(340) }],
      transactions: { cancels: [], captures: [], refunds: [] },
    });
    expect((await client.getOrderDetailsByReference('ord_1001')).data).toEqual(byId.data);
    await client.updateOrderReferenceId({ orderId: data.orderId, referenceId: 'ord_1002' });
    expect((await client.getOrderDetailsByReference('ord_1002')).data.id).toBe(data.orderId);
  });

  it('authorises what the customer has finished, with no body at all', async () => {
    const { orderId, answer, status } = await authorised();
    expect(answer.data).toMatchObject({
      orderId,
      orderStatus: 'authorised',
      paymentType: 'PAY_BY_INSTALMENTS',
      autoCaptured: false,
      authorizedAmount: sar(340),
    });
    expect(await status()).toBe('authorised');
    expect(notified).toEqual([
      expect.objectContaining({ orderId, orderReferenceId: 'ord_1001', orderStatus: 'approved', data: [] }),
    ]);
  });

  it('captures in parts, not more than is there, and gives a part back', async () => {
    const { client, orderId, status } = await authorised();
    const first = await client.capture(captureOf(orderId, 100));
    expect(first.data).toMatchObject({ orderId, captureId: expect.any(String), captured_amount: sar(100) });
    expect(await status()).toBe('partially_captured');
    expect((await client.capture(captureOf(orderId, 240.01))).meta).toMatchObject({
      isSuccess: false,
      status: 409,
    });
    await client.capture(captureOf(orderId, 240));
    expect(await status()).toBe('fully_captured');

    const refund = await client.refund({ orderId, totalAmount: sar(50), comment: 'one of two' });
    expect(refund.data).toEqual({
      orderId,
      comment: 'one of two',
      refundId: expect.any(String),
      captureId: first.data.captureId,
      status: 'partially_refunded',
      refundedAmount: sar(50),
    });
    const { data } = await client.getOrderDetails(orderId);
    expect(data.transactions.captures).toHaveLength(2);
    expect(data.transactions.refunds).toMatchObject([
      { refundId: refund.data.refundId, totalAmount: sar(50) },
    ]);
    const beyond = await client.refund({ orderId, totalAmount: sar(290.01), comment: 'too much' });
    expect(beyond.meta).toMatchObject({ status: 409, errorCodes: [expect.any(String)] });
  });

  it('gives all back by the older path that it knows by itself', async () => {
    const { client, orderId, status } = await authorised();
    await client.capture(captureOf(orderId, 340));
    const older = connect(undefined, LEGACY_REFUND);
    const refund = await older.refund({ orderId, totalAmount: sar(340), comment: 'all of it' });
    expect(refund.data).toMatchObject({ orderId, refundId: expect.any(String), refundedAmount: sar(340) });
    expect(await status()).toBe('fully_refunded');
  });

  it('cancels a part and then the rest', async () => {
    const { client, orderId, status } = await authorised();
    const cancel = (amount: number) => {
      const { shippingInfo: _, ...rest } = captureOf(orderId, amount);
      return client.cancelOrder(rest);
    };
    expect((await cancel(40)).data).toMatchObject({
      orderId,
      cancelId: expect.any(String),
      status: 'updated',
      canceled_amount: sar(40),
    });
    expect((await cancel(300)).data).toMatchObject({ status: 'canceled' });
    expect(await status()).toBe('canceled');
    expect((await cancel(1)).meta).toMatchObject({ status: 409 });
  });

  it('registers a webhook, reads it, changes it and removes it', async () => {
    const client = connect();
    const headers = { authorization: 'Bearer of-the-shop' };
    const url = endpointUrl('/hooks');
    const { data } = await client.registerWebhook({ url, events: ['order_approved'], headers });
    expect(data).toMatchObject({ webhookId: expect.any(String), url, events: ['order_approved'] });
    const changed = { webhookId: data.webhookId, url, events: ['order_captured'], headers };
    expect((await client.updateWebhook(changed)).data.events).toEqual(['order_captured']);
    expect((await client.retrieveWebhook(data.webhookId)).data).toMatchObject(changed);
    expect((await client.removeWebhook(data.webhookId)).meta.isSuccess).toBe(true);
    expect((await client.retrieveWebhook(data.webhookId)).meta.status).toBe(404);
  });

  it('reads the webhooks it registered for', async () => {
    const { client, orderId } = await authorised();
    notified.length = 0;
    await client.registerWebhook({
      url: endpointUrl('/hooks'),
      events: ['order_captured', 'order_refunded'],
      // With a header of this name the token would be in the query alone, where this client does not look.
      headers: {} as { authorization: string },
    });
    const { data } = await client.capture(captureOf(orderId, 340));
    await simulator.webhooks.idle();
    expect(notified).toEqual([
      expect.objectContaining({
        orderId,
        orderReferenceId: 'ord_1001',
        eventType: 'order_captured',
        data: { capture_id: data.captureId, captured_amount: sar(340) },
      }),
    ]);
  });

  it('is told what is wrong with an order, and that its token is', async () => {
    const client = connect();
    expect((await client.createCheckout({ ...order(), expiresInMinutes: 4 })).meta).toMatchObject({
      status: 400,
      message: expect.any(String),
      errorCodes: ['expires_in_minutes_is_invalid'],
    });
    expect(
      (await client.createCheckout({ ...order(), totalAmount: { amount: 1, currency: 'USD' } })).meta,
    ).toMatchObject({ status: 400 });
    expect((await client.getOrderDetails('4711')).meta.status).toBe(404);
    expect((await connect('wrong').createCheckout(order())).meta.status).toBe(401);
    const { orderId } = (await client.createCheckout(order())).data;
    expect((await client.authoriseOrder(orderId)).meta.status).toBe(409);
    expect((await client.capture(captureOf(orderId, 1))).meta.status).toBe(409);
  });
});

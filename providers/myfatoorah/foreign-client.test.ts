/** The simulator driven by `myfatoorah-toolkit`, a public npm client that knows nothing of this project. */
import { MyFatoorah, validateSignature } from 'myfatoorah-toolkit';
import { startControl } from '../../sandbox/control.ts';
import type { RunningServer } from '../../sandbox/http-server.ts';
import type { RunningSimulator } from '../../sandbox/simulator.ts';
import { control, TestMerchant, toRecord } from '../../sandbox/test-merchant.ts';
import { myfatoorahSimulator } from './sandbox.ts';

let simulator: RunningSimulator;
let controls: RunningServer;
let merchant: TestMerchant;

beforeAll(async () => {
  simulator = await myfatoorahSimulator.start({ seed: 'myfatoorah-foreign' });
  controls = await startControl(new Map([['myfatoorah', simulator]]), { port: 0, log: () => undefined });
  merchant = await TestMerchant.start();
  // The client prints every refusal.
  jest.spyOn(console, 'log').mockImplementation(() => undefined);
});
afterAll(async () => {
  jest.restoreAllMocks();
  await controls.stop();
  await simulator.stop();
  await merchant.stop();
});
beforeEach(async () => {
  await to('DELETE /myfatoorah');
  await to('PUT /myfatoorah/webhook_url', { url: merchant.url() });
  await to('PUT /myfatoorah/settings', { webhook_version: 1, knet_copies: 2, refuse_refunds: false });
  merchant.received.length = 0;
});

const to = (call: string, body?: unknown) => control(controls.origin, call, body);

/** The client has no option for the host; its axios instance has. */
function connect(token = simulator.credentials['token'] ?? ''): MyFatoorah {
  const client = new MyFatoorah('KWT', true, token);
  const { apiInstance } = client as unknown as { apiInstance: { defaults: { baseURL: string } } };
  apiInstance.defaults.baseURL = simulator.baseUrl;
  return client;
}

const ORDER = {
  CustomerName: 'Sara',
  CallBackUrl: 'https://shop.example.com/ok',
  ErrorUrl: 'https://shop.example.com/no',
  CustomerReference: 'ord_1001',
  UserDefinedField: 'tenant-7',
  Language: 'en',
};

async function paid(): Promise<string> {
  const { Data } = await connect().executePayment(12.5, 1, ORDER);
  const id = String(Data.InvoiceId);
  await to(`POST /myfatoorah/payments/${id}/pay?wait=true`, { medium: 'KNET' });
  return id;
}

describe('myfatoorah-toolkit', () => {
  it('lists the methods of payment', async () => {
    const { IsSuccess, Data } = await connect().initiatePayment(12.5);
    expect(IsSuccess).toBe(true);
    expect(Data.PaymentMethods).toContainEqual(
      expect.objectContaining({
        PaymentMethodId: 1,
        PaymentMethodEn: 'KNET',
        PaymentMethodCode: 'kn',
        TotalAmount: 12.5,
        CurrencyIso: 'KWD',
        IsDirectPayment: false,
      }),
    );
  });

  it('makes a payment with a method, and reads it through its life', async () => {
    const client = connect();
    const made = await client.executePayment(12.5, 2, ORDER);
    expect(made).toMatchObject({
      IsSuccess: true,
      ValidationErrors: null,
      Data: { IsDirectPayment: false, CustomerReference: 'ord_1001', UserDefinedField: 'tenant-7' },
    });
    const page = await fetch(made.Data.PaymentURL);
    expect(await page.text()).toContain('12.500 KD');

    const id = String(made.Data.InvoiceId);
    expect((await client.getPaymentStatus(id, 'InvoiceId')).Data).toMatchObject({
      InvoiceId: made.Data.InvoiceId,
      InvoiceStatus: 'Pending',
      InvoiceValue: 12.5,
      InvoiceDisplayValue: '12.500 KD',
      InvoiceTransactions: [],
    });
    const back = await fetch(made.Data.PaymentURL, {
      method: 'POST',
      body: new URLSearchParams({ gateway: 'VISA/MASTER', decision: 'approve' }),
      redirect: 'manual',
    });
    const paymentId = new URL(back.headers.get('location') ?? '').searchParams.get('paymentId') ?? '';
    const answer = await client.getPaymentStatus(paymentId, 'PaymentId');
    expect(answer.Data).toMatchObject({
      InvoiceStatus: 'Paid',
      InvoiceTransactions: [
        { TransactionStatus: 'Succss', TransationValue: '12.500', PaymentId: paymentId, Currency: 'KD' },
      ],
    });
    expect((await client.getPaymentStatus('ord_1001', 'CustomerReference')).Data.InvoiceId).toBe(
      made.Data.InvoiceId,
    );
  });

  it('sends a link', async () => {
    const { Data } = await connect().sendPayment(1.234, 'Sara', 'LNK', { CustomerReference: 'ord_2' });
    expect(Data).toEqual({
      InvoiceId: expect.any(Number),
      InvoiceURL: expect.stringMatching(/^http/),
      CustomerReference: 'ord_2',
      UserDefinedField: null,
    });
  });

  it('validates the signature of every copy of a webhook V1, and refuses a forged one', async () => {
    const id = await paid();
    await to(`POST /myfatoorah/payments/${id}/webhooks?wait=true`, { forge: true });
    expect(merchant.received).toHaveLength(3);
    const secret = simulator.credentials['webhook_secret'] ?? '';
    const verdicts = merchant.received.map(async ({ headers, body }) => {
      expect(headers['myfatoorah-webhook-version']).toBe('v1');
      return validateSignature(JSON.parse(body), String(headers['myfatoorah-signature']), secret);
    });
    expect((await Promise.allSettled(verdicts)).map(({ status }) => status)).toEqual([
      'fulfilled',
      'fulfilled',
      'rejected',
    ]);
    expect(toRecord(merchant.bodies()[0]?.['Data'])).toMatchObject({
      InvoiceId: Number(id),
      TransactionStatus: 'SUCCESS',
      InvoiceValueInDisplayCurreny: '12.500',
    });
  });

  it('asks for a part back and waits for the decision', async () => {
    const client = connect();
    const id = await paid();
    const refund = (Amount: number) =>
      client.makeRefund({
        Key: id,
        KeyType: 'InvoiceId',
        Amount,
        Comment: 'one of two',
        RefundChargeOnCustomer: false,
        ServiceChargeOnCustomer: false,
      });
    const { Data } = await refund(5);
    expect(Data).toMatchObject({ Key: id, RefundId: expect.any(Number), Comment: 'one of two' });
    expect(await refund(8)).toMatchObject({ IsSuccess: false, ValidationErrors: [{ Name: 'Amount' }] });

    const standing = async () =>
      (await client.getRefundStatus(Data.RefundReference, 'RefundReference')).Data.RefundStatusResult;
    expect(await standing()).toEqual([
      expect.objectContaining({ RefundId: Data.RefundId, RefundStatus: 'Pending', Amount: 5 }),
    ]);
    await to('POST /myfatoorah/clock', { advance_s: 3_600 });
    expect(await standing()).toEqual([expect.objectContaining({ RefundStatus: 'Refunded' })]);
  });

  it('reads refusals in the envelope', async () => {
    const client = connect();
    expect(await client.executePayment(-1, 99, ORDER)).toMatchObject({
      IsSuccess: false,
      Data: null,
      ValidationErrors: [{ Name: 'PaymentMethodId' }, { Name: 'InvoiceValue' }],
    });
    expect(await client.getPaymentStatus('4711', 'InvoiceId')).toMatchObject({ IsSuccess: false });
    expect(await connect('wrong').initiatePayment(1)).toMatchObject({ IsSuccess: false });
  });
});

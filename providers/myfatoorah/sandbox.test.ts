import { startControl } from '../../sandbox/control.ts';
import type { RunningServer } from '../../sandbox/http-server.ts';
import type { RunningSimulator } from '../../sandbox/simulator.ts';
import { control, TestMerchant, toRecord } from '../../sandbox/test-merchant.ts';
import { sign, signedTextV1, signedTextV2 } from './sandbox-webhook.ts';
import { myfatoorahSimulator } from './sandbox.ts';

let simulator: RunningSimulator;
let controls: RunningServer;
let merchant: TestMerchant;

beforeAll(async () => {
  simulator = await myfatoorahSimulator.start({ seed: 'myfatoorah-test', webhookTimeoutMs: 150 });
  controls = await startControl(new Map([['myfatoorah', simulator]]), { port: 0, log: () => undefined });
  merchant = await TestMerchant.start();
});
afterAll(async () => {
  await controls.stop();
  await simulator.stop();
  await merchant.stop();
});
beforeEach(async () => {
  await to('DELETE /myfatoorah');
  await to('PUT /myfatoorah/webhook_url', { url: merchant.url() });
  await to('PUT /myfatoorah/settings', {
    webhook_version: 2,
    refuse_refunds: false,
    refuse_local_urls: false,
  });
  merchant.received.length = 0;
  merchant.answer = 200;
});

const to = (request: string, body?: unknown) => control(controls.origin, request, body);
const act = (id: unknown, verb: string, body: object = {}) =>
  to(`POST /myfatoorah/payments/${String(id)}/${verb}?wait=true`, body);

async function call(endpoint: string, body: unknown, token = simulator.credentials['token'] ?? '') {
  const response = await fetch(`${simulator.baseUrl}/v2/${endpoint}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });
  const answer = toRecord(await response.json());
  return { status: response.status, answer, data: toRecord(answer['Data']) };
}

const LINK = {
  NotificationOption: 'LNK',
  CustomerName: 'Sara',
  InvoiceValue: 12.5,
  CustomerReference: 'ord_1',
};
const CARD = { PaymentMethodId: 2, InvoiceValue: 1234.5, ProcessingDetails: { AutoCapture: false } };
const send = async (over: object = {}) => (await call('SendPayment', { ...LINK, ...over })).data;
const status = async (id: unknown) =>
  (await call('GetPaymentStatus', { Key: String(id), KeyType: 'InvoiceId' })).data;
const transactionsOf = (data: Record<string, unknown>) =>
  (data['InvoiceTransactions'] as unknown[]).map((row) => toRecord(row));
const ledger = () => simulator.ledger.lines().map(({ kind, amount }) => `${kind} ${amount}`);

describe('SendPayment and GetPaymentStatus', () => {
  it('makes an invoice with a link and tells its times on Kuwait’s clock', async () => {
    const { InvoiceId, InvoiceURL } = await send({ ExpiryDate: '2099-10-02T10:15:00' });
    expect(InvoiceURL).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/KWT\/ie\/\d+$/);
    expect(await status(InvoiceId)).toMatchObject({
      InvoiceId,
      InvoiceStatus: 'Pending',
      CustomerReference: 'ord_1',
      ExpiryDate: 'October 2, 2099',
      ExpiryTime: '10:15:00.000',
      InvoiceValue: 12.5,
      InvoiceDisplayValue: '12.500 KD',
      InvoiceTransactions: [],
    });
    expect((await to(`GET /myfatoorah/payments/${String(InvoiceId)}`)).body).toMatchObject({
      expires_at: '2099-10-02T07:15:00.000Z',
    });
  });

  it('keeps the misspelt names and writes thousands separators', async () => {
    const { InvoiceId } = await send({ InvoiceValue: 1234567.891 });
    await act(InvoiceId, 'pay');
    expect(transactionsOf(await status(InvoiceId))).toMatchObject([
      { TransactionStatus: 'Succss', TransationValue: '1,234,567.891', Currency: 'KD', ErrorCode: '' },
    ]);
  });

  it('matches paths and key types without case', async () => {
    const { InvoiceId } = await send();
    const found = await call('getpaymentSTATUS', { key: String(InvoiceId), keytype: 'invoiceid' });
    expect(found.data).toMatchObject({ InvoiceId });
  });

  it('tells the latest invoice of a reference, which may be used twice', async () => {
    await send();
    const { InvoiceId } = await send();
    const found = await call('GetPaymentStatus', { Key: 'ord_1', KeyType: 'CustomerReference' });
    expect(found.data).toMatchObject({ InvoiceId });
  });

  it('has the words of the real API for an invoice that is not there', async () => {
    const found = await call('GetPaymentStatus', { Key: '0', KeyType: 'InvoiceId' });
    expect(found).toMatchObject({
      status: 400,
      answer: { IsSuccess: false, Message: 'No data match the provided values' },
    });
  });

  it('says of each field one thing', async () => {
    expect(await call('GetPaymentStatus', {})).toMatchObject({
      status: 400,
      answer: {
        ValidationErrors: [
          { Name: 'Key', Error: 'Key is required' },
          { Name: 'KeyType', Error: 'KeyType is required' },
        ],
      },
    });
  });

  it('refuses a wrong token with 401', async () => {
    expect(await call('SendPayment', LINK, 'wrong')).toMatchObject({
      status: 401,
      answer: { IsSuccess: false },
    });
  });

  it('refuses to list methods for a currency that is not of the account', async () => {
    const methods = (CurrencyIso: string) => call('InitiatePayment', { InvoiceAmount: 1, CurrencyIso });
    expect((await methods('kwd')).status).toBe(200);
    expect(await methods('XAF')).toMatchObject({
      status: 400,
      answer: { IsSuccess: false, ValidationErrors: [{ Name: 'CurrencyIso' }] },
    });
  });

  it('lists methods without an amount or a currency, and the one rate that there is, as the official library asks', async () => {
    const { data } = await call('InitiatePayment', { InvoiceAmount: 0, CurrencyIso: '' });
    expect(data['PaymentMethods']).toContainEqual(
      expect.objectContaining({ PaymentMethodCode: 'vm', IsEmbeddedSupported: true, TotalAmount: 0 }),
    );
    const rates = await fetch(`${simulator.baseUrl}/v2/GetCurrenciesExchangeList`, {
      headers: { authorization: `Bearer ${simulator.credentials['token']}` },
    });
    expect(await rates.json()).toEqual([{ Text: 'KWD', Value: 1 }]);
  });

  it('takes the session of an embedded payment in place of a method, once', async () => {
    const { SessionId, CountryCode } = (await call('InitiateSession', { CustomerIdentifier: 'c1' })).data;
    expect(CountryCode).toBe('KWT');
    const pay = () => call('ExecutePayment', { SessionId, InvoiceValue: 12.5 });
    expect((await pay()).data).toMatchObject({ PaymentURL: expect.stringMatching(/^http/) });
    expect(await pay()).toMatchObject({ status: 400, answer: { ValidationErrors: [{ Name: 'SessionId' }] } });
  });

  it.each([
    ['InvoiceValue', { InvoiceValue: 0 }],
    ['InvoiceValue', { InvoiceValue: 1.0001 }],
    ['CustomerName', { CustomerName: '' }],
    ['CustomerEmail', { NotificationOption: 'EML' }],
    ['CustomerMobile', { CustomerMobile: '+9655000000000' }],
    ['DisplayCurrencyIso', { DisplayCurrencyIso: 'SAR' }],
    ['CallBackUrl', { CallBackUrl: `https://shop.example.com/${'x'.repeat(240)}` }],
    ['InvoiceItems', { InvoiceItems: [{ ItemName: 'T-shirt', Quantity: 1, UnitPrice: 12 }] }],
    ['ExpiryDate', { ExpiryDate: 'tomorrow' }],
  ])('names %s as wrong in %j', async (Name, over) => {
    const { status: code, answer } = await call('SendPayment', { ...LINK, ...over });
    expect([code, answer['ValidationErrors']]).toEqual([400, [expect.objectContaining({ Name })]]);
    expect(ledger()).toEqual([]);
  });

  it('refuses local addresses when told to be as strict as the real system', async () => {
    await to('PUT /myfatoorah/settings', { refuse_local_urls: true });
    const { status: code } = await call('SendPayment', { ...LINK, CallBackUrl: 'http://localhost:3000/ok' });
    expect(code).toBe(400);
  });

  it('lets a failed attempt be followed by a success, and nothing by an end', async () => {
    const { InvoiceId } = await send();
    await act(InvoiceId, 'fail', { reason: 'Insufficient funds' });
    expect(await status(InvoiceId)).toMatchObject({
      InvoiceStatus: 'Pending',
      InvoiceTransactions: [{ TransactionStatus: 'Failed', ErrorCode: 'MF004', Error: 'Insufficient funds' }],
    });
    await act(InvoiceId, 'pay');
    expect((await act(InvoiceId, 'pay')).status).toBe(409);
    expect(ledger()).toEqual(['payment_created 12.500', 'attempt_failed 12.500', 'money_received 12.500']);
  });

  it('runs out by its clock without a status or webhook of its own, and can be paid too late', async () => {
    const { InvoiceId } = await send();
    await to('POST /myfatoorah/clock', { advance_s: 4 * 86_400 });
    expect((await act(InvoiceId, 'pay')).status).toBe(409);
    expect(await status(InvoiceId)).toMatchObject({ InvoiceStatus: 'Pending' });
    expect(merchant.received).toEqual([]);
    expect((await act(InvoiceId, 'pay', { after_expiry: true })).status).toBe(200);
    expect(ledger()).toEqual(['payment_created 12.500', 'payment_expired 12.500', 'money_received 12.500']);
  });
});

describe('authorization', () => {
  const hold = async () => {
    const { InvoiceId } = (await call('ExecutePayment', CARD)).data;
    await act(InvoiceId, 'pay');
    return InvoiceId;
  };
  const update = (id: unknown, body: object) =>
    call('UpdatePaymentStatus', { Key: String(id), KeyType: 'InvoiceId', ...body });

  it('holds the money, captures a part once and shows the captured amount as the invoice’s', async () => {
    const id = await hold();
    expect(await status(id)).toMatchObject({
      InvoiceStatus: 'Pending',
      InvoiceTransactions: [{ TransactionStatus: 'Authorize' }],
    });
    expect((await update(id, { Operation: 'capture' })).status).toBe(400);
    expect((await update(id, { Operation: 'capture', Amount: 1234.501 })).status).toBe(400);
    expect((await update(id, { Operation: 'Capture', Amount: 1000 })).data).toMatchObject({
      InvoiceStatus: 'Paid',
    });
    expect((await update(id, { Operation: 'capture', Amount: 200 })).status).toBe(400);
    expect((await update(id, { Operation: 'release' })).status).toBe(400);
    expect(await status(id)).toMatchObject({ InvoiceStatus: 'Paid', InvoiceValue: 1000 });
    expect(ledger()).toEqual([
      'payment_created 1234.500',
      'money_authorized 1234.500',
      'money_received 1000.000',
    ]);
  });

  it('releases all of it', async () => {
    const id = await hold();
    expect((await update(id, { Operation: 'release', Amount: 1 })).status).toBe(400);
    await update(id, { Operation: 'release' });
    expect(await status(id)).toMatchObject({
      InvoiceStatus: 'Pending',
      InvoiceTransactions: [{ TransactionStatus: 'Canceled', Error: expect.stringMatching(/released/) }],
    });
    expect((await update(id, { Operation: 'capture', Amount: 1 })).status).toBe(400);
  });
});

describe('refunds', () => {
  const refund = (id: unknown, Amount: number) =>
    call('MakeRefund', {
      Key: String(id),
      KeyType: 'InvoiceId',
      Amount,
      Comment: 'x',
      ExternalIdentifier: 'rf_1',
    });
  const refunds = async (id: unknown) =>
    (await call('GetRefundStatus', { Key: String(id), KeyType: 'InvoiceId' })).data['RefundStatusResult'];

  it('waits for the finance team, in parts, and never gives back more than came', async () => {
    const { InvoiceId } = await send();
    expect((await refund(InvoiceId, 1)).status).toBe(400);
    await act(InvoiceId, 'pay');
    expect((await refund(InvoiceId, 10)).data).toMatchObject({ Amount: 10, ExternalIdentifier: 'rf_1' });
    expect((await refund(InvoiceId, 2.501)).status).toBe(400);
    const [{ PaymentId } = {}] = transactionsOf(await status(InvoiceId));
    const byPayment = { Key: PaymentId, KeyType: 'PaymentId', Amount: 2.5 };
    expect((await call('MakeRefund', byPayment)).data).toMatchObject({
      ...byPayment,
      RefundInvoiceId: InvoiceId,
    });
    expect(await refunds(InvoiceId)).toMatchObject([
      { RefundStatus: 'Pending', Amount: 10 },
      { RefundStatus: 'Pending', Amount: 2.5 },
    ]);
    await to('POST /myfatoorah/clock?wait=true', { advance_s: 3_601 });
    expect(await refunds(InvoiceId)).toMatchObject([
      { RefundStatus: 'Refunded' },
      { RefundStatus: 'Refunded' },
    ]);
    expect(merchant.bodies().at(-1)).toMatchObject({
      Event: { Code: 2 },
      Data: { Refund: { Status: 'REFUNDED' } },
    });
    expect(ledger().slice(-2)).toEqual(['money_refunded 10.000', 'money_refunded 2.500']);
  });

  it('can be refused', async () => {
    await to('PUT /myfatoorah/settings', { refuse_refunds: true });
    const { InvoiceId } = await send();
    await act(InvoiceId, 'pay');
    await refund(InvoiceId, 12.5);
    await to('POST /myfatoorah/clock?wait=true', { advance_s: 3_601 });
    expect(await refunds(InvoiceId)).toMatchObject([{ RefundStatus: 'Canceled' }]);
    expect(ledger().at(-1)).toBe('refund_requested 12.500');
  });
});

describe('webhooks', () => {
  const secret = () => simulator.credentials['webhook_secret'] ?? '';

  it('signs V1 over all of Data, as the known vector says', () => {
    const Data = {
      InvoiceId: 1234,
      InvoiceReference: '2026000001',
      CreatedDate: '01102026101500',
      CustomerReference: 'ord_1',
      CustomerName: 'A B',
      CustomerMobile: '+965123',
      CustomerEmail: null,
      TransactionStatus: 'SUCCESS',
      PaymentMethod: 'KNET',
      UserDefinedField: '',
      ReferenceId: 'R1',
      TrackId: 'T1',
      PaymentId: 'P1',
      AuthorizationId: 'A1',
      InvoiceValueInBaseCurrency: '1.500',
      BaseCurrency: 'KWD',
      InvoiceValueInDisplayCurreny: '1.500',
      DisplayCurrency: 'KWD',
      InvoiceValueInPayCurrency: '1.500',
      PayCurrency: 'KWD',
    };
    expect(sign('testsecret', signedTextV1(Data))).toBe('teIy6uscKE+cJfbLoSV9+wjzNPEdYwsbKtVkavBD0Kw=');
  });

  it('signs V2 over its ordered fields, as the known vector says', () => {
    const Data = {
      Invoice: { Id: '6409988', Status: 'PAID', ExternalIdentifier: null },
      Transaction: { Status: 'SUCCESS', PaymentId: '07076409988322867173' },
    };
    const text = signedTextV2(Data, false);
    expect(sign('testsecret', text)).toBe('7XCLSlpmHM7FCH6n1DZR0gjHPJ7t0Qb6bhGXUOlS0ZI=');
  });

  it('tells of a success of KNET twice, word for word', async () => {
    const { InvoiceId } = await send({ ExternalIdentifier: 'pay_1' });
    await act(InvoiceId, 'pay', { medium: 'KNET' });
    const [first, second] = merchant.received;
    expect(merchant.received).toHaveLength(2);
    expect(second?.body).toBe(first?.body);
    const data = toRecord(toRecord(JSON.parse(first?.body ?? ''))['Data']);
    expect(first?.headers['myfatoorah-signature']).toBe(sign(secret(), signedTextV2(data, false)));
    expect(first?.headers['myfatoorah-webhook-version']).toBe('v2');
    expect(data).toMatchObject({
      Invoice: { Id: String(InvoiceId), Status: 'PAID', ExternalIdentifier: 'pay_1' },
    });
  });

  it('speaks V1 when the portal says so', async () => {
    await to('PUT /myfatoorah/settings', { webhook_version: 1 });
    const { InvoiceId } = await send();
    await act(InvoiceId, 'pay');
    const [body] = merchant.bodies();
    expect(body).toMatchObject({
      EventType: 1,
      Data: { InvoiceId, TransactionStatus: 'SUCCESS', InvoiceValueInDisplayCurreny: '12.500' },
    });
    const signature = merchant.received[0]?.headers['myfatoorah-signature'];
    expect(signature).toBe(sign(secret(), signedTextV1(toRecord(body?.['Data']))));
  });

  it('comes again up to five times, 180 s apart, until it is acknowledged', async () => {
    merchant.answer = 500;
    const { InvoiceId } = await send();
    await act(InvoiceId, 'pay');
    await to('POST /myfatoorah/clock?wait=true', { advance_s: 2_000 });
    expect(merchant.received).toHaveLength(6);
  });

  it('comes three times more, 10 s apart, when it is V1', async () => {
    await to('PUT /myfatoorah/settings', { webhook_version: 1 });
    merchant.answer = 500;
    const { InvoiceId } = await send();
    await act(InvoiceId, 'pay');
    await to('POST /myfatoorah/clock?wait=true', { advance_s: 29 });
    expect(merchant.received).toHaveLength(3);
    await to('POST /myfatoorah/clock?wait=true', { advance_s: 2_000 });
    expect(merchant.received).toHaveLength(4);
  });

  it('can lie and be forged on request', async () => {
    const { InvoiceId } = await send();
    await act(InvoiceId, 'pay');
    await act(InvoiceId, 'webhooks', { status: 'Failed', forge: true });
    const data = toRecord(merchant.bodies()[1]?.['Data']);
    expect(data).toMatchObject({ Transaction: { Status: 'FAILED' } });
    const signature = merchant.received[1]?.headers['myfatoorah-signature'];
    expect(signature).not.toBe(sign(secret(), signedTextV2(data, false)));
  });
});

describe('the invoice page', () => {
  it('takes the payment and sends the browser back with the PaymentId', async () => {
    const { InvoiceId, InvoiceURL } = await send({
      CallBackUrl: 'https://shop.example.com/ok?order=1',
      ErrorUrl: 'https://shop.example.com/no',
    });
    const submit = (decision: string) =>
      fetch(String(InvoiceURL), {
        method: 'POST',
        redirect: 'manual',
        body: new URLSearchParams({ gateway: 'MADA', decision }),
      });
    expect((await submit('decline')).headers.get('location')).toMatch(
      /^https:\/\/shop\.example\.com\/no\?paymentId=/,
    );
    expect(await (await fetch(String(InvoiceURL))).text()).toContain('Declined by the bank');
    const [, paid] = [await submit('approve'), transactionsOf(await status(InvoiceId)).at(-1)];
    const id = String(paid?.['PaymentId']);
    expect(paid).toMatchObject({ PaymentGateway: 'MADA', TransactionStatus: 'Succss' });
    expect((await submit('approve')).headers.get('location')).toBe(
      `https://shop.example.com/ok?order=1&paymentId=${id}&Id=${id}`,
    );
    expect(ledger().filter((line) => line.startsWith('money_received'))).toHaveLength(1);
  });
});

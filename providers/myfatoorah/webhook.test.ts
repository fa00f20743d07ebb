import { createHmac } from 'node:crypto';
import { ProviderError } from '../../domain/provider-error.ts';
import type { IncomingWebhook, ProviderAccount } from '../contract.ts';
import { parseWebhook, verifyWebhook } from './webhook.ts';
import type { MyFatoorahCredentials } from './wire.ts';

const account = (over: Partial<MyFatoorahCredentials> = {}): ProviderAccount<MyFatoorahCredentials> => ({
  id: 'acc_1',
  base_url: 'https://apitest.myfatoorah.com',
  credentials: { token: 't', country: 'KWT', webhook_secret: 'testsecret', ...over },
});

const post = (body: unknown, headers: Record<string, string>): IncomingWebhook => ({
  method: 'POST',
  path: '/webhooks/myfatoorah/acc_1',
  headers,
  body: new TextEncoder().encode(typeof body === 'string' ? body : JSON.stringify(body)),
  received_at: 0,
});
const claimOf = (body: unknown) => parseWebhook(post(body, {}).body);

/** The example of the V1 data model, with a signature that `myfatoorah-toolkit` accepts. */
const V1 = {
  EventType: 1,
  Event: 'TransactionsStatusChanged',
  DateTime: '01102026102003',
  CountryIsoCode: 'KWT',
  Data: {
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
  },
};
const V1_SIGNATURE = 'teIy6uscKE+cJfbLoSV9+wjzNPEdYwsbKtVkavBD0Kw=';

const V2 = {
  Event: { Code: 1, Name: 'PAYMENT_STATUS_CHANGED', Reference: 'WH-000123' },
  Data: {
    Invoice: { Id: '6409988', Status: 'PAID', ExternalIdentifier: null },
    Transaction: { Status: 'SUCCESS', PaymentId: '07076409988322867173' },
    Customer: { Reference: 'ord_1' },
    Amount: { BaseCurrency: 'KWD', ValueInBaseCurrency: '12.500' },
  },
};
const V2_SIGNATURE = '7XCLSlpmHM7FCH6n1DZR0gjHPJ7t0Qb6bhGXUOlS0ZI=';

const signed = (text: string) => createHmac('sha256', 'testsecret').update(text).digest('base64');

describe('verifyWebhook V1', () => {
  it('accepts the known vector, with and without the version header', () => {
    const headers = { 'myfatoorah-signature': V1_SIGNATURE };
    expect(verifyWebhook(account(), post(V1, headers))).toEqual({ ok: true });
    expect(verifyWebhook(account(), post(V1, { ...headers, 'myfatoorah-webhook-version': 'v1' }))).toEqual({
      ok: true,
    });
  });

  it('refuses a changed amount, another secret and a version that is not the body’s', () => {
    const headers = { 'myfatoorah-signature': V1_SIGNATURE };
    const changed = { ...V1, Data: { ...V1.Data, InvoiceValueInBaseCurrency: '1.600' } };
    const refusal = { ok: false, reason: 'bad_signature' };
    expect(verifyWebhook(account(), post(changed, headers))).toEqual(refusal);
    expect(verifyWebhook(account({ webhook_secret: 'other' }), post(V1, headers))).toEqual(refusal);
    expect(verifyWebhook(account(), post(V1, { ...headers, 'myfatoorah-webhook-version': 'v2' }))).toEqual(
      refusal,
    );
  });

  it('leaves GatewayReference of a refund out of the signature', () => {
    const Data = { RefundStatus: 'REFUNDED', RefundId: 2840, InvoiceId: '1234', Amount: '1.000' };
    const headers = {
      'myfatoorah-signature': signed('Amount=1.000,InvoiceId=1234,RefundId=2840,RefundStatus=REFUNDED'),
    };
    const body = { EventType: 2, Data: { ...Data, GatewayReference: { PaymentId: 'P1' } } };
    expect(verifyWebhook(account(), post(body, headers))).toEqual({ ok: true });
  });

  it('refuses an object where a value must be', () => {
    const body = { EventType: 1, Data: { InvoiceId: {} } };
    const headers = { 'myfatoorah-signature': signed('InvoiceId=[object Object]') };
    expect(verifyWebhook(account(), post(body, headers))).toMatchObject({ ok: false });
  });
});

describe('verifyWebhook V2', () => {
  it('accepts the known vector', () => {
    const webhook = post(V2, { 'myfatoorah-signature': V2_SIGNATURE, 'myfatoorah-webhook-version': 'v2' });
    expect(verifyWebhook(account(), webhook)).toEqual({ ok: true });
  });

  it('does not cover the amount, which is why every webhook is a hint', () => {
    const changed = { ...V2, Data: { ...V2.Data, Amount: { ValueInBaseCurrency: '0.001' } } };
    const webhook = post(changed, { 'myfatoorah-signature': V2_SIGNATURE });
    expect(verifyWebhook(account(), webhook)).toEqual({ ok: true });
    expect(claimOf(changed)).toEqual(claimOf(V2));
    expect(claimOf(changed).reading).toBeNull();
  });

  it.each([
    ['the invoice', { Invoice: { ...V2.Data.Invoice, Id: '6409989' } }],
    ['the status', { Transaction: { ...V2.Data.Transaction, Status: 'FAILED' } }],
    ['our reference', { Invoice: { ...V2.Data.Invoice, ExternalIdentifier: 'pay_2' } }],
  ])('refuses a change of %s', (_, over) => {
    const changed = { ...V2, Data: { ...V2.Data, ...over } };
    expect(verifyWebhook(account(), post(changed, { 'myfatoorah-signature': V2_SIGNATURE }))).toEqual({
      ok: false,
      reason: 'bad_signature',
    });
  });

  it('signs with Customer.Reference for old accounts, and only for them', () => {
    const text =
      'Invoice.Id=6409988,Invoice.Status=PAID,Transaction.Status=SUCCESS,' +
      'Transaction.PaymentId=07076409988322867173,Customer.Reference=ord_1';
    const webhook = post(V2, { 'myfatoorah-signature': signed(text) });
    expect(verifyWebhook(account({ webhook_v2_field: 'Customer.Reference' }), webhook)).toEqual({ ok: true });
    expect(verifyWebhook(account(), webhook)).toMatchObject({ ok: false });
  });

  it.each([
    [
      2,
      {
        Refund: { Id: '7', Status: 'REFUNDED' },
        Amount: { ValueInBaseCurrency: '1.000' },
        ReferencedInvoice: { Id: '9' },
      },
      'Refund.Id=7,Refund.Status=REFUNDED,Amount.ValueInBaseCurrency=1.000,ReferencedInvoice.Id=9',
    ],
    [
      3,
      { Deposit: { Reference: 'D1', ValueInBaseCurrency: '5.000', NumberOfTransactions: 3 } },
      'Deposit.Reference=D1,Deposit.ValueInBaseCurrency=5.000,Deposit.NumberOfTransactions=3',
    ],
    [
      4,
      { Supplier: { Code: 5 }, KycDecision: { Status: 'APPROVED' } },
      'Supplier.Code=5,KycDecision.Status=APPROVED',
    ],
    [
      5,
      { Recurring: { Id: 'R', Status: 'ACTIVE', InitialInvoiceId: '1' } },
      'Recurring.Id=R,Recurring.Status=ACTIVE,Recurring.InitialInvoiceId=1',
    ],
    [
      6,
      {
        Dispute: { DisputeTransactionId: 'X', Status: 'OPEN' },
        Invoice: { Id: '9', Status: 'PAID' },
        Transaction: { Status: 'SUCCESS', PaymentId: 'P' },
      },
      'Dispute.DisputeTransactionId=X,Dispute.Status=OPEN,Invoice.Id=9,Invoice.Status=PAID,' +
        'Transaction.Status=SUCCESS,Transaction.PaymentId=P,Invoice.ExternalIdentifier=',
    ],
  ])('knows the ordered fields of event %s', (Code, Data, text) => {
    const body = { Event: { Code }, Data };
    expect(verifyWebhook(account(), post(body, { 'myfatoorah-signature': signed(text) }))).toEqual({
      ok: true,
    });
    expect(claimOf(body).event_key).not.toBe('');
  });

  it('refuses unknown events, other bodies and a missing signature', () => {
    const headers = { 'myfatoorah-signature': signed('') };
    for (const body of [{ Event: { Code: 7 }, Data: {} }, 'no JSON', '[]', '{}']) {
      expect(verifyWebhook(account(), post(body, headers))).toEqual({ ok: false, reason: 'bad_signature' });
    }
    expect(verifyWebhook(account(), post(V2, {}))).toEqual({ ok: false, reason: 'missing_signature' });
  });
});

describe('parseWebhook', () => {
  it('names the invoice, our reference and an event of its own for each status', () => {
    expect(claimOf(V1)).toEqual({
      event_key: '1234:P1:SUCCESS',
      provider_payment_id: '1234',
      reference: 'ord_1',
      reading: null,
    });
    const { Invoice } = V2.Data;
    const named = { ...V2, Data: { ...V2.Data, Invoice: { ...Invoice, ExternalIdentifier: 'pay_1' } } };
    expect(claimOf(named)).toEqual({
      event_key: '6409988:PAID:07076409988322867173:SUCCESS',
      provider_payment_id: '6409988',
      reference: 'pay_1',
      reading: null,
    });
  });

  it('gives a repeated webhook the same key, whatever its own Reference says', () => {
    const again = { ...V2, Event: { ...V2.Event, Reference: 'WH-000124' } };
    expect(claimOf(again)).toEqual(claimOf(V2));
  });

  it('reads a refund as a hint about its invoice', () => {
    const v1 = { EventType: 2, Data: { RefundId: 2840, RefundStatus: 'REFUNDED', InvoiceId: '1234' } };
    expect(claimOf(v1)).toMatchObject({ event_key: 'refund:2840:REFUNDED', provider_payment_id: '1234' });
    const Data = { Refund: { Id: '7', Status: 'CANCELED' }, ReferencedInvoice: { Id: 9 } };
    expect(claimOf({ Event: { Code: 2 }, Data })).toMatchObject({
      event_key: 'refund:7:CANCELED',
      provider_payment_id: '9',
    });
  });

  it('tells a dispute from the payment it is about', () => {
    const Dispute = { DisputeTransactionId: 'X1', Status: 'OPEN' };
    const dispute = claimOf({ Event: { Code: 6 }, Data: { ...V2.Data, Dispute } });
    expect(dispute).toMatchObject({ event_key: 'dispute:X1:OPEN', provider_payment_id: '6409988' });
  });

  it('refuses a body that names no invoice', () => {
    expect(() => claimOf({ Event: { Code: 1 }, Data: { Invoice: {} } })).toThrow(ProviderError);
  });
});

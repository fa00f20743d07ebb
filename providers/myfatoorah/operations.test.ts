import { money } from '../../domain/money.ts';
import { failureOf } from '../../test/setup/failure-of.ts';
import { useScriptedProvider } from '../../test/setup/scripted-provider.ts';
import { myfatoorah } from './connector.ts';
import { answers, AT_MYFATOORAH, bad, good, invoice, KNOWN, KWD, operation } from './documented.ts';

const scripted = useScriptedProvider(myfatoorah, AT_MYFATOORAH);
const { context } = scripted;
const bodies = (): unknown[] => scripted.server.requests.map(({ body }) => JSON.parse(body) as unknown);

describe('capturePayment and voidPayment', () => {
  const held = { PaymentId: 'p1', TransactionStatus: 'Authorize' };
  const captured = invoice({ InvoiceStatus: 'Paid', InvoiceValue: 5 }, held, {
    PaymentId: 'p2',
    TransationValue: '5.000',
  });
  const refusal = [400, bad('The invoice is captured already')] as const;

  it('captures a part and reads the payment', async () => {
    scripted.server.script = answers({
      UpdatePaymentStatus: [[200, good(null)]],
      GetPaymentStatus: [[200, good(captured)]],
    });
    const paid = await myfatoorah.capturePayment?.(context(), operation());
    expect(paid).toMatchObject({ status: 'paid', receipts: [{ amount: 5_000 }] });
    expect(bodies()[0]).toEqual({ Operation: 'capture', Amount: 5, Key: '6409988', KeyType: 'InvoiceId' });
  });

  it('takes the refusal of a repetition for what it is, and no other', async () => {
    scripted.server.script = answers({
      UpdatePaymentStatus: [refusal],
      GetPaymentStatus: [[200, good(captured)]],
    });
    expect(await myfatoorah.capturePayment?.(context(), operation())).toMatchObject({ status: 'paid' });
    const other = operation({ money: money(6_000, KWD) });
    expect(await failureOf(myfatoorah.capturePayment?.(context(), other))).toMatchObject({
      kind: 'invalid_request',
      message: 'The invoice is captured already',
    });
  });

  it('leaves the outcome open when the capture went through and the payment cannot be read', async () => {
    scripted.server.script = answers({
      UpdatePaymentStatus: [[200, good({})]],
      GetPaymentStatus: [[503, '']],
    });
    expect(await failureOf(myfatoorah.capturePayment?.(context(), operation()))).toMatchObject({
      kind: 'unknown_outcome',
    });
  });

  it('releases all of it', async () => {
    const released = invoice({}, { TransactionStatus: 'Canceled', Error: 'Transaction released' });
    scripted.server.script = answers({
      UpdatePaymentStatus: [[200, good({})]],
      GetPaymentStatus: [[200, good(released)]],
    });
    const payment = { ...KNOWN, operation_key: 'void_1' };
    expect(await myfatoorah.voidPayment?.(context(), payment)).toMatchObject({ status: 'canceled' });
    expect(bodies()[0]).toEqual({ Operation: 'release', Key: '6409988', KeyType: 'InvoiceId' });
  });
});

describe('refundPayment', () => {
  const MADE = good({
    Key: '6409988',
    RefundId: 7,
    RefundReference: '2026000007',
    RefundInvoiceId: 8,
    Amount: 5,
  });
  const row = {
    RefundId: 7,
    RefundStatus: 'Pending',
    InvoiceId: 6409988,
    Amount: 5,
    ExternalIdentifier: 'rf_01',
  };

  it.each([
    ['an empty list', 200, good({ RefundStatusResult: [] })],
    ['no data', 200, good(null)],
    ['a refusal', 400, bad('No data match the provided values')],
  ])('asks for a refund when there is none yet, told by %s', async (_, status, none) => {
    scripted.server.script = answers({ GetRefundStatus: [[status, none]], MakeRefund: [[200, MADE]] });
    const refund = operation({ reason: 'Returned' });
    expect(await myfatoorah.refundPayment?.(context(), refund)).toEqual({
      key: '7',
      reference: 'rf_01',
      amount: 5_000,
      status: 'pending',
    });
    expect(bodies()[1]).toEqual({
      Key: '6409988',
      KeyType: 'InvoiceId',
      Amount: 5,
      ServiceChargeOnCustomer: false,
      Comment: 'Returned',
      AmountDeductedFromSupplier: 0,
      ExternalIdentifier: 'rf_01',
    });
  });

  it('does not ask again for a refund that carries our key', async () => {
    scripted.server.script = answers({
      GetRefundStatus: [[200, good({ RefundStatusResult: [{ ...row, RefundStatus: 'Refunded' }] })]],
    });
    expect(await myfatoorah.refundPayment?.(context(), operation())).toMatchObject({
      key: '7',
      status: 'succeeded',
    });
    expect(scripted.server.requests).toHaveLength(1);
  });

  it('asks for nothing while it is unknown what was asked before', async () => {
    scripted.server.script = answers({ GetRefundStatus: [[500, '']], MakeRefund: [[200, MADE]] });
    expect(await failureOf(myfatoorah.refundPayment?.(context(), operation()))).toMatchObject({
      kind: 'unavailable',
    });
    expect(scripted.server.requests).toHaveLength(1);
  });

  it.each([
    ['Pending', 'pending'],
    ['Refunded', 'succeeded'],
    ['Canceled', 'canceled'],
    ['Rejected', 'failed'],
  ])('reads %s in the list of a paid invoice as %s', async (RefundStatus, status) => {
    scripted.server.script = answers({
      GetPaymentStatus: [[200, good(invoice({ InvoiceStatus: 'Paid' }, {}))]],
      GetRefundStatus: [
        [
          200,
          good({
            RefundStatusResult: [
              { ...row, RefundStatus },
              { ...row, InvoiceId: 9 },
            ],
          }),
        ],
      ],
    });
    expect((await myfatoorah.readPayment(context(), KNOWN)).refunds).toEqual([
      { key: '7', reference: 'rf_01', amount: 5_000, status },
    ]);
  });
});

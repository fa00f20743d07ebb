/** Money after the payment: capture, release, refund. */
import { ProviderError } from '../../domain/provider-error.ts';
import { isFailure, unexpectedAnswer } from '../answers.ts';
import { checkRepetition } from '../check-request.ts';
import type { MoneyOperation, PaymentReading, RefundReading } from '../contract.ts';
import { positiveAmount, wireNumber } from '../decimals.ts';
import { inAccountCurrency } from './amounts.ts';
import { inquire, refundsOf } from './inquiry.ts';
import { anything, call, madeRefund, type Context } from './wire.ts';

/** "You can make only one Capture/Release operation on each invoice": a repetition is refused, and then the payment tells. */
export async function capturePayment(context: Context, capture: MoneyOperation): Promise<PaymentReading> {
  inAccountCurrency(context.account.credentials.country, capture.money);
  const body = { Operation: 'capture', Amount: wireNumber(capture.money) };
  return update(context, 'capture_payment', capture.provider_payment_id, body, ({ status, receipts }) => {
    return (
      status === 'paid' && receipts.reduce((sum, { amount }) => sum + amount, 0) === capture.money.amount
    );
  });
}

/** Gives the whole authorization back. */
export async function voidPayment(
  context: Context,
  payment: { readonly provider_payment_id: string },
): Promise<PaymentReading> {
  return update(context, 'void_payment', payment.provider_payment_id, { Operation: 'release' }, (reading) => {
    return reading.status === 'canceled';
  });
}

/** One UpdatePaymentStatus and a reading afterwards. `done` recognises a refusal that only means "already". */
async function update(
  context: Context,
  operation: string,
  provider_payment_id: string,
  body: Readonly<Record<string, unknown>>,
  done: (reading: PaymentReading) => boolean,
): Promise<PaymentReading> {
  const read = (): Promise<PaymentReading> => inquire(context, 'InvoiceId', provider_payment_id);
  const keyed = { ...body, Key: provider_payment_id, KeyType: 'InvoiceId' };
  try {
    await call(context, { operation, endpoint: 'UpdatePaymentStatus', body: keyed, mutates: true }, anything);
  } catch (error) {
    if (!isFailure(error, 'invalid_request')) throw error;
    const reading = await read();
    if (done(reading)) return reading;
    throw error;
  }
  try {
    return await read();
  } catch (error) {
    if (!(error instanceof ProviderError)) throw error;
    // The call itself went through; only how the payment stands now is unknown.
    throw new ProviderError({ ...error.failure, kind: 'unknown_outcome' });
  }
}

/** A request to MyFatoorah's finance team. There is no idempotency key: a refund that carries our key is not asked for again. */
export async function refundPayment(context: Context, refund: MoneyOperation): Promise<RefundReading> {
  const { provider_payment_id, money, operation_key, reason } = refund;
  inAccountCurrency(context.account.credentials.country, money);
  const known = await refundsOf(context, provider_payment_id);
  const ours = known.find(({ reference }) => reference === operation_key);
  if (ours) {
    checkRepetition(ours.amount, refund);
    return ours;
  }
  const { data, request } = await call(
    context,
    {
      operation: 'refund_payment',
      endpoint: 'MakeRefund',
      body: {
        Key: provider_payment_id,
        KeyType: 'InvoiceId',
        Amount: wireNumber(money),
        ServiceChargeOnCustomer: false,
        Comment: reason ?? operation_key,
        AmountDeductedFromSupplier: 0,
        ExternalIdentifier: operation_key,
      },
      mutates: true,
    },
    madeRefund,
  );
  const amount = positiveAmount(data.Amount, money.currency, request);
  if (amount !== money.amount) throw unexpectedAnswer(request, 'is about another amount');
  return { key: data.RefundId, reference: operation_key, amount, status: 'pending' };
}

/** Money after the authorization: capture, close, refund. */
import { toDecimal } from '../../domain/money.ts';
import { isFailure, unexpectedAnswer } from '../answers.ts';
import { checkRepetition, exactly, refused } from '../check-request.ts';
import type { MoneyOperation, PaymentReading, RefundReading } from '../contract.ts';
import { positiveAmount } from '../decimals.ts';
import type { ProviderRequest } from '../http.ts';
import { readingOf, refundReadingOf } from './readings.ts';
import { call, payment, type Context, type Movement, type Payment } from './wire.ts';

interface Answer {
  readonly data: Payment;
  readonly request: ProviderRequest;
}

/** The payment as Tabby has it; an answer about another one is refused. */
export async function retrieve(context: Context, provider_payment_id: string): Promise<Answer> {
  const path = `payments/${encodeURIComponent(provider_payment_id)}`;
  const read = { operation: 'read_payment', method: 'GET', path, mutates: false } as const;
  return about(provider_payment_id, await call(context, read, payment));
}

function about(provider_payment_id: string, answer: Answer): Answer {
  if (answer.data.id === provider_payment_id) return answer;
  throw unexpectedAnswer(answer.request, 'is about another payment');
}

/** Takes a part or all; a payment that is captured in full closes by itself. */
export async function capturePayment(context: Context, capture: MoneyOperation): Promise<PaymentReading> {
  const { data, request } = await move(context, capture, 'captures');
  return readingOf(data, request);
}

/** Gives a part or all of what was captured back. Only closed payments can be refunded. */
export async function refundPayment(context: Context, refund: MoneyOperation): Promise<RefundReading> {
  const { made, request } = await move(context, refund, 'refunds');
  return refundReadingOf(made, refund.money.currency, request);
}

/**
 * One capture or refund. `reference_id` is Tabby's idempotency key, and how long it is kept is not documented; so the
 * payment is read first, and what carries our key already is not asked for again. The read also tells the currency,
 * which neither call names.
 */
async function move(
  context: Context,
  operation: MoneyOperation,
  kind: 'captures' | 'refunds',
): Promise<Answer & { readonly made: Movement }> {
  const { provider_payment_id, money, operation_key, reason } = operation;
  const before = await retrieve(context, provider_payment_id);
  if (before.data.currency !== money.currency) {
    throw refused('unsupported_currency', `the payment is in ${before.data.currency}`);
  }
  const known = before.data[kind].find(({ reference_id }) => reference_id === operation_key);
  if (known) {
    checkRepetition(positiveAmount(known.amount, money.currency, before.request), operation);
    return { ...before, made: known };
  }
  const amount = exactly(() => toDecimal(money));
  const answer = await call(
    context,
    {
      operation: kind === 'captures' ? 'capture_payment' : 'refund_payment',
      method: 'POST',
      path: `payments/${encodeURIComponent(provider_payment_id)}/${kind}`,
      body: {
        amount,
        reference_id: operation_key,
        ...(kind === 'refunds' && reason ? { reason: reason.slice(0, 255) } : {}),
      },
      mutates: true,
    },
    payment,
  );
  const { data, request } = about(provider_payment_id, answer);
  const made = data[kind].find(({ reference_id }) => reference_id === operation_key);
  if (!made || positiveAmount(made.amount, money.currency, request) !== money.amount) {
    throw unexpectedAnswer(request, `does not list the ${kind} that was asked for`);
  }
  return { data, request, made };
}

/** Closes the payment: what is not captured goes back. "Already closed" means that it is done; then the payment tells. */
export async function voidPayment(
  context: Context,
  { provider_payment_id }: { readonly provider_payment_id: string },
): Promise<PaymentReading> {
  const path = `payments/${encodeURIComponent(provider_payment_id)}/close`;
  try {
    const close = { operation: 'void_payment', method: 'POST', path, mutates: true } as const;
    const { data, request } = about(provider_payment_id, await call(context, close, payment));
    return readingOf(data, request);
  } catch (error) {
    if (!isFailure(error, 'invalid_request')) throw error;
    const { data, request } = await retrieve(context, provider_payment_id);
    if (data.status.toUpperCase() === 'CLOSED') return readingOf(data, request);
    throw error;
  }
}

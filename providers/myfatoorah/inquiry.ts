/** How invoices and their refunds stand. */
import { ProviderError } from '../../domain/provider-error.ts';
import { isFailure, unexpectedAnswer } from '../answers.ts';
import type { PaymentReading, RefundReading } from '../contract.ts';
import { readingOfInvoice, readingOfRefund, type Source } from './readings.ts';
import { call, invoice, refundStatuses, type Context } from './wire.ts';

/** One invoice by one of its names; see `Connector.readPayment`. */
export async function inquire(context: Context, KeyType: 'InvoiceId' | 'CustomerReference', Key: string) {
  const { data, request } = await call(
    context,
    {
      operation: KeyType === 'InvoiceId' ? 'read_payment' : 'find_payment',
      endpoint: 'GetPaymentStatus',
      body: { Key, KeyType },
      mutates: false,
    },
    invoice,
  );
  const source: Source = { country: context.account.credentials.country, now_ms: context.now(), request };
  const reading = readingOfInvoice(data, source);
  const asked = KeyType === 'InvoiceId' ? reading.provider_payment_id : reading.reference;
  if (asked !== Key) throw unexpectedAnswer(request, 'is about another invoice');
  return withRefunds(context, reading);
}

export function readPayment(
  context: Context,
  { provider_payment_id }: { readonly provider_payment_id: string },
): Promise<PaymentReading> {
  return inquire(context, 'InvoiceId', provider_payment_id);
}

/** By `CustomerReference`. It is not unique at MyFatoorah, but our payment ids are; of several the latest is told. */
export async function findPayment(
  context: Context,
  { reference }: { readonly reference: string },
): Promise<PaymentReading | null> {
  try {
    return await inquire(context, 'CustomerReference', reference);
  } catch (error) {
    if (isFailure(error, 'not_found')) return null;
    throw error;
  }
}

/** Refunds are told by a call of their own. Money that has arrived must stay readable when that call fails. */
async function withRefunds(context: Context, reading: PaymentReading): Promise<PaymentReading> {
  if (reading.status !== 'paid') return reading;
  try {
    return { ...reading, refunds: await refundsOf(context, reading.provider_payment_id) };
  } catch (error) {
    if (error instanceof ProviderError) return reading;
    throw error;
  }
}

export async function refundsOf(context: Context, provider_payment_id: string): Promise<RefundReading[]> {
  try {
    const { data, request } = await call(
      context,
      {
        operation: 'read_refunds',
        endpoint: 'GetRefundStatus',
        body: { Key: provider_payment_id, KeyType: 'InvoiceId' },
        mutates: false,
      },
      refundStatuses,
    );
    const source = { country: context.account.credentials.country, now_ms: context.now(), request };
    return data
      .filter(({ InvoiceId }) => InvoiceId === provider_payment_id)
      .map((row) => readingOfRefund(row, source));
  } catch (error) {
    if (isFailure(error, 'not_found')) return [];
    throw error;
  }
}

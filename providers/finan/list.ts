/** Finan's list of payment requests. It is one answer: no filter by time and no pages are documented. */
import { z } from 'zod';
import { addAmounts } from '../../domain/money.ts';
import { isUnexpected } from '../answers.ts';
import type { ListedPage, ListedPayment, ListRange, PaymentReading, ProviderContext } from '../contract.ts';
import type { ProviderRequest } from '../http.ts';
import { call, paymentRequest, VND, type FinanCredentials, type PaymentRequest } from './wire.ts';

/** `reading`: what a payment request says; throws `ProviderError` for one that contradicts itself. */
export function createListing(reading: (row: PaymentRequest, request: ProviderRequest) => PaymentReading) {
  return async function* listPayments(
    context: ProviderContext<FinanCredentials>,
    { from, to }: ListRange,
  ): AsyncGenerator<ListedPage> {
    const { data, request } = await call(
      context,
      { operation: 'list_payments', method: 'GET', path: '/api/v1/payments', mutates: false },
      z.array(paymentRequest).nullable(),
    );
    const rows = (data ?? []).flatMap((row) => {
      const at = timeOf(row);
      return at !== null && at >= from && at < to ? [listed(row, at, () => reading(row, request))] : [];
    });
    yield { rows, next: null };
  };
}

function listed(row: PaymentRequest, at: string, reading: () => PaymentReading): ListedPayment {
  const { payment_request_id: provider_payment_id, reference_id: reference, status: provider_status } = row;
  const told = { provider_payment_id, reference, provider_status, refunded: null, fee: null, at };
  try {
    const { currency, status, receipts } = reading();
    const received = addAmounts(receipts.map(({ amount }) => amount));
    return { ...told, currency, status, amount: row.amount, received };
  } catch (error) {
    if (!isUnexpected(error)) throw error;
    return { ...told, currency: VND, status: 'unreadable', amount: row.amount, received: null };
  }
}

/** When it was made; reads need not tell, and then its first transfer does. One without either has no money to compare. */
function timeOf({ created_at, payments }: PaymentRequest): string | null {
  const transfers = payments.map((transfer) => transfer.created_at).filter((at) => at !== null);
  return created_at ?? transfers.sort()[0] ?? null;
}

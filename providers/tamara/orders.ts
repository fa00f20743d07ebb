/** Reading orders. An order that the customer has finished is authorised on the way: see `settled`. */
import { isFailure, unexpectedAnswer } from '../answers.ts';
import type { PaymentReading } from '../contract.ts';
import type { ProviderRequest } from '../http.ts';
import { readingOf } from './readings.ts';
import { anything, call, order, type Context, type Order } from './wire.ts';

export interface OrderAnswer {
  readonly data: Order;
  readonly request: ProviderRequest;
}

/** `/orders/{id}`, with more of the path behind it. */
export const orderPath = (provider_payment_id: string, rest = ''): string =>
  `/orders/${encodeURIComponent(provider_payment_id)}${rest}`;

/** The order as it stands once it is authorised, if it can be. */
export async function readOrder(context: Context, provider_payment_id: string): Promise<OrderAnswer> {
  return settled(context, await fetchOrder(context, provider_payment_id));
}

/** See `Connector.readPayment`. */
export async function readPayment(
  context: Context,
  { provider_payment_id }: { readonly provider_payment_id: string },
): Promise<PaymentReading> {
  const { data, request } = await readOrder(context, provider_payment_id);
  return readingOf(data, request);
}

/** See `Connector.findPayment`. */
export async function findPayment(
  context: Context,
  { reference }: { readonly reference: string },
): Promise<PaymentReading | null> {
  try {
    const path = `/merchants/orders/reference-id/${encodeURIComponent(reference)}`;
    const found = await call(
      context,
      { operation: 'find_payment', method: 'GET', path, mutates: false },
      order,
    );
    if (found.data.order_reference_id !== reference)
      throw unexpectedAnswer(found.request, 'is about another reference');
    const { data, request } = await settled(context, found);
    return readingOf(data, request);
  } catch (error) {
    if (isFailure(error, 'not_found')) return null;
    throw error;
  }
}

async function fetchOrder(context: Context, provider_payment_id: string): Promise<OrderAnswer> {
  const answer = await call(
    context,
    { operation: 'read_payment', method: 'GET', path: orderPath(provider_payment_id), mutates: false },
    order,
  );
  if (answer.data.order_id !== provider_payment_id)
    throw unexpectedAnswer(answer.request, 'is about another order');
  return answer;
}

/**
 * The merchant has to authorise what a customer has finished within 72 hours, or the order expires. Nothing is decided
 * by it, so whoever reads an approved order does it. Authorising twice is refused and does no harm, so a lost answer
 * may simply be asked for again, and a refusal leaves it to the order to tell how it stands.
 */
async function settled(context: Context, found: OrderAnswer): Promise<OrderAnswer> {
  if (found.data.status !== 'approved') return found;
  const { order_id } = found.data;
  try {
    await call(
      context,
      {
        operation: 'authorise_payment',
        method: 'POST',
        path: orderPath(order_id, '/authorise'),
        mutates: false,
      },
      anything,
    );
  } catch (error) {
    if (!isFailure(error, 'invalid_request')) throw error;
  }
  return fetchOrder(context, order_id);
}

/** The list of payments of the Tabby simulator: newest first, 20 at most, by dates and status. */
import { paymentJson } from './sandbox-json.ts';
import type { Payment } from './sandbox-payments.ts';
import { BadData } from './sandbox-requests.ts';

const PAGE_SIZE = 20;

export function listPage(payments: readonly Payment[], query: URLSearchParams): object {
  const from = dateOf(query, 'created_at__gte') ?? Number.NEGATIVE_INFINITY;
  const to = dateOf(query, 'created_at__lte') ?? Number.POSITIVE_INFINITY;
  const status = query.get('status');
  const found = payments.filter(
    (payment) => payment.createdAt >= from && payment.createdAt <= to && hasStatus(payment, status),
  );
  const limit = Math.min(numberOf(query, 'limit') ?? PAGE_SIZE, PAGE_SIZE);
  const offset = numberOf(query, 'offset') ?? 0;
  return {
    payments: found.slice(offset, offset + limit).map(paymentJson),
    pagination: { limit, offset, total_count: found.length },
  };
}

/** `new`, `captured`, `refunded` and `cancelled` are words of the dashboard. */
function hasStatus({ status, captures, refunds }: Payment, wanted: string | null): boolean {
  switch (wanted?.toLowerCase()) {
    case undefined:
      return status === 'AUTHORIZED' || status === 'CLOSED';
    case 'authorized':
    case 'new':
      return status === 'AUTHORIZED';
    case 'closed':
      return status === 'CLOSED';
    case 'created':
    case 'rejected':
    case 'expired':
      return status.toLowerCase() === wanted?.toLowerCase();
    case 'captured':
      return status === 'CLOSED' && captures.length > 0 && refunds.length === 0;
    case 'refunded':
      return refunds.length > 0;
    case 'cancelled':
      return status === 'CLOSED' && captures.length === 0;
    default:
      throw new BadData('failed to decode request');
  }
}

function dateOf(query: URLSearchParams, name: string): number | null {
  const value = query.get(name);
  if (value === null) return null;
  const time = Date.parse(value);
  if (Number.isNaN(time)) throw new BadData('failed to decode request');
  return time;
}

function numberOf(query: URLSearchParams, name: string): number | null {
  const value = query.get(name);
  if (value === null) return null;
  if (!/^\d{1,6}$/.test(value)) throw new BadData('failed to decode request');
  return Number(value);
}

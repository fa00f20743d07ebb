/** How a payment service has done lately, as the API shows it. */
import { WINDOW_S, type ServicePerformance } from '../db/service-performance.ts';
import type { performance } from './schemas/account.ts';
import type { Shown } from './schemas/parts.ts';

export function presentPerformance({
  measured_at,
  payments,
  failures,
  calls,
}: ServicePerformance): Shown<typeof performance> {
  return {
    window_s: WINDOW_S,
    measured_at,
    payments,
    creation_rate: rate(payments.created, payments.requested),
    success_rate: rate(payments.paid, payments.ended),
    failures,
    calls,
  };
}

/** Between 0 and 1, to four places; null when there is nothing to measure. */
function rate(part: number, whole: number): number | null {
  return whole === 0 ? null : Math.round((part / whole) * 10_000) / 10_000;
}

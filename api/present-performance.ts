/** How a payment service has done lately, as the API shows it. */
import { WINDOW_S, type ServicePerformance } from '../db/service-performance.ts';

/** Null: nothing was measured of it within the window. */
export function presentPerformance(measured: ServicePerformance | undefined) {
  if (measured === undefined) return null;
  const { measured_at, payments, failures, calls } = measured;
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

/** Refunds that a merchant made from its own pocket: they are in our record and in no provider's books. */
import { recordedEvent } from './event-invariants.ts';
import type { InvoiceRecord } from './invariant.ts';

/** Each as `payment id:key`. */
export function manualRefunds({ events }: InvoiceRecord): ReadonlySet<string> {
  return new Set(
    events.map(recordedEvent).flatMap((event) => {
      const byHand = event.type === 'money.refunded' && event.source === 'manual';
      return byHand ? [`${event.payment_id}:${event.key}`] : [];
    }),
  );
}

/** Statuses as badges: what has gone well, what needs somebody, what is still on its way. */
import type { InvoiceStatus, PaymentStatus } from '../../domain/status.ts';
import type { Html } from '../html.ts';
import { badge, type Tone } from '../look/components.ts';

const TONES: Readonly<Record<InvoiceStatus | PaymentStatus, Tone | null>> = {
  open: null,
  requested: null,
  pending: null,
  authorized: 'info',
  partially_paid: 'busy',
  paid: 'good',
  overpaid: 'busy',
  partially_refunded: 'info',
  refunded: 'info',
  unknown: 'bad',
  failed: 'bad',
  expired: null,
  canceled: null,
};

/** Words of the API as people read them: `partially_paid` as "partially paid". */
export const words = (text: string): string => text.replaceAll('_', ' ');

export function statusBadge(status: InvoiceStatus | PaymentStatus): Html {
  const tone = TONES[status];
  return tone === null ? badge(words(status)) : badge(words(status), tone);
}

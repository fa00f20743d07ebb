/**
 * Asks the provider, through the invoice's workflow, how one payment stands. Browsers come back several times and are
 * reloaded, so everybody who asks within two seconds shares one answer, and nobody asks while another still waits.
 */
import type { InvoiceFacts } from '../temporal/invoices.ts';
import type { ApiDependencies } from './dependencies.ts';
import { withTimeLimit } from '../temporal/time-limit.ts';
import { isDeadline, isUnreachable, repeatDropped } from './gateway-errors.ts';

const PAUSE_MS = 2_000;
const KEPT = 10_000;

export interface PaymentRefresher {
  /** True when the provider has answered and the record is up to date; false also when that takes longer than `limit_ms`. */
  refresh(invoice: InvoiceFacts, paymentId: string, limit_ms: number): Promise<boolean>;
}

export function createPaymentRefresher({
  invoices,
  background,
  logger,
  now,
}: Pick<ApiDependencies, 'invoices' | 'background' | 'logger' | 'now'>): PaymentRefresher {
  const asked = new Map<string, { readonly answer: Promise<boolean>; until: number }>();

  const ask = async (invoice: InvoiceFacts, paymentId: string): Promise<boolean> => {
    try {
      const { unread } = await repeatDropped(() => invoices.refresh(invoice, paymentId));
      return unread === 0;
    } catch (error) {
      const passing = isDeadline(error) || isUnreachable(error);
      logger[passing ? 'warn' : 'error'](
        { err: error, payment_id: paymentId, invoice_id: invoice.id },
        'a payment could not be read again',
      );
      return false;
    }
  };

  const begin = (invoice: InvoiceFacts, paymentId: string): Promise<boolean> => {
    if (asked.size >= KEPT) for (const [id, { until }] of asked) if (until <= now()) asked.delete(id);
    const entry = { answer: ask(invoice, paymentId), until: Infinity };
    asked.set(paymentId, entry);
    background.run(
      entry.answer.then(() => {
        entry.until = now() + PAUSE_MS;
      }),
    );
    return entry.answer;
  };

  return {
    async refresh(invoice, paymentId, limit_ms) {
      const found = asked.get(paymentId);
      const answer = found && found.until > now() ? found.answer : begin(invoice, paymentId);
      return withTimeLimit(limit_ms, answer).catch(() => false);
    },
  };
}

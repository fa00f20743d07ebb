/** Closes an invoice that can still be paid: its due time has passed, or the merchant wants no more money. */
import { isPayable } from '../domain/status.ts';
import type { ActivityDependencies } from './dependencies.ts';
import { mustLoad, recordNews, type Standing } from './record.ts';

export interface EndInvoiceArguments {
  readonly invoice_id: string;
  readonly as: 'expired' | 'canceled';
  readonly reason: string | null;
  /** The id of the API key that cancels. */
  readonly by?: string | undefined;
  /** The workflow's clock, milliseconds. */
  readonly now: number;
}

export async function endInvoice(
  dependencies: ActivityDependencies,
  { invoice_id, as, reason, by, now }: EndInvoiceArguments,
): Promise<Standing> {
  const state = await mustLoad(dependencies.pool, invoice_id);
  return recordNews(dependencies, state, now, {
    events: (latest) => {
      if (!isPayable(latest)) return [];
      return as === 'expired'
        ? [{ type: 'invoice.expired' }]
        : [{ type: 'invoice.canceled', reason, ...(by === undefined ? {} : { by }) }];
    },
  });
}

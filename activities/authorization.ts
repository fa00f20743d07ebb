/** What is done before an authorization ends: the merchant is warned, and then what is left is captured or given up. */
import { newId } from '../db/ids.ts';
import { EXPIRY_ACTOR, expiryTimes, isLeftOver } from '../domain/authorization.ts';
import type { InvoiceEvent } from '../domain/events.ts';
import { capturable } from '../domain/operations.ts';
import { findPayment } from '../domain/state.ts';
import { amountsOf } from '../domain/status.ts';
import type { AccountOpener } from './accounts.ts';
import type { ActivityDependencies } from './dependencies.ts';
import { moveMoney, type MovedStanding } from './move-money.ts';
import { mustLoad, recordNews, type Standing } from './record.ts';

export interface WarnOfExpiryArguments {
  readonly invoice_id: string;
  readonly payment_id: string;
  /** The workflow's clock, milliseconds. */
  readonly now: number;
}

export type EndAuthorizationArguments = WarnOfExpiryArguments & {
  /** The provider account: decides which lane the call takes. */
  readonly account_id: string;
};

/** Tells the merchant, unless somebody has captured or given up everything meanwhile. Nothing is sent to the provider. */
export async function warnOfExpiry(
  dependencies: ActivityDependencies,
  { invoice_id, payment_id, now }: WarnOfExpiryArguments,
): Promise<Standing> {
  const state = await mustLoad(dependencies.pool, invoice_id);
  return recordNews(dependencies, state, now, {
    events: (latest): InvoiceEvent[] => {
      const payment = findPayment(latest, payment_id);
      const capture_before = payment?.capture_before ?? null;
      return payment && capture_before !== null && expiryTimes(payment) && isLeftOver(payment)
        ? [{ type: 'payment.authorization_expiring', payment_id, capture_before }]
        : [];
    },
  });
}

/**
 * Captures what is left and owed or gives it up, as the invoice says: an ordinary operation, asked for once per payment. When an attempt has
 * died after its reservation, the operation is found there and finished like any other.
 */
export async function endAuthorization(
  dependencies: ActivityDependencies,
  open: AccountOpener,
  { invoice_id, payment_id, account_id, now }: EndAuthorizationArguments,
  signal: AbortSignal,
): Promise<MovedStanding> {
  const state = await mustLoad(dependencies.pool, invoice_id);
  const payment = findPayment(state, payment_id);
  const asked = payment?.operations.some(({ by }) => by === EXPIRY_ACTOR);
  if (asked) return { state, waiting: [], refused: null };
  // What nobody owes is let go, whatever becomes of what is left otherwise.
  const { remaining } = amountsOf(state);
  const kind = remaining === 0 ? 'void' : state.on_authorization_expiry;
  const left = payment ? capturable(payment) : 0;
  return moveMoney(
    dependencies,
    open,
    {
      invoice_id,
      payment_id,
      account_id,
      operation_id: newId(kind === 'capture' ? 'cap' : 'void'),
      kind,
      amount: kind === 'capture' && remaining < left ? remaining : null,
      manual: false,
      by: EXPIRY_ACTOR,
      now,
    },
    signal,
  );
}

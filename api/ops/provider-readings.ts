/** What providers say of an invoice's payments at this moment, for people who compare. Nothing is recorded of it: that is the workflow's. */
import type { PaymentRow } from '../../db/payments.ts';
import { ProviderError } from '../../domain/provider-error.ts';
import { addAmounts } from '../../domain/money.ts';
import { sumOfKnown, type Standing } from '../../domain/standing.ts';
import type { PaymentReading } from '../../providers/contract.ts';
import { createTokenStore } from '../../providers/token-store.ts';
import type { OpsDependencies } from './page.ts';

/** All calls of one payment's reading together. */
const READ_MS = 10_000;
/** Of an invoice with many payments, the newest. */
const PAYMENTS_MAX = 10;

/** `standing` null: it could not be read, and `problem` says why; otherwise `word` is the provider's own for its status. */
export interface ProviderReading {
  readonly payment_id: string;
  /** RFC 3339 UTC. */
  readonly read_at: string;
  readonly standing: Standing | null;
  readonly word: string | null;
  readonly problem: string | null;
}

/** Reads each payment at its provider, all at once; never throws for what a provider or the network does. */
export function readAtProviders(
  dependencies: OpsDependencies,
  payments: readonly PaymentRow[],
): Promise<readonly ProviderReading[]> {
  return Promise.all(payments.slice(-PAYMENTS_MAX).map((payment) => readOne(dependencies, payment)));
}

async function readOne(
  dependencies: OpsDependencies,
  { id, provider, method, account_id, provider_payment_id, currency }: PaymentRow,
): Promise<ProviderReading> {
  const { finder, now, providerHttp, logger } = dependencies;
  const said = (of: Pick<ProviderReading, 'standing' | 'word' | 'problem'>): ProviderReading => ({
    payment_id: id,
    read_at: new Date(now()).toISOString(),
    ...of,
  });
  const unread = (problem: string): ProviderReading => said({ standing: null, word: null, problem });
  if (provider_payment_id === null) return unread('it has no id at the provider to be read by');
  try {
    const found = await finder.find(provider, account_id);
    const [account] = found?.accounts ?? [];
    if (!found || !account) return unread('its provider account is not there any more');
    const context = {
      account,
      http: providerHttp,
      tokens: createTokenStore(now),
      now,
      signal: AbortSignal.timeout(READ_MS),
    };
    const reading = await found.connector.readPayment(context, { provider_payment_id, method });
    if (reading.currency !== currency) return unread(`the provider speaks of ${reading.currency}`);
    return said({ standing: standingIn(reading), word: reading.provider_status, problem: null });
  } catch (error) {
    const kind = error instanceof ProviderError ? error.failure.kind : 'unexpected';
    logger.warn({ err: error, payment_id: id, kind }, 'a provider could not be asked for a person');
    return unread(PROBLEMS[kind]);
  }
}

/** What a failure means for whoever has asked. Providers' own messages may have anything in them. */
const PROBLEMS: Readonly<Record<ProviderError['failure']['kind'] | 'unexpected', string>> = {
  unavailable: 'the provider could not be reached',
  unknown_outcome: 'the provider gave no answer that could be read',
  rate_limited: 'the provider takes no more calls for the moment',
  bad_credentials: 'the provider did not take our credentials',
  not_found: 'the provider knows no such payment',
  declined: 'the provider refused to say',
  invalid_request: 'the provider did not understand the question',
  unexpected: 'it could not be read; the log says why',
};

/** A provider says what could be captured in all; what is held is that without what was taken, while it still authorizes it. */
function standingIn({ status, authorized, receipts, refunds }: PaymentReading): Standing {
  const captured = addAmounts(receipts.map(({ amount }) => amount));
  const held = status === 'authorized' && authorized !== undefined ? Math.max(0, authorized - captured) : 0;
  return {
    status,
    authorized: authorized === undefined && status === 'authorized' ? null : held,
    captured,
    refunded:
      refunds === undefined
        ? null
        : addAmounts(refunds.filter((one) => one.status === 'succeeded').map(({ amount }) => amount)),
    fee: sumOfKnown(receipts.map(({ fee }) => fee)),
  };
}

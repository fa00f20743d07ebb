/** Reads what a provider says of a day into a run's rows: its list page by page, then the rest of ours by id. */
import { endList, loadRun, type RunRow } from '../db/reconciliation-runs.ts';
import { insertMissingThere, unseenPayments, type UnseenPayment } from '../db/reconciliation-match.ts';
import { insertRows, type ProviderRow } from '../db/reconciliation-rows.ts';
import { firstIdAt } from '../db/ids.ts';
import { addAmounts } from '../domain/money.ts';
import { ProviderError } from '../domain/provider-error.ts';
import { dayRange } from '../domain/reconciliation.ts';
import { isUnexpected } from '../providers/answers.ts';
import type { ListedPayment, PaymentReading } from '../providers/contract.ts';
import type { OpenAccount } from './accounts.ts';
import type { ActivityDependencies } from './dependencies.ts';

/** Payments read by id at once: a provider must not feel it. */
const READS_AT_ONCE = 4;
const READS_BATCH = 100;
/** A payment's id is made when it is asked for, and sent within this time at most. */
const SENT_WITHIN_MS = 24 * 3600 * 1000;

/**
 * Reads the provider's list into the run, from the page on where an earlier attempt stopped. What the provider does not give as
 * a list (too much for one answer) is left to the reading by id.
 */
export async function readList(
  { pool, logger }: Pick<ActivityDependencies, 'pool' | 'logger'>,
  run: RunRow,
  { connector, context }: OpenAccount,
): Promise<void> {
  if (run.list_ended || !connector.listPayments) return;
  const { from, to } = dayRange(run.day);
  let whole = true;
  try {
    const pages = connector.listPayments(context, { from, to, cursor: run.list_cursor });
    for await (const { rows, next, is_whole } of pages) {
      if (is_whole === false) whole = false;
      const ids = { run_id: run.id, account_id: run.account_id };
      await insertRows(pool, ids, rows.map(listedRow), next);
    }
  } catch (error) {
    if (!(error instanceof ProviderError) || error.failure.code !== 'answer_too_large') throw error;
    logger.warn({ run_id: run.id }, 'the list of a provider is too long; its payments are read one by one');
    whole = false;
  }
  await endList(pool, run.id, whole);
}

function listedRow({ settlement, ...row }: ListedPayment): ProviderRow {
  return {
    ...row,
    row_key: row.provider_payment_id,
    line: null,
    settled: settlement?.net ?? null,
    settled_at: settlement?.at ?? null,
    settlement_reference: settlement?.reference ?? null,
    settlement_key: settlement?.key ?? null,
  };
}

/** The ids that payments sent on this day have. */
export function idsOfDay(day: string): { readonly from_id: string; readonly to_id: string } {
  const { from, to } = dayRange(day);
  return {
    from_id: firstIdAt('pay', Date.parse(from) - SENT_WITHIN_MS),
    to_id: firstIdAt('pay', Date.parse(to)),
  };
}

/**
 * Payments of ours of that day that the run has no row for. A provider with a list is asked about each by its id before it is
 * said to miss it; a file cannot be asked.
 */
export async function readTheRest(
  { pool }: Pick<ActivityDependencies, 'pool'>,
  run_id: string,
  open: (payment: UnseenPayment) => OpenAccount,
  heartbeat: () => void,
): Promise<void> {
  const run = await loadRun(pool, run_id);
  if (!run?.is_complete) return;
  let after = '';
  for (;;) {
    const unseen = await unseenPayments(pool, {
      run_id,
      ...dayRange(run.day),
      ...idsOfDay(run.day),
      with_money: run.source === 'file',
      after,
      limit: READS_BATCH,
    });
    if (run.source === 'file') {
      await insertMissingThere(
        pool,
        run_id,
        unseen.map(({ id }) => id),
      );
    } else {
      for (let at = 0; at < unseen.length; at += READS_AT_ONCE) {
        const part = unseen.slice(at, at + READS_AT_ONCE);
        const rows = await Promise.all(part.map((payment) => readOne(open(payment), payment)));
        const found = rows.filter((row) => row !== null);
        await insertRows(pool, { run_id, account_id: run.account_id }, found, null);
        const missing = part.filter((_, index) => rows[index] === null);
        await insertMissingThere(
          pool,
          run_id,
          missing.map(({ id }) => id),
        );
        heartbeat();
      }
    }
    heartbeat();
    if (unseen.length < READS_BATCH) return;
    after = unseen.at(-1)?.id ?? after;
  }
}

/** The payment as its provider has it; null: it has none of this id. */
async function readOne(
  { connector, context }: OpenAccount,
  { provider_payment_id, method, id }: UnseenPayment,
): Promise<ProviderRow | null> {
  try {
    const reading = await connector.readPayment(context, { provider_payment_id, method });
    return { ...listedRow(listedAs(reading)), row_key: `read:${id}` };
  } catch (error) {
    if (!(error instanceof ProviderError)) throw error;
    const { kind, code } = error.failure;
    if (kind === 'not_found') return null;
    // One payment that the provider cannot tell of does not stop the others.
    if (!isUnexpected(error) && kind !== 'invalid_request' && kind !== 'declined') throw error;
    const row = { provider_payment_id, reference: id, status: 'unreadable', provider_status: code } as const;
    const nothing = { currency: null, amount: null, received: null, refunded: null, fee: null, at: null };
    return { ...listedRow({ ...row, ...nothing }), row_key: `read:${id}` };
  }
}

/** A reading as a row of a list. */
function listedAs(reading: PaymentReading): ListedPayment {
  const { provider_payment_id, reference, currency, status, provider_status, receipts, refunds } = reading;
  const fees = receipts.map(({ fee }) => fee).filter((fee) => fee !== null);
  return {
    provider_payment_id,
    reference,
    currency,
    status,
    provider_status,
    amount: null,
    received: addAmounts(receipts.map(({ amount }) => amount)),
    refunded:
      refunds === undefined
        ? null
        : addAmounts(refunds.filter((each) => each.status === 'succeeded').map(({ amount }) => amount)),
    fee: receipts.length > 0 && fees.length === receipts.length ? addAmounts(fees) : null,
    at: receipts.at(-1)?.paid_at ?? null,
  };
}

/**
 * Drives what was left behind: a process died between the record and the signal, or the engine forgot a message. All
 * of it goes the ordinary way again, through the invoice's workflow, where repeating is harmless.
 *
 * An invoice whose workflow could never be started, or was lost, is found here too: by its due time, and by comparing the record with
 * the engine. Until then every payment and every webhook of it starts the workflow anyway.
 */
import { takeLeftDeliveries } from '../db/deliveries.ts';
import { takeLatePayments } from '../db/late-payments.ts';
import { forgetOperation } from '../db/operations.ts';
import { takePendingRuns } from '../db/reconciliation-runs.ts';
import {
  giveUpWebhook,
  matchWebhook,
  takeLeftWebhooks,
  takeOverdueInvoices,
  takeUnansweredPayments,
  takeUndecidedOperations,
  takeUnmatchedWebhooks,
  type SweptInvoice,
  type UnmatchedWebhook,
} from '../db/sweep.ts';
import { currency } from '../domain/currency.ts';
import { display, money } from '../domain/money.ts';
import { ProviderError } from '../domain/provider-error.ts';
import type { InvoiceFacts } from '../temporal/invoices.ts';
import { readLatePayment } from '../temporal/late-payments.ts';
import { compareWorkflows, type Walk } from './compare-workflows.ts';
import type { ActivityDependencies } from './dependencies.ts';
import { observe, tidy } from './tidy.ts';

/** What one sweep did, by kind. */
export interface SweepReport {
  /** Signalled again. */
  readonly webhooks_told: number;
  /** Of those, matched with a payment only now. */
  readonly webhooks_matched: number;
  readonly webhooks_given_up: number;
  /** Started, unless they were running after all. */
  readonly invoices_opened: number;
  /** Woken, because something was in flight and nothing ran. */
  readonly workflows_missing: number;
  /** Woken, because they ran and nothing was in flight. */
  readonly workflows_idle: number;
  readonly payments_requested: number;
  /** Captures, voids and refunds. */
  readonly operations_decided: number;
  /** Payments that had ended without their money and were asked about again. */
  readonly late_payments_read: number;
  /** Of those, that turned out to have been paid after all. */
  readonly late_money_found: number;
  /** Queues of webhooks to merchants. */
  readonly deliveries_woken: number;
  /** Reconciliation runs, unless they were running after all. */
  readonly reconciliations_started: number;
  readonly keys_deleted: number;
  /** Replaced credentials whose overlap has ended. */
  readonly credentials_deleted: number;
  /** What workers that were killed had said of providers. */
  readonly health_deleted: number;
  /** Calls to providers that have been kept long enough. */
  readonly exchanges_deleted: number;
  /** Of webhooks that have been kept long enough, bodies and headers. */
  readonly webhooks_erased: number;
  /** New links of audit chains. */
  readonly links_sealed: number;
  /** What could not be driven; it comes again. */
  readonly failed: number;
}

export type SweepDependencies = Pick<
  ActivityDependencies,
  | 'pool'
  | 'invoices'
  | 'deliveries'
  | 'reconciliations'
  | 'connectorFor'
  | 'logger'
  | 'exchangesKept_days'
  | 'auditKey'
>;

/** Rows of one kind per sweep. Unmatched webhooks are read with their bodies, up to 256 KB each. */
const BATCH = 200;
const UNMATCHED_BATCH = 50;
/** Each is a call to a provider. */
const LATE_BATCH = 100;
/** Calls to the workflow engine at once. */
const WIDTH = 10;

/** `walk`: how far the invoices have been compared with the workflow engine; it is carried on. */
export async function sweep(
  dependencies: SweepDependencies,
  walk: Walk = { before: null },
): Promise<SweepReport> {
  const { pool, invoices, deliveries, reconciliations, connectorFor, logger } = dependencies;
  const lateMoneyOf = (provider: string) => connectorFor(provider).manifest.late_money_s;
  const counts = {
    webhooks_told: 0,
    webhooks_matched: 0,
    webhooks_given_up: 0,
    invoices_opened: 0,
    workflows_missing: 0,
    workflows_idle: 0,
    payments_requested: 0,
    operations_decided: 0,
    late_payments_read: 0,
    late_money_found: 0,
    deliveries_woken: 0,
    reconciliations_started: 0,
    keys_deleted: 0,
    credentials_deleted: 0,
    health_deleted: 0,
    exchanges_deleted: 0,
    webhooks_erased: 0,
    links_sealed: 0,
    failed: 0,
  };

  /** Repairs each of `rows`; one that fails is told of and does not hinder the others. */
  const repair = async <Row>(rows: readonly Row[], work: (row: Row) => Promise<void>): Promise<void> => {
    for (let at = 0; at < rows.length; at += WIDTH) {
      const results = await Promise.allSettled(rows.slice(at, at + WIDTH).map(work));
      for (const result of results) {
        if (result.status === 'fulfilled') continue;
        counts.failed += 1;
        logger.error({ err: result.reason }, 'the sweeper could not drive something that was left behind');
      }
    }
  };

  /** What was repaired before counts, whatever becomes of the rest: the next sweep comes soon. */
  const guarded = async (work: () => Promise<void>): Promise<void> => {
    try {
      await work();
    } catch (err) {
      counts.failed += 1;
      logger.error({ err }, 'the sweeper could not do a part of its work');
    }
  };

  const tell = async (webhook_id: string, invoice: SweptInvoice, cause: string): Promise<void> => {
    await invoices.webhookArrived(factsOf(invoice), webhook_id);
    counts.webhooks_told += 1;
    logger.warn({ webhook_id, invoice_id: invoice.id, cause }, 'swept: the workflow was told of a webhook');
  };

  await repair(await takeLeftWebhooks(pool, BATCH), ({ id, invoice }) =>
    tell(id, invoice, 'it was stored and has not been applied'),
  );

  await repair(await takeUnmatchedWebhooks(pool, UNMATCHED_BATCH), async (webhook) => {
    const claim = readIds(dependencies, webhook);
    const invoice = await matchWebhook(pool, webhook.id, claim);
    if (invoice) {
      await tell(webhook.id, invoice, 'its payment has become known');
      counts.webhooks_matched += 1;
      return;
    }
    if (!webhook.is_stale) return;
    const reason = 'no payment of this account matched it within 24 hours';
    await giveUpWebhook(pool, webhook.id, reason);
    counts.webhooks_given_up += 1;
    logger.error({ webhook_id: webhook.id, cause: reason }, 'swept: a webhook is dead');
  });

  await repair(await takeOverdueInvoices(pool, BATCH), async ({ invoice, due_at }) => {
    await invoices.open(factsOf(invoice), new Date(due_at));
    counts.invoices_opened += 1;
    const cause = 'its due time has passed and it has not ended';
    logger.warn({ invoice_id: invoice.id, cause }, 'swept: the workflow was started unless it runs');
  });

  await repair(await takeUnansweredPayments(pool, BATCH), async ({ id, account_id, invoice }) => {
    await invoices.requestPayment(factsOf(invoice), { payment_id: id, account_id });
    counts.payments_requested += 1;
    const cause = 'it was asked for and nothing was recorded since';
    logger.warn(
      { payment_id: id, invoice_id: invoice.id, cause },
      'swept: the payment was sent, or looked up',
    );
  });

  await repair(
    await takeUndecidedOperations(pool, BATCH),
    async ({ id, invoice, requested_by: by, ...operation }) => {
      const { refused } = await invoices.moveMoney(factsOf(invoice), { ...operation, operation_id: id, by });
      if (refused !== null) await forgetOperation(pool, id);
      counts.operations_decided += 1;
      const cause = 'it was asked for and the workflow had not heard of it';
      logger.warn({ operation_id: id, invoice_id: invoice.id, refused, cause }, `swept: a ${operation.kind}`);
    },
  );

  await repair(await takeLatePayments(pool, LATE_BATCH), async (payment) => {
    const { id: payment_id, invoice } = payment;
    const reading = await readLatePayment({ pool, invoices, lateMoneyOf }, payment, factsOf(invoice));
    if (!reading.answered) return;
    counts.late_payments_read += 1;
    if (reading.found <= 0) return;
    counts.late_money_found += 1;
    const cause = 'it was paid after its end, and no webhook has told of it';
    logger.warn({ payment_id, invoice_id: invoice.id, amount: reading.found, cause }, 'swept: late money');
  });

  await guarded(async () => {
    const found = await compareWorkflows(dependencies, walk);
    await repair(found, async ({ standing: { invoice }, workflow }) => {
      await invoices.wake(factsOf(invoice));
      counts[`workflows_${workflow}`] += 1;
      const cause =
        workflow === 'missing' ? 'something is in flight and it did not run' : 'nothing is in flight';
      logger.warn({ invoice_id: invoice.id, cause }, 'swept: the workflow was woken');
    });
  });

  await repair(await takeLeftDeliveries(pool, BATCH), async (queue) => {
    await deliveries.wake(queue, 'new');
    counts.deliveries_woken += 1;
    logger.warn({ ...queue, cause: 'its time has passed' }, 'swept: a delivery was started unless it runs');
  });

  await repair(await takePendingRuns(pool, BATCH), async (run_id) => {
    await reconciliations.start(run_id);
    counts.reconciliations_started += 1;
    const cause = 'it was asked for and has not begun';
    logger.warn({ run_id, cause }, 'swept: a reconciliation run was started');
  });

  await guarded(() => tidy(dependencies, counts));
  await observe(dependencies);
  return counts;
}

/** The ids by which the webhook may be matched. A body that was readable once and is not any more matches by its row. */
function readIds(
  { connectorFor, logger }: SweepDependencies,
  { id, provider, body, provider_payment_id }: UnmatchedWebhook,
): { reference: string | null; provider_payment_id: string | null } {
  try {
    const { reference } = connectorFor(provider).parseWebhook(body);
    return { reference, provider_payment_id };
  } catch (error) {
    if (!(error instanceof ProviderError)) throw error;
    logger.warn({ webhook_id: id, code: error.failure.code }, 'a waiting webhook cannot be read');
    return { reference: null, provider_payment_id };
  }
}

function factsOf(invoice: SweptInvoice): InvoiceFacts {
  return { ...invoice, display: display(money(invoice.amount, currency(invoice.currency))) };
}

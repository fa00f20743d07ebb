/** The sweep's last part, which repairs nothing: what has had its time goes, the audit trail is sealed, and how the providers do is measured. */
import { settleDegradations } from '../db/degradations.ts';
import { eraseOldAnswers } from '../db/deliveries.ts';
import { deleteOldExchanges, eraseOldWebhooks } from '../db/exchanges.ts';
import { settleIncidents } from '../db/incidents.ts';
import { deleteSilentHealth } from '../db/provider-health.ts';
import { measureServices } from '../db/service-performance.ts';
import { deleteEndedCredentials, deleteOldKeys } from '../db/sweep.ts';
import { sealTrail } from './seal.ts';
import type { SweepDependencies, SweepReport } from './sweep.ts';
import { wakeDeliveries } from './wake-deliveries.ts';

const KEYS_BATCH = 5_000;
const EXCHANGES_BATCH = 2_000;

/** Deletes and erases what has had its time, and seals the audit trail. */
export async function tidy(
  dependencies: SweepDependencies,
  counts: { -readonly [Name in keyof SweepReport]: number },
): Promise<void> {
  const { pool, logger, exchangesKept_days } = dependencies;
  counts.keys_deleted = await deleteOldKeys(pool, KEYS_BATCH);
  if (counts.keys_deleted > 0) {
    logger.info({ count: counts.keys_deleted, cause: 'older than 48 hours' }, 'swept: idempotency keys');
  }
  counts.credentials_deleted = await deleteEndedCredentials(pool);
  if (counts.credentials_deleted > 0) {
    const count = counts.credentials_deleted;
    logger.info({ count, cause: 'their overlap has ended' }, 'swept: replaced credentials');
  }
  counts.health_deleted = await deleteSilentHealth(pool);
  if (counts.health_deleted > 0) {
    const count = counts.health_deleted;
    logger.info({ count, cause: 'their worker has gone without a word' }, 'swept: standings of breakers');
  }
  counts.exchanges_deleted = await deleteOldExchanges(pool, exchangesKept_days, EXCHANGES_BATCH);
  counts.webhooks_erased = await eraseOldWebhooks(pool, exchangesKept_days, EXCHANGES_BATCH);
  await eraseOldAnswers(pool, exchangesKept_days, EXCHANGES_BATCH);
  if (counts.exchanges_deleted + counts.webhooks_erased > 0) {
    const { exchanges_deleted, webhooks_erased } = counts;
    const cause = `older than ${exchangesKept_days} days`;
    logger.info({ exchanges_deleted, webhooks_erased, cause }, 'swept: exchanges with providers');
  }
  counts.links_sealed = await sealTrail(dependencies);
}

/** What nobody has to repair: how the providers do. It must not stand in the way of what has to be. */
export async function observe({ pool, deliveries, logger }: SweepDependencies): Promise<void> {
  try {
    const turns = await settleIncidents(pool);
    await measureServices(pool, Date.now());
    turns.push(...(await settleDegradations(pool, Date.now())));
    for (const { queues, ...turn } of turns) {
      logger.warn(turn, 'an incident began or ended');
      wakeDeliveries({ deliveries, logger }, queues);
    }
  } catch (err) {
    logger.error({ err }, 'the sweeper could not see how the providers do');
  }
}

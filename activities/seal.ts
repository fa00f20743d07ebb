/** Brings the audit chain up to date: a part of each sweep, so that it needs no schedule of its own. */
import type pg from 'pg';
import type { Logger } from 'pino';
import { sealRound } from '../db/audit-seal.ts';

/** Rounds of one sweep. What is left, after an upgrade or a long pause, the next ones seal. */
const ROUNDS = 20;

export interface SealDependencies {
  readonly pool: pg.Pool;
  readonly auditKey: Uint8Array;
  readonly logger: Logger;
}

/**
 * Seals what was recorded since the last time; how many links that took. Each new head is a line of the log, so that a log that is
 * kept elsewhere pins the chain. A failure is told of and leaves it to the next sweep.
 */
export async function sealTrail({ pool, auditKey, logger }: SealDependencies): Promise<number> {
  let made = 0;
  try {
    for (let round = 0; round < ROUNDS; round += 1) {
      const { links, more } = await sealRound(pool, auditKey);
      made += links.length;
      for (const link of links) logger.info(link, 'the audit chain has a new head');
      if (!more) break;
    }
  } catch (err) {
    logger.error({ err }, 'the audit chain could not be brought up to date');
  }
  return made;
}

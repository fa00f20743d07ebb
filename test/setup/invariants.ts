/** What must hold over the whole record, whatever has happened: checked at the end of every end-to-end test. */
import type pg from 'pg';
import { audit } from '../../audit/index.ts';
import { eventually } from './eventually.ts';

/** Webhooks of the last test may still be on their way; what is wrong after this long is wrong. */
const SETTLED_WITHIN_MS = 10_000;

/** `violations`, once the webhooks that are being applied have been. */
export async function settledViolations(pool: pg.Pool): Promise<string[]> {
  await eventually(
    'no webhook waits',
    async () => (await pool.query(`select from webhook_events where state = 'received'`)).rowCount,
    (count) => count === 0,
    SETTLED_WITHIN_MS,
  ).catch(() => undefined);
  return violations(pool);
}

/** Every violation found, in words; empty when all is well. */
export async function violations(pool: pg.Pool): Promise<string[]> {
  const { findings } = await audit(pool, { webhook_grace_s: 0 });
  return findings.flatMap((finding) =>
    finding.violations.map(({ about, message }) => `${finding.id}: ${about}: ${message}`),
  );
}

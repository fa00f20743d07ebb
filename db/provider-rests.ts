/** The rest of an account whose provider has asked for fewer calls. */
import type pg from 'pg';

/** Of provider account `a`: milliseconds of its rest that are left, by the database's clock; 0: it does not rest. */
export const RESTS_MS = `case when a.rests_until > clock_timestamp() and a.rests_revision = a.revision
  then extract(epoch from a.rests_until - clock_timestamp())::float8 * 1000 else 0 end`;

/** Has the account rest for so long, in all workers; a longer rest that it has stays. `revision`: of the account that made the call. */
export async function restAccount(
  pool: pg.Pool,
  accountId: string,
  revision: number,
  for_ms: number,
): Promise<void> {
  await pool.query({
    name: 'rest_account',
    text: `
      update provider_accounts a set rests_until = clock_timestamp() + make_interval(secs => $3::float8 / 1000), rests_revision = $2
      where id = $1 and revision = $2 and ${RESTS_MS} < $3::float8`,
    values: [accountId, revision, for_ms],
  });
}

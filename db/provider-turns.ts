/** Turns of provider accounts that may make only so many calls a second, whichever worker makes them. */
import type pg from 'pg';

/** Nobody waits longer than this for a turn, seconds. */
const LONGEST_WAIT_S = 20;

/**
 * Takes the account's next turn; turns are `1 / perSecond` apart. How long to wait for it, milliseconds; null: there are too
 * many before this one, and none was taken.
 */
export async function takeTurn(pool: pg.Pool, accountId: string, perSecond: number): Promise<number | null> {
  const { rows } = await pool.query<{ wait_ms: number }>({
    name: 'take_turn',
    text: `
      insert into provider_turns as t (account_id, next_at)
      values ($1, clock_timestamp() + make_interval(secs => 1 / $2::float8))
      on conflict (account_id) do update
        set next_at = greatest(t.next_at, clock_timestamp()) + make_interval(secs => 1 / $2::float8)
        where t.next_at < clock_timestamp() + make_interval(secs => ${LONGEST_WAIT_S})
      returning greatest(0, extract(epoch from
        next_at - make_interval(secs => 1 / $2::float8) - clock_timestamp()) * 1000)::float8 as wait_ms`,
    values: [accountId, perSecond],
  });
  return rows[0]?.wait_ms ?? null;
}

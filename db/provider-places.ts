/** Places of provider accounts that may have only so many calls under way at once, whichever worker makes them. */
import { randomUUID } from 'node:crypto';
import type pg from 'pg';

/** Longer than any activity may take: a place is given back long before, unless its worker was killed. */
const HELD_S = 75;
/** Two that choose the same place at the same moment: one of them chooses again. */
const ATTEMPTS = 3;

/** A place that was taken. */
export interface TakenPlace {
  readonly account_id: string;
  readonly place: number;
  readonly holder: string;
}

/** Takes one of the account's `places`; null when all are taken. */
export async function takePlace(
  pool: pg.Pool,
  account_id: string,
  places: number,
): Promise<TakenPlace | null> {
  const holder = randomUUID();
  for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
    const { rows } = await pool.query<{ place: number; is_taken: boolean }>({
      name: 'take_place',
      text: `
        with free as (
          select g.place from generate_series(1, $2::int) as g (place)
          where not exists (select from provider_places p
            where p.account_id = $1 and p.place = g.place and p.until > clock_timestamp())
          order by random() limit 1
        ), taken as (
          insert into provider_places as p (account_id, place, holder, until)
          select $1, place, $3, clock_timestamp() + make_interval(secs => ${HELD_S}) from free
          on conflict (account_id, place) do update set holder = excluded.holder, until = excluded.until
            where p.until <= clock_timestamp()
          returning p.place
        )
        select f.place, t.place is not null as is_taken from free f left join taken t using (place)`,
      values: [account_id, places, holder],
    });
    const [row] = rows;
    if (!row) return null;
    if (row.is_taken) return { account_id, place: row.place, holder };
  }
  return null;
}

/** Gives a place back. One that somebody else has by now, because its time had passed, stays theirs. */
export async function leavePlace(pool: pg.Pool, { account_id, place, holder }: TakenPlace): Promise<void> {
  await pool.query({
    name: 'leave_place',
    text: `update provider_places set until = '-infinity' where account_id = $1 and place = $2 and holder = $3`,
    values: [account_id, place, holder],
  });
}

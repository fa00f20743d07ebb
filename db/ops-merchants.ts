/** The merchants that an operator may choose from. */
import type pg from 'pg';

/** More than this nobody picks from a list. */
const MOST = 500;

export interface MerchantName {
  readonly id: string;
  readonly name: string;
}

/** Merchants by name. */
export async function listMerchantNames(pool: pg.Pool): Promise<MerchantName[]> {
  const { rows } = await pool.query<MerchantName>(
    'select id, name from merchants order by lower(name), id limit $1',
    [MOST],
  );
  return rows;
}

/** The statements of operators about merchants: they alone see several. */
import type pg from 'pg';
import { noted, type AuditNote } from './audit-entries.ts';
import { newId } from './ids.ts';
import { readPage, type Listed, type Page } from './lists.ts';
import { creationNotes, MERCHANT_COLUMNS, type MerchantRow } from './merchants.ts';

/** What a repetition of the same request is known by. */
export interface CreationKey {
  readonly key: string;
  /** SHA-256 over the body. */
  readonly request_hash: Buffer;
}

export interface Creation {
  readonly merchant: MerchantRow;
  /** False: a request with this key has made it before. */
  readonly made: boolean;
  readonly same_request: boolean;
}

/** Makes a merchant, or finds the one that the same key has made. `note`: what the trail says when it was made. */
export async function insertMerchant(
  pool: pg.Pool,
  name: string,
  creation: CreationKey | null,
  note: AuditNote,
): Promise<Creation> {
  const values = [newId('mer'), name, creation?.key ?? null, creation?.request_hash ?? null];
  const { rows } = await pool.query<MerchantRow>(
    `with made as (
       insert into merchants as m (id, name, creation_key, creation_hash) values ($1, $2, $3, $4)
       on conflict (creation_key) do nothing returning ${MERCHANT_COLUMNS}
     ), done as (select id, id as merchant_id, null::text as mode from made), ${noted('done', 5)}
     select * from made`,
    [...values, creationNotes(note)],
  );
  const [made] = rows;
  if (made) return { merchant: made, made: true, same_request: true };
  const known = await pool.query<MerchantRow & { same_request: boolean }>(
    `select ${MERCHANT_COLUMNS}, m.creation_hash = $2 as same_request from merchants m where m.creation_key = $1`,
    values.slice(2),
  );
  const [found] = known.rows;
  if (!found) throw new Error('a merchant with this key is in the way and cannot be found');
  const { same_request, ...merchant } = found;
  return { merchant, made: false, same_request };
}

/** One merchant; null when there is none. */
export async function findAnyMerchant(pool: pg.Pool, id: string): Promise<MerchantRow | null> {
  const { rows } = await pool.query<MerchantRow>(
    `select ${MERCHANT_COLUMNS} from merchants m where m.id = $1`,
    [id],
  );
  return rows[0] ?? null;
}

/** A page of all merchants, the newest first. `name`: exactly this one; null: any. */
export function listMerchants(pool: pg.Pool, name: string | null, page: Page): Promise<Listed<MerchantRow>> {
  return readPage<MerchantRow>(pool, page, (clauses) => {
    const matching = clauses.where([['m.name = $', name]]) || 'true';
    return `select ${MERCHANT_COLUMNS} from merchants m where ${matching} ${clauses.page('m.id')}`;
  });
}

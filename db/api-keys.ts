/** API keys: who may ask for what. Stored hashed; the secret part is known for a moment only, when a key is made. */
import { createHmac, randomBytes } from 'node:crypto';
import type pg from 'pg';
import type { Policies } from '../domain/cases.ts';
import { SCOPES, type Scope } from '../domain/scopes.ts';
import { noted, noteValue, type AuditNote } from './audit-entries.ts';
import { newId } from './ids.ts';
import type { IdempotencyClaim } from './idempotency.ts';
import type { Owner } from './invoices.ts';
import { readPage, type Listed, type Page } from './lists.ts';
import { OPERATOR, type Mode } from './merchants.ts';
import type { Idempotency } from './provider-accounts.ts';
import { inTransaction } from './transaction.ts';

const SECRET_BYTES = 32;
/** Of one label: the present one, and the one that takes its place. */
const ACTIVE_MAX = 2;

/** What authentication needs of a key. */
export interface KnownApiKey {
  readonly id: string;
  readonly merchant_id: string;
  readonly mode: Mode;
  /** HMAC-SHA-256 of the secret part. */
  readonly secret_hash: Buffer;
  readonly scopes: readonly Scope[];
  /** RFC 3339; null: never. */
  readonly expires_at: string | null;
  /** What the merchant wants done with late money and with money beyond what was owed, unless an invoice says otherwise. */
  readonly policies: Policies;
}

/** A key as its merchant sees it. */
export interface ApiKeyRow {
  readonly id: string;
  readonly mode: Mode;
  /** What it is for; a key and the one that replaces it share one. */
  readonly label: string;
  readonly scopes: readonly Scope[];
  readonly created_at: string;
  readonly last_used_at: string | null;
  readonly expires_at: string | null;
  readonly revoked_at: string | null;
}

/** Of a key `k`. */
export const KEY_COLUMNS = `k.id, k.mode, k.label, k.scopes, k.created_at, k.last_used_at, k.expires_at, k.revoked_at`;
const IS_ACTIVE = `(k.revoked_at is null and (k.expires_at is null or k.expires_at > now()))`;

/** What is stored of a key's secret part: useless without the pepper, which the database never sees. */
export function hashSecret(secret: string, pepper: Uint8Array): Buffer {
  return createHmac('sha256', pepper).update(secret).digest();
}

/** What a key begins with, for people to tell keys apart: all but its secret. */
export function keyPrefix({ id, mode }: Pick<ApiKeyRow, 'id' | 'mode'>): string {
  return `sk_${mode}_${id.slice('key_'.length)}`;
}

/** A new key that is not stored yet: `sk_<mode>_<26 characters of its id>_<43 characters of secret>`. */
export function mintKey(mode: Mode, pepper: Uint8Array): { id: string; key: string; secret_hash: Buffer } {
  const id = newId('key');
  const secret = randomBytes(SECRET_BYTES).toString('base64url');
  return { id, key: `${keyPrefix({ id, mode })}_${secret}`, secret_hash: hashSecret(secret, pepper) };
}

/** Makes a key for whoever sets a merchant up. The whole key is returned this one time only. Throws when there are two. */
export async function createApiKey(
  pool: pg.Pool,
  {
    merchant_id,
    mode,
    label,
    pepper,
    scopes = SCOPES,
  }: { merchant_id: string; mode: Mode; label: string; pepper: Uint8Array; scopes?: readonly Scope[] },
): Promise<{ id: string; key: string }> {
  const { id, key, secret_hash } = mintKey(mode, pepper);
  const made = { id, owner: { merchant_id, mode }, label, scopes, secret_hash, expires_at: null };
  const note = { actor: OPERATOR, details: { label } };
  const outcome = await insertApiKey(pool, { ...made, created_at: new Date().toISOString() }, note, null);
  if (outcome !== 'stored') throw new Error(`there are ${ACTIVE_MAX} active keys with the label "${label}"`);
  return { id, key };
}

export interface NewApiKey {
  readonly id: string;
  readonly owner: Owner;
  readonly label: string;
  readonly scopes: readonly Scope[];
  readonly secret_hash: Buffer;
  /** RFC 3339, like all times. */
  readonly created_at: string;
  readonly expires_at: string | null;
}

/** `too_many`: two keys of this label are active. */
export type KeyInsertion = 'stored' | 'too_many' | 'key_used';

/** Stores a new key together with the claim of its idempotency key. What is refused leaves nothing behind. */
export function insertApiKey(
  pool: pg.Pool,
  row: NewApiKey,
  note: AuditNote,
  idempotency: Idempotency | null,
): Promise<KeyInsertion> {
  return inTransaction(pool, async (client) => {
    await takeTurn(client, row.owner, row.label);
    if ((await countActive(client, row.owner, row.label, null)) >= ACTIVE_MAX) return 'too_many';
    return (await insert(client, row, note, idempotency)) ? 'stored' : 'key_used';
  });
}

/** `ended`: the old key is revoked or has expired, or there is none. */
export type KeyRotation = KeyInsertion | 'ended';

/** Stores the key that replaces `oldId`, which ends at `until` (RFC 3339) if it would not end sooner; null: at once. */
export function replaceApiKey(
  pool: pg.Pool,
  row: NewApiKey,
  oldId: string,
  until: string | null,
  note: AuditNote,
  idempotency: Idempotency | null,
): Promise<KeyRotation> {
  return inTransaction(pool, async (client) => {
    await takeTurn(client, row.owner, row.label);
    const { rowCount } = await client.query(
      `select from api_keys k where k.id = $1 and k.merchant_id = $2 and k.mode = $3 and k.label = $4 and ${IS_ACTIVE} for update`,
      [oldId, row.owner.merchant_id, row.owner.mode, row.label],
    );
    if (rowCount === 0) return 'ended';
    const others = await countActive(client, row.owner, row.label, until === null ? oldId : null);
    if (others >= ACTIVE_MAX) return 'too_many';
    if (!(await insert(client, row, note, idempotency))) return 'key_used';
    await client.query(
      `update api_keys set expires_at = least(expires_at, coalesce($4::timestamptz, now())),
         revoked_at = case when $4::timestamptz is null then now() end
       where id = $1 and merchant_id = $2 and mode = $3`,
      [oldId, row.owner.merchant_id, row.owner.mode, until],
    );
    return 'stored';
  });
}

/** One at a time for each label: the count of its keys is to hold until the new one is there. */
async function takeTurn(
  client: pg.PoolClient,
  { merchant_id, mode }: Owner,
  ...labels: string[]
): Promise<void> {
  // In one order everywhere, so that two who take two turns never wait for each other.
  for (const label of [...new Set(labels)].sort()) {
    await client.query('select pg_advisory_xact_lock(hashtextextended($1, 0))', [
      JSON.stringify(['api_keys', merchant_id, mode, label]),
    ]);
  }
}

async function countActive(
  client: pg.PoolClient,
  { merchant_id, mode }: Owner,
  label: string,
  except: string | null,
): Promise<number> {
  const { rows } = await client.query<{ count: number }>(
    `select count(*) from api_keys k
     where k.merchant_id = $1 and k.mode = $2 and k.label = $3 and k.id is distinct from $4 and ${IS_ACTIVE}`,
    [merchant_id, mode, label, except],
  );
  return rows[0]?.count ?? 0;
}

async function insert(
  client: pg.PoolClient,
  row: NewApiKey,
  note: AuditNote,
  idempotency: { claim: IdempotencyClaim; answer: { status: number; body: string } } | null,
): Promise<boolean> {
  const { rowCount } = await client.query(
    `with claim as (
       insert into idempotency_keys (merchant_id, mode, key, request_hash, resource_id, answer_status, answer_body)
       select $2, $3, $9, $10, $1, $11, to_jsonb($12::text) where $9::text is not null
       on conflict (merchant_id, mode, key) do nothing
       returning 1
     ), made as (
       insert into api_keys (id, merchant_id, mode, label, scopes, secret_hash, created_at, expires_at)
       select $1, $2, $3, $4, $5, $6, $7, $8 where $9::text is null or exists (select from claim)
       returning id, merchant_id, mode
     ), ${noted('made', 13)}
     select from made`,
    [
      row.id,
      row.owner.merchant_id,
      row.owner.mode,
      row.label,
      row.scopes,
      row.secret_hash,
      row.created_at,
      row.expires_at,
      idempotency?.claim.key ?? null,
      idempotency?.claim.request_hash ?? null,
      idempotency?.answer.status ?? null,
      idempotency?.answer.body ?? null,
      noteValue('api_key.created', note),
    ],
  );
  return rowCount === 1;
}

/** One key of this merchant and mode, ended ones too; null when there is none. */
export async function findMerchantKey(
  pool: pg.Pool,
  { merchant_id, mode }: Owner,
  id: string,
): Promise<ApiKeyRow | null> {
  const { rows } = await pool.query<ApiKeyRow>(
    `select ${KEY_COLUMNS} from api_keys k where k.id = $1 and k.merchant_id = $2 and k.mode = $3`,
    [id, merchant_id, mode],
  );
  return rows[0] ?? null;
}

/** Null: any. */
export interface ApiKeyFilter {
  readonly label: string | null;
  readonly active: boolean | null;
}

/** A page of a merchant's keys, the newest first. */
export function listApiKeys(
  pool: pg.Pool,
  { merchant_id, mode }: Owner,
  { label, active }: ApiKeyFilter,
  page: Page,
): Promise<Listed<ApiKeyRow>> {
  return readPage<ApiKeyRow>(pool, page, (clauses) => {
    const matching = clauses.where([
      ['k.merchant_id = $', merchant_id],
      ['k.mode = $', mode],
      ['k.label = $', label],
      [`${IS_ACTIVE} = $::boolean`, active === null ? null : String(active)],
    ]);
    return `select ${KEY_COLUMNS} from api_keys k where ${matching} ${clauses.page('k.id')}`;
  });
}

/** Null leaves it. */
export interface ApiKeyChange {
  readonly label: string | null;
  readonly scopes: readonly Scope[] | null;
}

/** Changes a key that has not ended. `ended` also when there is none. */
export function changeApiKey(
  pool: pg.Pool,
  owner: Owner,
  { id, label: before }: Pick<ApiKeyRow, 'id' | 'label'>,
  { label, scopes }: ApiKeyChange,
  note: AuditNote,
): Promise<ApiKeyRow | 'too_many' | 'ended'> {
  const after = label ?? before;
  return inTransaction(pool, async (client) => {
    await takeTurn(client, owner, before, after);
    if (after !== before && (await countActive(client, owner, after, id)) >= ACTIVE_MAX) return 'too_many';
    const { rows } = await client.query<ApiKeyRow>(
      `with changed as (
         update api_keys k set label = $4, scopes = coalesce($5, scopes)
         where k.id = $1 and k.merchant_id = $2 and k.mode = $3 and ${IS_ACTIVE} returning k.merchant_id, ${KEY_COLUMNS}
       ), ${noted('changed', 6)}
       select ${KEY_COLUMNS} from changed k`,
      [id, owner.merchant_id, owner.mode, after, scopes, noteValue('api_key.changed', note)],
    );
    return rows[0] ?? 'ended';
  });
}

/** Ends a key of this merchant; null when there is none. Processes that know it may take it for up to ten seconds more. */
export async function revokeMerchantKey(
  pool: pg.Pool,
  { merchant_id, mode }: Owner,
  id: string,
  note: AuditNote,
): Promise<ApiKeyRow | null> {
  await pool.query(
    `with revoked as (
       update api_keys set revoked_at = now()
       where id = $1 and merchant_id = $2 and mode = $3 and revoked_at is null returning id, merchant_id, mode
     ), ${noted('revoked', 4)}
     select from revoked`,
    [id, merchant_id, mode, noteValue('api_key.revoked', note)],
  );
  return findMerchantKey(pool, { merchant_id, mode }, id);
}

/** Ends a key, for whoever sets a merchant up. */
export async function revokeApiKey(pool: pg.Pool, keyId: string): Promise<void> {
  await pool.query(
    `with revoked as (
       update api_keys set revoked_at = now() where id = $1 and revoked_at is null returning id, merchant_id, mode
     ), ${noted('revoked', 2)}
     select from revoked`,
    [keyId, noteValue('api_key.revoked', { actor: OPERATOR, details: {} })],
  );
}

/** The key with this id unless it has ended; null when there is none. */
export async function findApiKey(pool: pg.Pool, keyId: string): Promise<KnownApiKey | null> {
  const { rows } = await pool.query<KnownApiKey>({
    name: 'find_api_key',
    text: `select k.id, k.merchant_id, k.mode, k.secret_hash, k.scopes, k.expires_at,
             json_build_object('late', m.late_money, 'excess', m.excess_money) as policies
           from api_keys k join merchants m on m.id = k.merchant_id where k.id = $1 and ${IS_ACTIVE}`,
    values: [keyId],
  });
  return rows[0] ?? null;
}

/** Notes when keys were used last. `uses`: milliseconds since 1970 by key; an earlier one than is known changes nothing. */
export async function storeKeyUses(pool: pg.Pool, uses: ReadonlyMap<string, number>): Promise<void> {
  const rows = [...uses].map(([id, at]) => ({ id, at: new Date(at).toISOString() }));
  await pool.query({
    name: 'store_key_uses',
    text: `update api_keys k set last_used_at = greatest(k.last_used_at, u.at)
           from jsonb_to_recordset($1) as u (id text, at timestamptz) where k.id = u.id`,
    values: [JSON.stringify(rows)],
  });
}

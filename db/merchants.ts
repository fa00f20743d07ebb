/** Merchants, their API keys and their accounts at providers. Secrets: keys are stored hashed, credentials sealed. */
import { createHmac, randomBytes } from 'node:crypto';
import type pg from 'pg';
import type { MoneyPolicy, Policies } from '../domain/cases.ts';
import { noted, noteValue, type AuditNote } from './audit-entries.ts';
import { newId } from './ids.ts';
import { IS_CIRCUIT_OPEN } from './provider-health.ts';
import type { Sealer } from './sealed.ts';

/** Live money and play money never meet: every key, account and invoice belongs to one of them. */
export type Mode = 'live' | 'sandbox';

export interface ApiKeyRow {
  readonly id: string;
  readonly merchant_id: string;
  readonly mode: Mode;
  /** HMAC-SHA-256 of the secret part. */
  readonly secret_hash: Buffer;
  /** What the merchant wants done with late money and with money beyond what was owed, unless an invoice says otherwise. */
  readonly policies: Policies;
}

const SECRET_BYTES = 32;

/** Whoever works on the machine itself, past the API. */
const OPERATOR = { type: 'operator', id: null } as const;

/** Makes a merchant and returns its id. */
export async function createMerchant(pool: pg.Pool, name: string): Promise<string> {
  const id = newId('mer');
  await pool.query('insert into merchants (id, name) values ($1, $2)', [id, name]);
  return id;
}

/** A merchant as it sees itself. */
export interface MerchantRow {
  readonly id: string;
  readonly name: string;
  readonly late_money: MoneyPolicy;
  readonly excess_money: MoneyPolicy;
  readonly created_at: string;
}

const MERCHANT = 'id, name, late_money, excess_money, created_at';

/** The merchant; it is there, because its key was. */
export async function findMerchant(pool: pg.Pool, id: string): Promise<MerchantRow> {
  const { rows } = await pool.query<MerchantRow>(`select ${MERCHANT} from merchants where id = $1`, [id]);
  return only(rows, id);
}

/** Changes what is given and leaves the rest. `mode`: that of the key which does it; the policies are those of both. */
export async function changeMerchant(
  pool: pg.Pool,
  id: string,
  {
    late_money,
    excess_money,
  }: { late_money?: MoneyPolicy | undefined; excess_money?: MoneyPolicy | undefined },
  mode: Mode,
  note: AuditNote,
): Promise<MerchantRow> {
  const { rows } = await pool.query<MerchantRow>(
    `with changed as (
       update merchants set late_money = coalesce($2, late_money), excess_money = coalesce($3, excess_money)
       where id = $1 returning ${MERCHANT}
     ), done as (select id, id as merchant_id, $4::text as mode from changed), ${noted('done', 5)}
     select * from changed`,
    [id, late_money ?? null, excess_money ?? null, mode, noteValue('merchant.policies_changed', note)],
  );
  return only(rows, id);
}

function only<Row>([row]: readonly Row[], id: string): Row {
  if (!row) throw new Error(`there is no ${id}`);
  return row;
}

/** What is stored of a key's secret part: useless without the pepper, which the database never sees. */
export function hashSecret(secret: string, pepper: Uint8Array): Buffer {
  return createHmac('sha256', pepper).update(secret).digest();
}

/**
 * Makes an API key: `sk_<mode>_<26 characters of its id>_<43 characters of secret>`. The whole key is returned
 * this one time only.
 */
export async function createApiKey(
  pool: pg.Pool,
  {
    merchant_id,
    mode,
    label,
    pepper,
  }: { merchant_id: string; mode: Mode; label: string; pepper: Uint8Array },
): Promise<{ id: string; key: string }> {
  const id = newId('key');
  const secret = randomBytes(SECRET_BYTES).toString('base64url');
  await pool.query(
    `with made as (
       insert into api_keys (id, merchant_id, mode, label, secret_hash) values ($1, $2, $3, $4, $5)
       returning id, merchant_id, mode
     ), ${noted('made', 6)}
     select from made`,
    [
      id,
      merchant_id,
      mode,
      label,
      hashSecret(secret, pepper),
      noteValue('api_key.created', { actor: OPERATOR, details: { label } }),
    ],
  );
  return { id, key: `sk_${mode}_${id.slice('key_'.length)}_${secret}` };
}

/** Ends a key. Processes that have seen it within the last seconds may still take it: see `api/auth.ts`. */
export async function revokeApiKey(pool: pg.Pool, keyId: string): Promise<void> {
  await pool.query(
    `with revoked as (
       update api_keys set revoked_at = now() where id = $1 and revoked_at is null returning id, merchant_id, mode
     ), ${noted('revoked', 2)}
     select from revoked`,
    [keyId, noteValue('api_key.revoked', { actor: OPERATOR, details: {} })],
  );
}

/** The key with this id unless it is revoked; null when there is none. */
export async function findApiKey(pool: pg.Pool, keyId: string): Promise<ApiKeyRow | null> {
  const { rows } = await pool.query<ApiKeyRow>({
    name: 'find_api_key',
    text: `select k.id, k.merchant_id, k.mode, k.secret_hash, json_build_object('late', m.late_money, 'excess', m.excess_money) as policies
           from api_keys k join merchants m on m.id = k.merchant_id where k.id = $1 and k.revoked_at is null`,
    values: [keyId],
  });
  return rows[0] ?? null;
}

export interface NewProviderAccount {
  readonly merchant_id: string;
  readonly mode: Mode;
  readonly provider: string;
  /** Tells several accounts at one provider apart. */
  readonly label: string;
  readonly base_url: string;
  /** Checked by the caller against the connector's schema. */
  readonly credentials: unknown;
}

/** Links a merchant's account at a provider and returns its id (`pacc_…`). The credentials are stored sealed. */
export async function createProviderAccount(
  pool: pg.Pool,
  sealer: Sealer,
  { merchant_id, mode, provider, label, base_url, credentials }: NewProviderAccount,
): Promise<string> {
  const id = newId('pacc');
  const details = { provider, label, base_url };
  await pool.query(
    `with made as (
       insert into provider_accounts (id, merchant_id, mode, provider, label, base_url, credentials)
       values ($1, $2, $3, $4, $5, $6, $7) returning id, merchant_id, mode
     ), ${noted('made', 8)}
     select from made`,
    [
      id,
      merchant_id,
      mode,
      provider,
      label,
      base_url,
      sealer.seal(credentials, id),
      noteValue('provider_account.linked', { actor: OPERATOR, details }),
    ],
  );
  return id;
}

/** Replaces an account's host and credentials; whoever has cached the old ones notices by the revision. */
export async function changeAccount(
  pool: pg.Pool,
  sealer: Sealer,
  accountId: string,
  { base_url, credentials }: Pick<NewProviderAccount, 'base_url' | 'credentials'>,
): Promise<void> {
  await pool.query(
    `with changed as (
       update provider_accounts set base_url = $2, credentials = $3, revision = revision + 1, updated_at = now() where id = $1
       returning id, merchant_id, mode
     ), ${noted('changed', 4)}
     select from changed`,
    [
      accountId,
      base_url,
      sealer.seal(credentials, accountId),
      noteValue('provider_account.credentials_rotated', { actor: OPERATOR, details: { base_url } }),
    ],
  );
}

/** A linked account without its secrets. */
export interface LinkedAccount {
  readonly id: string;
  readonly provider: string;
  readonly label: string;
  readonly enabled: boolean;
}

export interface AccountInUse extends LinkedAccount {
  /** Calls are refused, because too many have failed or an operator wants it so. */
  readonly circuit_open: boolean;
}

/** All accounts a merchant has linked in one mode, oldest first. */
export async function linkedAccounts(pool: pg.Pool, merchantId: string, mode: Mode): Promise<AccountInUse[]> {
  const { rows } = await pool.query<AccountInUse>({
    name: 'linked_accounts',
    text: `select a.id, a.provider, a.label, a.enabled, ${IS_CIRCUIT_OPEN} as circuit_open
           from provider_accounts a where a.merchant_id = $1 and a.mode = $2 order by a.id`,
    values: [merchantId, mode],
  });
  return rows;
}

/** The API's statements about provider accounts. Each carries the merchant and the mode: nobody sees another's row. */
import type pg from 'pg';
import { noted, noteValue, type AuditNote } from './audit-entries.ts';
import type { IdempotencyClaim, StoredAnswer } from './idempotency.ts';
import type { Owner } from './invoices.ts';
import type { Mode } from './merchants.ts';
import type { SettlementFormat } from '../domain/settlement-format.ts';
import { HEALTH_COLUMNS, type AccountHealth, type ForcedBreaker } from './provider-health.ts';
import { PERFORMANCE_OF_A, type ServicePerformance } from './service-performance.ts';

export interface ProviderAccountRow {
  readonly id: string;
  readonly merchant_id: string;
  readonly mode: Mode;
  readonly provider: string;
  readonly label: string;
  readonly base_url: string;
  readonly enabled: boolean;
  /** Sealed, see `sealed.ts`. */
  readonly credentials: Buffer;
  readonly revision: number;
  /** Until when earlier credentials still prove webhooks, RFC 3339; the latest rotation first. */
  readonly previous_until: readonly string[];
  /** What the provider calls the webhook that was registered there. */
  readonly webhook_id: string | null;
  /** Calls under way at once in each worker, and a second in all; null: the provider's default. */
  readonly max_concurrent: number | null;
  readonly max_per_second: number | null;
  readonly created_at: string;
  readonly updated_at: string;
  readonly rotated_at: string | null;
  /** Days after a payment by which it is settled; null: as the provider usually does. */
  readonly settlement_days: number | null;
  /** How its settlement file is written; null: in our own words. */
  readonly settlement_file: SettlementFormat | null;
  /** Null: no worker has anything to say of this revision. */
  readonly health: AccountHealth | null;
  readonly forced: ForcedBreaker | null;
  /** What was measured of its services, by method. */
  readonly performance: Readonly<Record<string, ServicePerformance>>;
}

/** The claim of an idempotency key, and the answer that repetitions will get. */
export interface Idempotency {
  readonly claim: IdempotencyClaim;
  readonly answer: StoredAnswer;
}

/** Of an account `a`. */
export const ACCOUNT_COLUMNS = `a.id, a.merchant_id, a.mode, a.provider, a.label, a.base_url, a.enabled, a.credentials, a.revision,
  a.webhook_id, a.max_concurrent, a.max_per_second, a.created_at, a.updated_at, a.rotated_at, a.settlement_days, a.settlement_file,
  array(select to_char(p.valid_until at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') from previous_credentials p
        where p.account_id = a.id and p.valid_until > now() order by p.revision desc) as previous_until,
  ${HEALTH_COLUMNS}, ${PERFORMANCE_OF_A} as performance`;

/** `stored`, or why not: the merchant has an account of that label at that provider, or the key has been used before. */
export type Insertion = 'stored' | 'label_taken' | 'key_used';

/** Stores a new account in one statement, with the claim of its idempotency key. What is refused leaves nothing behind. */
export async function insertProviderAccount(
  pool: pg.Pool,
  row: ProviderAccountRow,
  note: AuditNote,
  idempotency: Idempotency | null,
): Promise<Insertion> {
  const statement = {
    name: 'insert_provider_account',
    text: `
      with claim as (
        insert into idempotency_keys (merchant_id, mode, key, request_hash, resource_id, answer_status, answer_body)
        select $2, $3, $9, $10, $1, $11, to_jsonb($12::text) where $9::text is not null
        on conflict (merchant_id, mode, key) do nothing
        returning 1
      ), made as (
        insert into provider_accounts (id, merchant_id, mode, provider, label, base_url, credentials, created_at, updated_at)
        select $1, $2, $3, $4, $5, $6, $7, $8, $8
        where $9::text is null or exists (select from claim)
        returning id, merchant_id, mode
      ), ${noted('made', 13)}
      select from made`,
    values: [
      row.id,
      row.merchant_id,
      row.mode,
      row.provider,
      row.label,
      row.base_url,
      row.credentials,
      row.created_at,
      ...valuesOf(idempotency),
      noteValue('provider_account.linked', note),
    ],
  };
  return unlessTaken(async () => ((await pool.query(statement)).rowCount === 1 ? 'stored' : 'key_used'));
}

const valuesOf = (idempotency: Idempotency | null): unknown[] => [
  idempotency?.claim.key ?? null,
  idempotency?.claim.request_hash ?? null,
  idempotency?.answer.status ?? null,
  idempotency?.answer.body ?? null,
];

const LABEL_CONSTRAINT = 'provider_accounts_merchant_id_mode_provider_label_key';

async function unlessTaken<T>(work: () => Promise<T>): Promise<T | 'label_taken'> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof Error && 'constraint' in error && error.constraint === LABEL_CONSTRAINT)
      return 'label_taken';
    throw error;
  }
}

/** One account; null when this merchant has none of this id in this mode. */
export async function findProviderAccount(
  pool: pg.Pool,
  { merchant_id, mode }: Owner,
  id: string,
): Promise<ProviderAccountRow | null> {
  const { rows } = await pool.query<ProviderAccountRow>({
    name: 'find_provider_account',
    text: `select ${ACCOUNT_COLUMNS} from provider_accounts a where a.id = $1 and a.merchant_id = $2 and a.mode = $3`,
    values: [id, merchant_id, mode],
  });
  return rows[0] ?? null;
}

export interface AccountFilter {
  readonly provider: string | null;
  readonly enabled: boolean | null;
  /** Accounts made before the one of this id. */
  readonly after: string | null;
  /** Accounts made after the one of this id. */
  readonly before: string | null;
  readonly limit: number;
}

/** A page of a merchant's accounts, the newest first. */
export async function listProviderAccounts(
  pool: pg.Pool,
  { merchant_id, mode }: Owner,
  { provider, enabled, after, before, limit }: AccountFilter,
): Promise<{ readonly rows: readonly ProviderAccountRow[]; readonly has_more: boolean }> {
  const direction = before === null ? 'desc' : 'asc';
  const { rows } = await pool.query<ProviderAccountRow>({
    name: `list_provider_accounts_${direction}`,
    text: `select ${ACCOUNT_COLUMNS} from provider_accounts a
           where a.merchant_id = $1 and a.mode = $2 and ($3::text is null or a.provider = $3)
             and ($4::boolean is null or a.enabled = $4)
             and ($5::text is null or a.id < $5) and ($6::text is null or a.id > $6)
           order by a.id ${direction} limit $7`,
    values: [merchant_id, mode, provider, enabled, after, before, limit + 1],
  });
  const page = rows.slice(0, limit);
  return { rows: before === null ? page : page.reverse(), has_more: rows.length > limit };
}

/** What may be changed without new credentials; null leaves it. */
export interface AccountChange {
  readonly label: string | null;
  readonly enabled: boolean | null;
  readonly base_url: string | null;
  /** Undefined leaves it; null takes it back to what is usual. */
  readonly settlement_days?: number | null | undefined;
  readonly settlement_file?: SettlementFormat | null | undefined;
  readonly max_concurrent?: number | null | undefined;
  readonly max_per_second?: number | null | undefined;
}

/** Changes an account and returns it; null when this merchant has none of this id. A new host is a new revision. */
export async function changeProviderAccount(
  pool: pg.Pool,
  { merchant_id, mode }: Owner,
  id: string,
  {
    label,
    enabled,
    base_url,
    settlement_days,
    settlement_file,
    max_concurrent,
    max_per_second,
  }: AccountChange,
  note: AuditNote,
): Promise<ProviderAccountRow | 'label_taken' | null> {
  return unlessTaken(async () => {
    const { rows } = await pool.query<ProviderAccountRow>({
      name: 'change_provider_account',
      text: `
        with changed as (
          update provider_accounts a
          set label = coalesce($4, label), enabled = coalesce($5, enabled), base_url = coalesce($6, base_url), updated_at = now(),
            settlement_days = case when $7 then $8 else settlement_days end,
            settlement_file = case when $9 then $10 else settlement_file end,
            max_concurrent = case when $12 then $13 else max_concurrent end,
            max_per_second = case when $14 then $15 else max_per_second end,
            revision = revision + case when $6 <> base_url then 1 else 0 end
          where a.id = $1 and a.merchant_id = $2 and a.mode = $3
          returning ${ACCOUNT_COLUMNS}
        ), ${noted('changed', 11)}
        select * from changed`,
      values: [
        id,
        merchant_id,
        mode,
        label,
        enabled,
        base_url,
        settlement_days !== undefined,
        settlement_days ?? null,
        settlement_file !== undefined,
        settlement_file ?? null,
        noteValue('provider_account.changed', note),
        max_concurrent !== undefined,
        max_concurrent ?? null,
        max_per_second !== undefined,
        max_per_second ?? null,
      ],
    });
    return rows[0] ?? null;
  });
}

export interface Rotation {
  readonly owner: Owner;
  readonly account_id: string;
  /** The revision that the new credentials were made from. */
  readonly revision: number;
  /** Sealed. */
  readonly credentials: Buffer;
  /** When, RFC 3339. */
  readonly at: string;
  /** Until when the present credentials still prove webhooks; null: neither these nor any earlier ones do. */
  readonly overlap_until: string | null;
  readonly note: AuditNote;
}

/**
 * Replaces the credentials, keeps the present ones for their overlap and forgets those whose time is up, in one
 * statement. False: nothing was done, because the account has changed since, or the idempotency key has been used before.
 */
export async function rotateCredentials(
  pool: pg.Pool,
  { owner, account_id, revision, credentials, at, overlap_until, note }: Rotation,
  idempotency: Idempotency | null,
): Promise<boolean> {
  const { rows } = await pool.query<{ rotated: boolean }>({
    name: 'rotate_credentials',
    text: `
      with chosen as materialized (
        select id, credentials from provider_accounts
        where id = $1 and merchant_id = $2 and mode = $3 and revision = $4 for update
      ), claim as (
        insert into idempotency_keys (merchant_id, mode, key, request_hash, resource_id, answer_status, answer_body)
        select $2, $3, $8, $9, $1, $10, to_jsonb($11::text) from chosen where $8::text is not null
        on conflict (merchant_id, mode, key) do nothing
        returning 1
      ), rotated as (
        update provider_accounts a
        set credentials = $5, revision = $4 + 1, rotated_at = $6, updated_at = $6
        from chosen c
        where a.id = c.id and ($8::text is null or exists (select from claim))
        returning a.id, a.merchant_id, a.mode
      ), ${noted('rotated', 12)}, kept as (
        insert into previous_credentials (account_id, revision, credentials, valid_until)
        select c.id, $4, c.credentials, $7 from chosen c, rotated where $7::timestamptz is not null
      ), forgotten as (
        delete from previous_credentials p using rotated r
        where p.account_id = r.id and (p.valid_until <= now() or $7::timestamptz is null)
      )
      select exists (select from rotated) as rotated`,
    values: [
      account_id,
      owner.merchant_id,
      owner.mode,
      revision,
      credentials,
      at,
      overlap_until,
      ...valuesOf(idempotency),
      noteValue('provider_account.credentials_rotated', note),
    ],
  });
  return rows[0]?.rotated === true;
}

/** How long one registration of a webhook may take before another may begin, seconds. */
const REGISTRATION_S = 60;

/** Lets one request at a time register an account's webhook; false: another is at it. */
export async function beginRegistration(pool: pg.Pool, accountId: string): Promise<boolean> {
  const { rowCount } = await pool.query({
    name: 'begin_registration',
    text: `update provider_accounts set registering_until = now() + make_interval(secs => ${REGISTRATION_S})
           where id = $1 and (registering_until is null or registering_until < now())`,
    values: [accountId],
  });
  return rowCount === 1;
}

/** Lets the next one in. `registered`: what the provider calls the webhook, and who had it registered; null: it was not. */
export async function endRegistration(
  pool: pg.Pool,
  accountId: string,
  registered: { readonly webhook_id: string | null; readonly note: AuditNote } | null,
): Promise<void> {
  await pool.query({
    name: 'end_registration',
    text: `
      with ended as (
        update provider_accounts set registering_until = null, webhook_id = coalesce($2, webhook_id) where id = $1
        returning id, merchant_id, mode
      ), registered as (select * from ended where $3), ${noted('registered', 4)}
      select from ended`,
    values: [
      accountId,
      registered?.webhook_id ?? null,
      registered !== null,
      registered && noteValue('provider_account.webhook_registered', registered.note),
    ],
  });
}

/** An account as the webhook route needs it, with the earlier credentials that still count. */
export interface WebhookAccountRow {
  readonly id: string;
  readonly provider: string;
  readonly base_url: string;
  readonly revision: number;
  /** All sealed: the present ones first (`until` null), then earlier ones, the latest first. */
  readonly credentials: readonly { readonly sealed: Buffer; readonly until: string | null }[];
}

/** A provider account by its id alone, for webhooks: whoever posts one proves it with the credentials. */
export async function loadWebhookAccount(pool: pg.Pool, id: string): Promise<WebhookAccountRow | null> {
  const { rows } = await pool.query<
    Omit<WebhookAccountRow, 'credentials'> & {
      credentials: Buffer;
      previous: { sealed: string; until: string }[];
    }
  >({
    name: 'load_webhook_account',
    text: `
      select a.id, a.provider, a.base_url, a.revision, a.credentials, coalesce((
        select json_agg(json_build_object('sealed', encode(p.credentials, 'base64'), 'until', p.valid_until)
          order by p.revision desc)
        from previous_credentials p where p.account_id = a.id and p.valid_until > now()), '[]') as previous
      from provider_accounts a where a.id = $1`,
    values: [id],
  });
  const [row] = rows;
  if (!row) return null;
  const { credentials, previous, ...account } = row;
  const earlier = previous.map(({ sealed, until }) => ({ sealed: Buffer.from(sealed, 'base64'), until }));
  return { ...account, credentials: [{ sealed: credentials, until: null }, ...earlier] };
}

/** The API's statements about webhook endpoints. Each carries the merchant and the mode: nobody sees another's row. */
import type pg from 'pg';
import { noted, noteValue, type AuditNote } from './audit-entries.ts';
import type { ApiVersion } from '../domain/api-version.ts';
import type { Owner } from './invoices.ts';
import { readPage, type Listed, type Page } from './lists.ts';
import type { Mode } from './merchants.ts';
import type { Idempotency } from './provider-accounts.ts';

/** Whose names of events an endpoint gets in place of ours. */
export type EventAlias = 'furatpay';

export interface WebhookEndpointRow {
  readonly id: string;
  readonly merchant_id: string;
  readonly mode: Mode;
  readonly url: string;
  readonly description: string | null;
  readonly event_types: readonly string[];
  readonly api_version: ApiVersion;
  readonly alias: EventAlias | null;
  readonly enabled: boolean;
  readonly disabled_reason: 'requested' | 'gone' | 'failing' | null;
  readonly disabled_at: string | null;
  /** An `EndpointSecrets`, sealed for the endpoint's id. */
  readonly secrets: Buffer;
  /** Until when earlier secrets still sign; the latest rotation first. Some may have ended. */
  readonly previous_until: readonly string[];
  readonly revision: number;
  readonly rotated_at: string | null;
  readonly failing_since: string | null;
  readonly warned_at: string | null;
  readonly created_at: string;
  readonly updated_at: string;
}

/** What is sealed. `until` null: the present secret, which is the first. */
export interface EndpointSecrets {
  readonly secrets: readonly { readonly secret: string; readonly until: string | null }[];
}

/** Of an endpoint `w`. */
export const ENDPOINT_COLUMNS = `w.id, w.merchant_id, w.mode, w.url, w.description, w.event_types, w.api_version, w.alias,
  w.enabled, w.disabled_reason, w.disabled_at, w.secrets, w.revision, w.rotated_at, w.failing_since, w.warned_at,
  w.created_at, w.updated_at,
  array(select to_char(u at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') from unnest(w.previous_until) u) as previous_until`;

/** Endpoints of one merchant in one mode: each of them costs every event a delivery. */
export const ENDPOINTS_MAX = 20;

const CLAIM = (values: string): string => `
      claim as (
        insert into idempotency_keys (merchant_id, mode, key, request_hash, resource_id, answer_status, answer_body)
        ${values}
        on conflict (merchant_id, mode, key) do nothing
        returning 1
      )`;

const valuesOf = (idempotency: Idempotency | null): unknown[] => [
  idempotency?.claim.key ?? null,
  idempotency?.claim.request_hash ?? null,
  idempotency?.answer.status ?? null,
  idempotency?.answer.body ?? null,
];

/** Stores a new endpoint with the claim of its idempotency key. What is refused leaves nothing behind. */
export async function insertEndpoint(
  pool: pg.Pool,
  row: WebhookEndpointRow,
  idempotency: Idempotency | null,
  note: AuditNote,
): Promise<'stored' | 'too_many' | 'key_used'> {
  const { rows } = await pool.query<{ stored: boolean; count: number }>({
    name: 'insert_webhook_endpoint',
    text: `
      with others as materialized (
        select count(*)::int as count from webhook_endpoints where merchant_id = $2 and mode = $3 and deleted_at is null
      ), ${CLAIM(`select $2, $3, $11, $12, $1, $13, to_jsonb($14::text) from others
        where $11::text is not null and count < ${ENDPOINTS_MAX}`)},
      stored as (
        insert into webhook_endpoints (id, merchant_id, mode, url, description, event_types, api_version, alias, secrets,
          created_at, updated_at)
        select $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $10 from others
        where count < ${ENDPOINTS_MAX} and ($11::text is null or exists (select from claim))
        returning id, merchant_id, mode
      ), ${noted('stored', 15)}
      select exists (select from stored) as stored, count from others`,
    values: [
      row.id,
      row.merchant_id,
      row.mode,
      row.url,
      row.description,
      row.event_types,
      row.api_version,
      row.alias,
      row.secrets,
      row.created_at,
      ...valuesOf(idempotency),
      noteValue('webhook_endpoint.created', note),
    ],
  });
  const [result] = rows;
  if (result?.stored) return 'stored';
  return (result?.count ?? 0) >= ENDPOINTS_MAX ? 'too_many' : 'key_used';
}

/** One endpoint; null when this merchant has none of this id in this mode. */
export async function findEndpoint(
  pool: pg.Pool,
  { merchant_id, mode }: Owner,
  id: string,
): Promise<WebhookEndpointRow | null> {
  const { rows } = await pool.query<WebhookEndpointRow>({
    name: 'find_webhook_endpoint',
    text: `select ${ENDPOINT_COLUMNS} from webhook_endpoints w
           where w.id = $1 and w.merchant_id = $2 and w.mode = $3 and w.deleted_at is null`,
    values: [id, merchant_id, mode],
  });
  return rows[0] ?? null;
}

/** A page of a merchant's endpoints, the newest first. */
export function listEndpoints(
  pool: pg.Pool,
  owner: Owner,
  enabled: boolean | null,
  page: Page,
): Promise<Listed<WebhookEndpointRow>> {
  return readPage<WebhookEndpointRow>(pool, page, (clauses) => {
    const matching = clauses.where([
      ['w.merchant_id = $', owner.merchant_id],
      ['w.mode = $', owner.mode],
      ['w.enabled = $::boolean', enabled === null ? null : String(enabled)],
    ]);
    return `select ${ENDPOINT_COLUMNS} from webhook_endpoints w
            where ${matching} and w.deleted_at is null ${clauses.page('w.id')}`;
  });
}

/** What a change gives; what is left out stays. */
export interface EndpointChange {
  readonly url?: string | undefined;
  readonly description?: string | null | undefined;
  readonly event_types?: readonly string[] | undefined;
  readonly api_version?: ApiVersion | undefined;
  readonly alias?: EventAlias | null | undefined;
  readonly enabled?: boolean | undefined;
}

/** What waits for an endpoint that has just been switched off ends with it. */
const ENDED = (source: string, reason: string): string => `
      ended as (
        update deliveries d set status = 'exhausted', reason = '${reason}', next_attempt_at = null, updated_at = now()
        from ${source} c where d.endpoint_id = c.id and d.status = 'pending'
      )`;

/**
 * Changes an endpoint and returns it; null when this merchant has none of this id. Disabled, it gives up what waits for it. Enabled
 * again, or with another URL, it has a clean record.
 */
export async function changeEndpoint(
  pool: pg.Pool,
  { merchant_id, mode }: Owner,
  id: string,
  change: EndpointChange,
  note: AuditNote,
): Promise<WebhookEndpointRow | null> {
  const { rows } = await pool.query<WebhookEndpointRow>({
    name: 'change_webhook_endpoint',
    text: `
      with changed as (
        update webhook_endpoints w set url = coalesce($4, url), event_types = coalesce($5, event_types),
          api_version = coalesce($6, api_version), enabled = coalesce($7, enabled),
          description = case when $8 then $9 else description end, alias = case when $10 then $11 else alias end,
          disabled_reason = case when coalesce($7, enabled) then null else coalesce(disabled_reason, 'requested') end,
          disabled_at = case when coalesce($7, enabled) then null else coalesce(disabled_at, now()) end,
          failing_since = case when $7 or $4 <> url then null else failing_since end,
          warned_at = case when $7 or $4 <> url then null else warned_at end, updated_at = now()
        where w.id = $1 and w.merchant_id = $2 and w.mode = $3 and w.deleted_at is null
        returning ${ENDPOINT_COLUMNS}
      ), off as (select id from changed where not enabled), ${ENDED('off', 'endpoint_disabled')}, ${noted('changed', 12)}
      select * from changed`,
    values: [
      id,
      merchant_id,
      mode,
      change.url ?? null,
      change.event_types ?? null,
      change.api_version ?? null,
      change.enabled ?? null,
      change.description !== undefined,
      change.description ?? null,
      change.alias !== undefined,
      change.alias ?? null,
      noteValue('webhook_endpoint.changed', note),
    ],
  });
  return rows[0] ?? null;
}

/** Deletes an endpoint with its secrets and gives up what waits for it; false when this merchant has none of this id. */
export async function deleteEndpoint(
  pool: pg.Pool,
  { merchant_id, mode }: Owner,
  id: string,
  note: AuditNote,
): Promise<boolean> {
  const { rows } = await pool.query({
    name: 'delete_webhook_endpoint',
    text: `
      with deleted as (
        update webhook_endpoints set deleted_at = now(), updated_at = now(), secrets = '', previous_until = '{}'
        where id = $1 and merchant_id = $2 and mode = $3 and deleted_at is null
        returning id, merchant_id, mode
      ), ${ENDED('deleted', 'endpoint_deleted')}, ${noted('deleted', 4)}
      select id from deleted`,
    values: [id, merchant_id, mode, noteValue('webhook_endpoint.deleted', note)],
  });
  return rows.length === 1;
}

export interface SecretRotation {
  readonly owner: Owner;
  readonly endpoint_id: string;
  /** The revision that the new secrets were made from. */
  readonly revision: number;
  /** Sealed. */
  readonly secrets: Buffer;
  readonly previous_until: readonly string[];
  /** When, RFC 3339. */
  readonly at: string;
}

/** Replaces the secrets. False: nothing was done, because somebody was faster, or the idempotency key has been used before. */
export async function rotateSecrets(
  pool: pg.Pool,
  { owner, endpoint_id, revision, secrets, previous_until, at }: SecretRotation,
  idempotency: Idempotency | null,
  note: AuditNote,
): Promise<boolean> {
  const { rowCount } = await pool.query({
    name: 'rotate_endpoint_secrets',
    text: `
      with chosen as materialized (
        select id from webhook_endpoints
        where id = $1 and merchant_id = $2 and mode = $3 and revision = $4 and deleted_at is null for update
      ), ${CLAIM(`select $2, $3, $8, $9, $1, $10, to_jsonb($11::text) from chosen where $8::text is not null`)}, rotated as (
        update webhook_endpoints w
        set secrets = $5, previous_until = $6, revision = $4 + 1, rotated_at = $7, updated_at = $7
        from chosen c where w.id = c.id and ($8::text is null or exists (select from claim))
        returning w.id, w.merchant_id, w.mode
      ), ${noted('rotated', 12)}
      select from rotated`,
    values: [
      endpoint_id,
      owner.merchant_id,
      owner.mode,
      revision,
      secrets,
      previous_until,
      at,
      ...valuesOf(idempotency),
      noteValue('webhook_endpoint.secret_rotated', note),
    ],
  });
  return rowCount === 1;
}

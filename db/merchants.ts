/** Merchants, and their accounts at providers with their credentials sealed. */
import type pg from 'pg';
import type { MoneyPolicy } from '../domain/cases.ts';
import { noted, noteValue, noteValues, type AuditNote } from './audit-entries.ts';
import type { ConfigurationAction } from '../domain/audit-trail.ts';
import { newId } from './ids.ts';
import { REFUSES_S } from './provider-health.ts';
import type { Sealer } from './sealed.ts';
import { PERFORMANCE_OF_A, type ServicePerformance } from './service-performance.ts';

/** Live money and play money never meet: every key, account and invoice belongs to one of them. */
export type Mode = 'live' | 'sandbox';

/** Whoever works on the machine itself, past the API. */
export const OPERATOR = { type: 'operator', id: null } as const;

/** The parameter of `noted` that a merchant begins with. It belongs to neither mode, so the trails of both have it. */
export function creationNotes(note: AuditNote): string {
  const action = 'merchant.created';
  return noteValues((['live', 'sandbox'] as const).map((mode) => ({ action, note, mode })));
}

/** Makes a merchant and returns its id. */
export async function createMerchant(pool: pg.Pool, name: string): Promise<string> {
  const id = newId('mer');
  await pool.query(
    `with made as (
       insert into merchants (id, name) values ($1, $2) returning id, id as merchant_id, null::text as mode
     ), ${noted('made', 3)}
     select from made`,
    [id, name, creationNotes({ actor: OPERATOR, details: { name } })],
  );
  return id;
}

/** What customers see of a merchant on our pages; what is missing was not set. */
export interface Branding {
  readonly display_name?: string;
  /** `#rrggbb`. */
  readonly color?: string;
  /** An https or data URL of an image. */
  readonly logo?: string;
  readonly support_url?: string;
  readonly support_email?: string;
}

/** A merchant as it sees itself. */
export interface MerchantRow {
  readonly id: string;
  readonly name: string;
  readonly late_money: MoneyPolicy;
  readonly excess_money: MoneyPolicy;
  readonly branding: Branding;
  readonly created_at: string;
}

export const MERCHANT_COLUMNS = 'm.id, m.name, m.late_money, m.excess_money, m.branding, m.created_at';

/** The merchant; it is there, because its key was. */
export async function findMerchant(pool: pg.Pool, id: string): Promise<MerchantRow> {
  const { rows } = await pool.query<MerchantRow>(
    `select ${MERCHANT_COLUMNS} from merchants m where m.id = $1`,
    [id],
  );
  return only(rows, id);
}

/** What is left out stays; a part of the branding that is null goes. */
export interface MerchantChange {
  readonly late_money?: MoneyPolicy | undefined;
  readonly excess_money?: MoneyPolicy | undefined;
  readonly branding?: { readonly [Part in keyof Branding]?: string | null | undefined } | undefined;
}

/**
 * Changes what is given and leaves the rest. `mode`: that of the key which does it; the settings are those of both. `notes`: what the
 * trail says of it.
 */
export async function changeMerchant(
  pool: pg.Pool,
  id: string,
  { late_money, excess_money, branding = {} }: MerchantChange,
  mode: Mode,
  notes: readonly { readonly action: ConfigurationAction; readonly note: AuditNote }[],
): Promise<MerchantRow> {
  const { rows } = await pool.query<MerchantRow>(
    `with changed as (
       update merchants m set late_money = coalesce($2, late_money), excess_money = coalesce($3, excess_money),
         branding = jsonb_strip_nulls(branding || $4::jsonb)
       where m.id = $1 returning ${MERCHANT_COLUMNS}
     ), done as (select id, id as merchant_id, $5::text as mode from changed), ${noted('done', 6)}
     select * from changed`,
    [id, late_money ?? null, excess_money ?? null, JSON.stringify(branding), mode, noteValues(notes)],
  );
  return only(rows, id);
}

function only<Row>([row]: readonly Row[], id: string): Row {
  if (!row) throw new Error(`there is no ${id}`);
  return row;
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
  /** Seconds for which calls are refused, because too many have failed or an operator wants it so; null: they are not. */
  readonly refuses_s: number | null;
}

/** An account with what was measured of its services, by method. */
export interface MeasuredAccount extends AccountInUse {
  readonly performance: Readonly<Record<string, ServicePerformance>>;
}

/** All accounts a merchant has linked in one mode, oldest first. */
export async function linkedAccounts(
  pool: pg.Pool,
  merchantId: string,
  mode: Mode,
): Promise<MeasuredAccount[]> {
  const { rows } = await pool.query<MeasuredAccount>({
    name: 'linked_accounts',
    text: `select a.id, a.provider, a.label, a.enabled, ${REFUSES_S} as refuses_s, ${PERFORMANCE_OF_A} as performance
           from provider_accounts a where a.merchant_id = $1 and a.mode = $2 order by a.id`,
    values: [merchantId, mode],
  });
  return rows;
}

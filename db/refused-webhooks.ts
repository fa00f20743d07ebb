/** The last webhooks of each account that were refused: what they looked like, never what they said. */
import type pg from 'pg';
import type { WebhookRefusal } from '../providers/contract.ts';
import { newId } from './ids.ts';
import { readPage, type Listed, type Page } from './lists.ts';
import type { OfMerchant, Sight } from './ops-record.ts';

/** Of each account. */
export const REFUSED_KEPT = 50;

export interface RefusedWebhook {
  readonly account_id: string;
  /** RFC 3339. */
  readonly received_at: string;
  readonly reason: WebhookRefusal;
  readonly address: string | null;
  readonly content_type: string | null;
  readonly user_agent: string | null;
  readonly header_names: readonly string[];
  readonly size: number;
  readonly body_sha256: Buffer;
  /** How many of this account were refused since the one before it and are not kept. */
  readonly not_kept: number;
}

export interface RefusedWebhookRow extends RefusedWebhook {
  readonly id: string;
  readonly provider: string;
  readonly label: string;
}

/** Keeps one, and forgets those of the account that are beyond `REFUSED_KEPT`. */
export async function keepRefused(pool: pg.Pool, row: RefusedWebhook): Promise<void> {
  await pool.query({
    name: 'keep_refused_webhook',
    text: `
      with kept as (
        insert into refused_webhooks (id, account_id, received_at, reason, address, content_type, user_agent, header_names, size,
          body_sha256, not_kept)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
      )
      delete from refused_webhooks where id in (
        select id from refused_webhooks where account_id = $2 order by id desc offset ${REFUSED_KEPT - 1})`,
    values: [
      newId('whr'),
      row.account_id,
      row.received_at,
      row.reason,
      row.address,
      row.content_type,
      row.user_agent,
      row.header_names,
      row.size,
      row.body_sha256,
      row.not_kept,
    ],
  });
}

const COLUMNS = `w.id, w.account_id, w.received_at, w.reason, w.address, w.content_type, w.user_agent, w.header_names, w.size,
  w.body_sha256, w.not_kept, a.provider, a.label, a.merchant_id, m.name as merchant`;
const FROM = `refused_webhooks w join provider_accounts a on a.id = w.account_id join merchants m on m.id = a.merchant_id`;

/** A page of them, the newest first; null: any. */
export function listRefused(
  pool: pg.Pool,
  { merchant_id, mode }: Sight,
  { provider, reason }: { readonly provider: string | null; readonly reason: string | null },
  page: Page,
): Promise<Listed<RefusedWebhookRow & OfMerchant>> {
  return readPage<RefusedWebhookRow & OfMerchant>(pool, page, (clauses) => {
    const matching = clauses.where([
      ['a.mode = $', mode],
      ['a.merchant_id = $', merchant_id],
      ['a.provider = $', provider],
      ['w.reason = $', reason],
    ]);
    return `select ${COLUMNS} from ${FROM} where ${matching} ${clauses.page('w.id')}`;
  });
}

/** One of them, with whose it is; null: it is gone, or never was. */
export async function findRefused(
  pool: pg.Pool,
  id: string,
): Promise<(RefusedWebhookRow & OfMerchant & { readonly mode: Sight['mode'] }) | null> {
  const { rows } = await pool.query<RefusedWebhookRow & OfMerchant & { mode: Sight['mode'] }>(
    `select ${COLUMNS}, a.mode from ${FROM} where w.id = $1`,
    [id],
  );
  return rows[0] ?? null;
}

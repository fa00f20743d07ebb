/** What must hold over whole tables: each is one statement, which the database answers with what does not hold. */
import type pg from 'pg';
import type { ChainPin } from './chain.ts';
import type { Violation } from './invariant.ts';

/** What a check of whole tables is told. */
export interface WholeOptions {
  /** A webhook that waits to be applied for longer than this, seconds, has been forgotten. */
  readonly webhook_grace_s: number;
  /** What was recorded longer ago than this has been sealed, seconds. */
  readonly seal_grace_s: number;
  /** Null: seals of links are not looked at, their hashes are. */
  readonly seal_key: Uint8Array | null;
  /** Where chains are known to have stood. */
  readonly pins: readonly ChainPin[];
  /** Violations that are wanted at most, so that a damaged table does not fill the memory. */
  readonly limit: number;
}

export interface WholeInvariant {
  readonly id: string;
  readonly title: string;
  readonly check: (client: pg.PoolClient, options: WholeOptions) => Promise<Violation[]>;
}

/** `text` selects `about` and `message`. */
async function violations(
  client: pg.PoolClient,
  text: string,
  values: readonly unknown[],
): Promise<Violation[]> {
  const { rows } = await client.query<Violation>(text, [...values]);
  return rows;
}

/** What a request with an idempotency key made, of those that were answered with success. */
const ANSWERED = `
  select k.resource_id, k.key, k.answer_body, exists (
    select from invoices where id = k.resource_id and merchant_id = k.merchant_id and mode = k.mode
    union all select from payments where id = k.resource_id and merchant_id = k.merchant_id
    union all select from payment_operations where id = k.resource_id and merchant_id = k.merchant_id and mode = k.mode
    union all select from provider_accounts where id = k.resource_id and merchant_id = k.merchant_id and mode = k.mode
  ) as is_there
  from idempotency_keys k where k.answer_status between 200 and 299`;

export const WHOLE_INVARIANTS: readonly WholeInvariant[] = [
  {
    id: 'answers_true',
    title: 'What a request was told to have made is there, and each made one thing of its own',
    check: (client, { limit }) =>
      violations(
        client,
        `select resource_id as about, message from (
           select resource_id, case
             when not is_there then 'a request was told that it was made, and it is not there'
             when (answer_body #>> '{}')::jsonb->>'id' <> resource_id
               then 'the answer to its request is about ' || ((answer_body #>> '{}')::jsonb->>'id') end as message
           from (${ANSWERED}) answered
           union all
           select resource_id, count(*) || ' requests were told that they made it' from (${ANSWERED}) answered
           -- Every rotation of an account is answered with the account.
           where resource_id not like 'pacc\\_%' group by resource_id having count(*) > 1
         ) told where message is not null order by 1 limit $1`,
        [limit],
      ),
  },
  {
    id: 'ledger_balances',
    title: 'The whole ledger sums to zero in every currency',
    check: (client, { limit }) =>
      violations(
        client,
        `select currency as about, 'all entries sum to ' || sum(amount) || ', not to zero' as message
         from ledger_entries group by currency having sum(amount) <> 0 order by currency limit $1`,
        [limit],
      ),
  },
  {
    id: 'provider_ids_unique',
    title: 'No two payments share a provider id',
    check: (client, { limit }) =>
      violations(
        client,
        `select min(id) as about, count(*) || ' payments have the provider id ' || provider_payment_id || ': '
           || string_agg(id, ', ' order by id) as message
         from payments where provider_payment_id is not null
         group by account_id, provider_payment_id having count(*) > 1 order by 1 limit $1`,
        [limit],
      ),
  },
  {
    id: 'webhooks_ended',
    title: 'Every webhook has ended, with a reason unless it was applied',
    check: (client, { limit, webhook_grace_s }) =>
      violations(
        client,
        `select id as about, case
             when state = 'received' then 'it has waited to be applied since ' || to_char(received_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"')
             when processed_at is null then 'it is ' || state || ', and nobody knows since when'
             else 'it is ' || state || ' without a reason' end as message
         from webhook_events
         where (state = 'received' and received_at <= now() - make_interval(secs => $2))
           or (state in ('ignored', 'dead') and coalesce(reason, '') = '')
           or (state <> 'received' and processed_at is null)
         order by id limit $1`,
        [limit, webhook_grace_s],
      ),
  },
];

/** What must hold over whole tables: each is one statement, which the database answers with what does not hold. */
import type pg from 'pg';
import type { ChainPin } from './chain.ts';
import type { Violation } from './invariant.ts';

/** What a check of whole tables is told. */
export interface WholeOptions {
  /** A webhook that waits for longer than this, seconds, to be applied or to be sent, has been forgotten. */
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

/** Longer than one attempt to send a webhook, and the restart of a worker that died with it. */
const ATTEMPT_S = 60;

/** `text` selects `about` and `message`. */
async function violations(
  client: pg.PoolClient,
  text: string,
  values: readonly unknown[],
): Promise<Violation[]> {
  const { rows } = await client.query<Violation>(text, [...values]);
  return rows;
}

/** What a request with an idempotency key was told to have made: 201, or 202. Others (200) are about what was there already. */
const ANSWERED = `
  select k.resource_id, k.key, k.answer_body, exists (
    select from invoices where id = k.resource_id and merchant_id = k.merchant_id and mode = k.mode
    union all select from payments where id = k.resource_id and merchant_id = k.merchant_id
    union all select from payment_operations where id = k.resource_id and merchant_id = k.merchant_id and mode = k.mode
    union all select from provider_accounts where id = k.resource_id and merchant_id = k.merchant_id and mode = k.mode
    union all select from api_keys where id = k.resource_id and merchant_id = k.merchant_id and mode = k.mode
    union all select from webhook_endpoints where id = k.resource_id and merchant_id = k.merchant_id and mode = k.mode
    union all select from deliveries where id = k.resource_id and merchant_id = k.merchant_id and mode = k.mode
    union all select from reconciliation_runs where id = k.resource_id and merchant_id = k.merchant_id and mode = k.mode
  ) as is_there
  from idempotency_keys k where k.answer_status in (201, 202)`;

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
    id: 'settlements_booked',
    title: 'Each settlement is one ledger transaction with its amounts, and there is no other',
    check: (client, { limit }) =>
      violations(
        client,
        `with posted as (
           select transaction_key, currency, account_id, payment_id, sum(amount) filter (where account = 'bank') as bank,
             sum(amount) filter (where account = 'provider_fees') as fees,
             sum(amount) filter (where account = 'provider_clearing') as clearing,
             count(*) filter (where account not in ('bank', 'provider_fees', 'provider_clearing')) as others
           from ledger_entries where transaction_key like 'settlement:%' group by transaction_key, currency, account_id, payment_id
         )
         select coalesce(s.id, l.transaction_key) as about, case when s.id is null then 'there is no settlement for this transaction'
             else 'the ledger does not have what was settled' end as message
         from (select * from settlements where net <> 0 or fee <> 0) s
         full join posted l on l.transaction_key = 'settlement:' || s.id and l.currency = s.currency and l.account_id = s.account_id
           and l.payment_id is not distinct from s.payment_id
         where s.id is null or (coalesce(l.bank, 0), coalesce(l.fees, 0), coalesce(l.clearing, 0), l.others)
           is distinct from (s.net, s.fee, -s.net - s.fee, 0::bigint)
         order by 1 limit $1`,
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
  {
    id: 'deliveries_end',
    title: 'Every delivery is delivered or given up in the end, and its attempts say the same',
    check: (client, { limit, webhook_grace_s }) =>
      violations(
        client,
        // What stands behind one that has its time yet to come is not late.
        `with found as (
           select d.id, case
             when d.status = 'pending' and d.next_attempt_at < now() - make_interval(secs => $2 + ${ATTEMPT_S})
               and not exists (select from deliveries f where f.endpoint_id = d.endpoint_id and f.subject = d.subject
                 and f.status = 'pending' and f.next_attempt_at >= now() - make_interval(secs => $2 + ${ATTEMPT_S}))
               then 'it waits to be sent since ' || to_char(d.next_attempt_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"')
             when a.count <> d.attempts then 'it has ' || a.count || ' attempts on record, not ' || d.attempts
             when (d.status = 'delivered' or d.delivered_at is not null) and a.taken = 0
               then 'it counts as delivered, and no attempt was taken'
             when a.taken > 0 and d.delivered_at is null then 'it was taken, and nobody knows when'
           end as message
           from deliveries d, lateral (
             select count(*) as count, count(*) filter (where t.status between 200 and 299) as taken
             from delivery_attempts t where t.delivery_id = d.id
           ) a
         )
         select id as about, message from found where message is not null order by id limit $1`,
        [limit, webhook_grace_s],
      ),
  },
  {
    id: 'events_addressed',
    title: 'Every event has a delivery for each endpoint that wanted it',
    check: (client, { limit }) =>
      violations(
        client,
        // What an endpoint that was changed wanted before is not known: of those, only what came after the change is looked at.
        `select e.id as about, 'it has no delivery to ' || w.id || ', which wants ' || e.type as message
         from webhook_endpoints w join outgoing_events e on e.merchant_id = w.merchant_id and e.mode = w.mode
         where w.enabled and w.deleted_at is null
           and e.recorded_at > w.updated_at + interval '5 seconds' and e.recorded_at < now() - interval '1 minute'
           and e.type not like 'webhook_endpoint.%'
           and w.event_types && array['*', split_part(e.type, '.', 1) || '.*', e.type]
           and not exists (select from deliveries d where d.event_id = e.id and d.endpoint_id = w.id)
         order by e.id limit $1`,
        [limit],
      ),
  },
];

/** Fills a record with invoices as merchants of some years have them, faster than the API could: by SQL, without its checks. */
import type pg from 'pg';

/** Invoices of one merchant, and the account of each of its providers. */
export interface ListedMerchant {
  readonly merchant_id: string;
  readonly accounts: Readonly<Record<string, string>>;
  /** How many of all invoices are its own, in percent. */
  readonly share: number;
}

const CHUNK = 10_000;
/** The time that all of them are spread over. */
const SPAN_DAYS = 400;

/**
 * `count` invoices with a payment or two and three events each, spread over the merchants and over more than a year. Ids are numbers in the
 * order of time; those of payments begin with it, as real ones do. Nothing of it is work for anybody: all have ended, or are due in a year.
 */
export async function fillLists(
  pool: pg.Pool,
  count: number,
  merchants: readonly ListedMerchant[],
  say: (line: string) => void,
): Promise<void> {
  const shares = merchants.flatMap(({ share }, index) => Array.from({ length: share }, () => index));
  const facts = merchants.map(({ merchant_id, accounts }) => ({
    merchant_id,
    finan: accounts['finan'],
    fapshi: accounts['fapshi'],
    rehive: accounts['rehive'],
  }));
  const client = await pool.connect();
  try {
    // No foreign keys to look up: what is referred to is made here.
    await client.query(`set session_replication_role = replica; set statement_timeout = 0`);
    for (let done = 0; done < count; done += CHUNK) {
      const until = Math.min(done + CHUNK, count);
      await client.query(FILL, [done, until - 1, count, JSON.stringify(shares), JSON.stringify(facts)]);
      if (until % 100_000 === 0) say(`${until} invoices are there`);
    }
    await client.query('reset session_replication_role');
    await client.query('vacuum (analyze) invoices, payments, outgoing_events');
  } finally {
    client.release(true);
  }
}

/** The id of the invoice of this number; `fillLists` makes the same. */
export const invoiceId = (number: number): string => `inv_${String(number).padStart(26, '0')}`;

/** The ten characters of an id that are its moment: milliseconds in base 32. */
const STAMP = `(
  select string_agg(substr('0123456789abcdefghjkmnpqrstvwxyz',
    (((extract(epoch from f.at) * 1000)::bigint >> (45 - 5 * place)) & 31)::int + 1, 1), '' order by place)
  from generate_series(0, 9) place)`;

// Multiplying by a prime and taking the rest scatters what would otherwise stand in order.
const FILL = `
  with facts as materialized (
    select n, lpad(n::text, 26, '0') as number, (n::bigint * 7919) % 1000 as dice, (n::bigint * 104729) % 100000 as die,
      now() - make_interval(secs => ${SPAN_DAYS * 86_400}.0 * ($3::int - n) / $3::int) as at,
      m.merchant_id, m.finan, m.fapshi, m.rehive
    from generate_series($1::int, $2::int) n,
      lateral (select ($4::jsonb->>((n::bigint * 31) % jsonb_array_length($4::jsonb))::int)::int as owner) o,
      lateral (select x.* from jsonb_to_record($5::jsonb->o.owner) as x
        (merchant_id text, finan text, fapshi text, rehive text)) m
  ), made as (
    select f.*,
      case when dice < 800 then 'paid' when dice < 920 then 'expired' when dice < 970 then 'canceled'
        when n > $3::int * 0.98 then 'open' when dice < 980 then 'overpaid' else 'refunded' end as status,
      case when dice % 10 = 0 then 'USD' else 'VND' end as currency, 1000 + 50 * die as amount,
      case when dice % 100 = 1 then 'rehive' when dice % 3 = 0 then 'fapshi' else 'finan' end as provider,
      ${STAMP} as stamp
    from facts f
  ), invoices as (
    insert into invoices (id, merchant_id, mode, reference, description, currency, amount, customer, items, metadata, due_at, created_at,
      updated_at, state, version, status, amount_received)
    select 'inv_' || number, merchant_id, 'sandbox', 'order-' || n, 'Order ' || n, currency, amount,
      jsonb_build_object('name', 'Customer ' || die, 'email', 'customer' || die || '@example.com'),
      '[{"name": "Lamp", "quantity": 1, "unit_amount": 1000}]',
      -- Some merchants keep their own data elsewhere. "kiosk" is common, but not with the first of them.
      case when dice % 10 < 3 then '{}'::jsonb else jsonb_build_object('order_id', n::text, 'channel',
        case when merchant_id <> $5::jsonb->0->>'merchant_id' then 'kiosk' when die % 3 = 0 then 'app' else 'web' end) end,
      case when status = 'open' then now() + interval '360 days' else at + interval '7 days' end, at, at,
      jsonb_build_object('payments', '[]'::jsonb, 'filler', repeat(md5(n::text), 20)), 4, status, case when status = 'paid' then amount else 0 end
    from made
  ), payments as (
    insert into payments (id, invoice_id, merchant_id, account_id, provider, method, currency, amount, request, created_at, sent_at, status,
      provider_payment_id, amount_received, updated_at)
    select 'pay_' || stamp || lpad((n * 2 + k)::text, 16, '0'), 'inv_' || number, merchant_id,
      case provider when 'rehive' then rehive when 'fapshi' then fapshi else finan end, provider, 'bank_transfer', currency, amount,
      '{"description": null, "customer": {}, "items": [], "return_urls": {}}', at, at,
      case when k = 0 and dice % 10 = 5 then 'expired' when status in ('paid', 'overpaid') then 'paid' else 'expired' end,
      'P' || (n * 2 + k), case when status = 'paid' then amount else 0 end, at
    from made, generate_series(0, case when dice % 10 = 5 then 1 else 0 end) k
  )
  insert into outgoing_events (id, merchant_id, mode, invoice_id, payment_id, sequence, line, type, data, created_at)
  select 'evt_' || lpad((n * 3 + k)::text, 26, '0'), merchant_id, 'sandbox', 'inv_' || number, null, k + 1, 1,
    (array['payment.pending', 'payment.paid', 'invoice.paid'])[k + 1], jsonb_build_object('amount', amount, 'late', false), at
  from made, generate_series(0, 2) k`;

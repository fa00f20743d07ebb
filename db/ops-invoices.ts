/** What operators see of invoices: the search by whatever they have in hand, over one merchant or all. */
import type pg from 'pg';
import { allCurrencies, minorUnitDigits } from '../domain/currency.ts';
import type { InvoiceStatus } from '../domain/status.ts';
import { firstIdAt, isId, type IdPrefix } from './ids.ts';
import { readPage, type Listed, type Page } from './lists.ts';
import type { Mode } from './merchants.ts';

export interface InvoiceLine {
  readonly id: string;
  readonly merchant_id: string;
  readonly merchant: string;
  readonly mode: Mode;
  readonly reference: string | null;
  readonly description: string | null;
  readonly currency: string;
  readonly amount: number;
  readonly amount_received: number;
  readonly amount_refunded: number;
  readonly status: InvoiceStatus;
  readonly customer: { readonly name?: string; readonly phone?: string; readonly email?: string };
  /** Of its payments, each once. */
  readonly providers: readonly string[];
  readonly open_cases: number;
  readonly created_at: string;
}

/** Null: any. */
export interface InvoiceSearch {
  readonly merchant_id: string | null;
  readonly mode: Mode;
  /** Of these only, as `findMentioned` gives them. */
  readonly ids: readonly string[] | null;
  readonly status: InvoiceStatus | null;
  readonly currency: string | null;
  readonly provider: string | null;
  /** RFC 3339; the second one is not included. */
  readonly from: string | null;
  readonly until: string | null;
}

const LINE = `i.id, i.merchant_id, m.name as merchant, i.mode, i.reference, i.description, i.currency, i.amount, i.amount_received,
  i.amount_refunded, i.status, i.customer, i.created_at,
  array(select distinct p.provider from payments p where p.invoice_id = i.id order by 1) as providers,
  (select count(*)::integer from cases c where c.invoice_id = i.id and c.resolved_at is null) as open_cases`;

const TIME = { column: 'i.created_at', ofCursor: 'select c.created_at from invoices c where c.id = $' };

/**
 * A page of the invoices that fit, the newest first. It is read merchant by merchant, a page of each at most, because that is how
 * the indexes are in order.
 */
export function searchInvoices(
  pool: pg.Pool,
  search: InvoiceSearch,
  page: Page,
): Promise<Listed<InvoiceLine>> {
  const order = page.before === null ? 'desc' : 'asc';
  return readPage<InvoiceLine>(pool, page, (clauses) => {
    const merchant = clauses.where([['m.id = $', search.merchant_id]]);
    const matching = clauses.where([
      ['i.mode = $', search.mode],
      ['i.status = $', search.status],
      ['i.currency = $', search.currency],
      ['exists (select from payments p where p.invoice_id = i.id and p.provider = $)', search.provider],
      ['i.created_at >= $::timestamptz', search.from],
      ['i.created_at < $::timestamptz', search.until],
      ['i.id in (select jsonb_array_elements_text($::jsonb))', search.ids && JSON.stringify(search.ids)],
    ]);
    return `select ${LINE} from (
        select found.* from merchants m cross join lateral (
          select i.* from invoices i where i.merchant_id = m.id and ${matching} ${clauses.page('i.id', TIME)}
        ) found ${merchant && `where ${merchant}`}
      ) i join merchants m on m.id = i.merchant_id
      order by i.created_at ${order}, i.id ${order} limit ${page.limit + 1}`;
  });
}

/** Where to look up what belongs to an invoice. */
const HOLDERS: Partial<Record<IdPrefix, string>> = {
  inv: 'select id as invoice_id from invoices where id = $1',
  pay: 'select invoice_id from payments where id = $1',
  cap: 'select invoice_id from payment_operations where id = $1',
  void: 'select invoice_id from payment_operations where id = $1',
  rfd: 'select invoice_id from payment_operations where id = $1',
  case: 'select invoice_id from cases where id = $1',
  whk: 'select invoice_id from webhook_events where id = $1',
  exc: 'select invoice_id from provider_exchanges where id = $1',
  evt: 'select invoice_id from outgoing_events where id = $1',
};

/** The invoice that an id of ours belongs to, whoever's it is; null: it is no such id, or there is none. */
export async function findByOurId(
  pool: pg.Pool,
  text: string,
): Promise<{ readonly id: string; readonly merchant_id: string; readonly mode: Mode } | null> {
  const [prefix] = text.split('_');
  const holder = HOLDERS[prefix as IdPrefix];
  if (holder === undefined || !isId(prefix as IdPrefix, text)) return null;
  const { rows } = await pool.query<{ id: string; merchant_id: string; mode: Mode }>(
    `select i.id, i.merchant_id, i.mode from invoices i where i.id in (${holder})`,
    [text],
  );
  return rows[0] ?? null;
}

/** How many invoices a search names at most, and how many of the newest of a merchant it looks through for a telephone number. */
const NAMED = 500;
const LOOKED_THROUGH = 20_000;
const DIGITS = (text: string): string => `regexp_replace(regexp_replace(${text}, '\\D', '', 'g'), '^00', '')`;

/**
 * The invoices that `text` may mean: a merchant's reference, a provider's id, a telephone number or its end, an amount as people write
 * it, in whatever currency. All but telephone numbers by an index.
 */
export async function findMentioned(
  pool: pg.Pool,
  { merchant_id, mode }: Pick<InvoiceSearch, 'merchant_id' | 'mode'>,
  text: string,
): Promise<string[]> {
  const phone = /^\+?[\d ().-]{6,25}$/.test(text) ? text.replace(/\D/g, '').replace(/^00/, '') : '';
  const { rows } = await pool.query<{ id: string }>(
    `select distinct found.id from merchants m cross join lateral (
       (select i.id from invoices i where i.merchant_id = m.id and i.mode = $2 and i.reference = $3 order by i.id desc limit ${NAMED})
       union all
       (select p.invoice_id from provider_accounts a join payments p on p.account_id = a.id and p.provider_payment_id = $3
        where a.merchant_id = m.id and a.mode = $2 limit ${NAMED})
       union all
       (select o.invoice_id from payment_operations o
        where o.merchant_id = m.id and o.mode = $2 and o.kind in ('capture', 'void', 'refund') and o.reference = $3 limit ${NAMED})
       union all
       (select i.id from jsonb_to_recordset($4::jsonb) as w (currency text, amount bigint)
        join invoices i on i.merchant_id = m.id and i.mode = $2 and i.amount = w.amount and i.currency = w.currency
        order by i.id desc limit ${NAMED})
       union all
       (select t.id from (
          select i.id, i.customer from invoices i where i.merchant_id = m.id and i.mode = $2 and length($5) >= 6
          order by i.created_at desc limit ${LOOKED_THROUGH}
        ) t where ${DIGITS(`t.customer->>'phone'`)} like '%' || $5 limit ${NAMED})
     ) found where $1::text is null or m.id = $1
     order by 1 desc limit ${NAMED}`,
    [merchant_id, mode, text, JSON.stringify(amountsIn(text)), phone],
  );
  return rows.map(({ id }) => id);
}

/** What a number can mean in minor units: 25,000 in each currency that has as many decimals or more. */
function amountsIn(text: string): { currency: string; amount: number }[] {
  const [, before = '', number, after = ''] =
    /^([A-Za-z]{3})? ?(\d[\d,' ]*(?:\.\d{1,4})?) ?([A-Za-z]{3})?$/.exec(text) ?? [];
  if (number === undefined) return [];
  const named = (before || after).toUpperCase();
  const [whole = '', decimals = ''] = number.replace(/[,' ]/g, '').split('.');
  return allCurrencies().flatMap((currency) => {
    const digits = minorUnitDigits(currency);
    const cut = decimals.replace(/0+$/, '');
    if ((named !== '' && named !== currency) || cut.length > digits) return [];
    const amount = Number(whole + cut.padEnd(digits, '0'));
    return Number.isSafeInteger(amount) && amount > 0 ? [{ currency, amount }] : [];
  });
}

/** Invoices that something happened to in the last seconds; by the ids of what it left behind, which sort by time. */
export async function recentlyChanged(
  pool: pg.Pool,
  seconds: number,
): Promise<{ readonly id: string; readonly mark: string }[]> {
  const since_ms = Date.now() - seconds * 1000;
  const { rows } = await pool.query<{ id: string; mark: string }>({
    name: 'recently_changed_invoices',
    text: `(select id, 'made' as mark from invoices where id >= $1 order by id desc limit 300)
           union all
           (select invoice_id, id from outgoing_events where id >= $2 and invoice_id is not null order by id desc limit 300)
           union all
           (select invoice_id, id from provider_exchanges where started_at >= to_timestamp($3::float8 / 1000)
            order by started_at desc limit 300)`,
    values: [firstIdAt('inv', since_ms), firstIdAt('evt', since_ms), since_ms],
  });
  return rows;
}

/**
 * Seals what is not sealed yet. Commits know nothing of it: rows are found afterwards, by the moment they were recorded, and whether one
 * is sealed is asked of the items, so that a row which became visible late is found by a later round. Only sealers wait for
 * each other, merchant by merchant, and the keys of items and links refuse what would be sealed twice.
 */
import type pg from 'pg';
import { actorOf, INVOICE_CREATED, objectOf, type Actor, type AuditAction } from '../domain/audit-trail.ts';
import type { InvoiceEvent } from '../domain/events.ts';
import { ENTRY_DIGEST, invoiceDigest, linkHash, linkSeal, NO_HASH, type SealedItem } from './audit-chain.ts';
import { findChainHead } from './audit-entries.ts';
import { firstIdAt, newIdAt } from './ids.ts';
import type { Owner } from './invoices.ts';

/** A commit that began this long before it became visible is still found; statements are ended after 10 s. */
const OVERLAP_S = 120;
/** Ids of invoices are made by the API's clock, a moment before the row. */
const CLOCKS_DIFFER_MS = 300_000;
/** Invoices and entries that one search finds at most, and one link covers. */
const BATCH = 1000;

/** A link that was made. */
export interface NewLink {
  readonly merchant_id: string;
  readonly sequence: number;
  /** Hexadecimal. */
  readonly hash: string;
  readonly items: number;
}

/** What was found, by merchant. */
interface Unsealed {
  readonly merchant_id: string;
  readonly invoices: readonly string[];
  readonly entries: readonly string[];
}

const LAST_SEALED = (invoice: string): string =>
  `coalesce((select t.last from audit_items t where t.subject = ${invoice} order by t.first desc limit 1), -1)`;

/** Invoices in the order of their ids: all from before, round by round, and then the new ones. */
const NEW_INVOICES = `
  select i.id, i.merchant_id, i.id > $1 and ${LAST_SEALED('i.id')} < 0 as is_new
  from invoices i where i.id > $1 order by i.id limit ${BATCH}`;

const NEW_EVENTS = `
  select distinct i.id, i.merchant_id from invoice_events e join invoices i on i.id = e.invoice_id
  where e.recorded_at > $1::timestamptz - make_interval(secs => ${OVERLAP_S}) and e.sequence > ${LAST_SEALED('e.invoice_id')}
  limit ${BATCH}`;

const NEW_ENTRIES = `
  select a.id, a.merchant_id from audit_entries a
  where a.invoice_id is null and a.created_at > $1::timestamptz - make_interval(secs => ${OVERLAP_S})
    and not exists (select from audit_items t where t.subject = a.id)
  limit ${BATCH}`;

interface Found {
  readonly id: string;
  readonly merchant_id: string;
}

/**
 * One round over all merchants. `more`: there was more than one round takes. What a round has sealed counts also when the next
 * one fails.
 */
export async function sealRound(
  pool: pg.Pool,
  key: Uint8Array,
): Promise<{ readonly links: readonly NewLink[]; readonly more: boolean }> {
  const { rows } = await pool.query<{ invoice_id: string; sealed_until: string; started: string }>(
    'select invoice_id, sealed_until, now() as started from audit_progress',
  );
  const [progress] = rows;
  if (!progress) throw new Error('the progress of the audit chain has been deleted');
  const made = await pool.query<Found & { is_new: boolean }>(NEW_INVOICES, [progress.invoice_id]);
  const events = await pool.query<Found>(NEW_EVENTS, [progress.sealed_until]);
  const entries = await pool.query<Found>(NEW_ENTRIES, [progress.sealed_until]);
  const fresh = made.rows.filter(({ is_new }) => is_new);
  const links: NewLink[] = [];
  for (const unsealed of byMerchant([...fresh, ...events.rows], entries.rows)) {
    const link = await sealMerchant(pool, key, unsealed);
    if (link) links.push(link);
  }
  const isFull = [events, entries].some((result) => result.rows.length === BATCH);
  const reached = made.rows.at(-1)?.id ?? progress.invoice_id;
  const settled = firstIdAt('inv', Date.parse(progress.started) - CLOCKS_DIFFER_MS);
  await pool.query(
    `update audit_progress set invoice_id = greatest(invoice_id collate "C", $1),
       sealed_until = greatest(sealed_until, $2::timestamptz)`,
    [reached < settled ? reached : settled, isFull ? null : progress.started],
  );
  // What is younger than clocks may differ is looked at again and again, and is not more to do.
  return { links, more: isFull || (made.rows.length === BATCH && fresh.length > 0) };
}

function byMerchant(invoices: readonly Found[], entries: readonly Found[]): Unsealed[] {
  const merchants = new Map<string, { invoices: Set<string>; entries: string[] }>();
  const of = (merchant: string) => {
    const known = merchants.get(merchant) ?? { invoices: new Set<string>(), entries: [] };
    merchants.set(merchant, known);
    return known;
  };
  for (const { id, merchant_id } of invoices) of(merchant_id).invoices.add(id);
  for (const { id, merchant_id } of entries) of(merchant_id).entries.push(id);
  return [...merchants].map(([merchant_id, found]) => ({
    merchant_id,
    invoices: [...found.invoices],
    entries: found.entries,
  }));
}

/** Minutes that a person who looks at the trail does not want to wait for: seals what one merchant did lately. */
export async function sealLatest(
  pool: pg.Pool,
  key: Uint8Array,
  { merchant_id, mode }: Owner,
  now: number,
): Promise<NewLink | null> {
  const since = now - OVERLAP_S * 1000;
  const { rows } = await pool.query<{ id: string }>(
    `select i.id from (
       select o.invoice_id as id from outgoing_events o where o.merchant_id = $1 and o.id > $2
       union
       select n.id from invoices n where n.merchant_id = $1 and n.mode = $3 and n.created_at > $4
     ) touched join invoices i using (id)
     where ${LAST_SEALED('i.id')} < i.version limit ${BATCH}`,
    [merchant_id, firstIdAt('evt', since), mode, new Date(since).toISOString()],
  );
  if (rows.length === 0) return null;
  return sealMerchant(pool, key, { merchant_id, invoices: rows.map(({ id }) => id), entries: [] });
}

/** Makes the next link of a merchant's chain; null when all of it is sealed by now. */
async function sealMerchant(pool: pg.Pool, key: Uint8Array, unsealed: Unsealed): Promise<NewLink | null> {
  const client = await pool.connect();
  try {
    await client.query('begin');
    const link = await sealLocked(client, key, unsealed);
    await client.query(link ? 'commit' : 'rollback');
    client.release();
    return link;
  } catch (error) {
    // The connection is closed, and with it the transaction.
    client.release(true);
    throw error;
  }
}

interface InvoiceItem extends SealedItem {
  readonly mode: string;
  readonly created_at: string;
  readonly created_by: string | null;
  readonly events: readonly EventJson[];
}

interface EventJson {
  readonly sequence: number;
  readonly type: InvoiceEvent['type'];
  readonly data: object;
  /** Microseconds. */
  readonly recorded_us: number;
  readonly provider: string | null;
  readonly payment_by: string | null;
  readonly operation_by: string | null;
}

const INVOICE_ITEMS = `
  select i.id as subject, f.first, i.version as last, ${invoiceDigest('f.first', 'i.version')} as digest,
    i.mode, i.created_at, i.created_by, coalesce((
      select jsonb_agg(jsonb_build_object('sequence', e.sequence, 'type', e.type, 'data', e.data,
        'recorded_us', (extract(epoch from e.recorded_at) * 1000000)::bigint,
        'provider', p.provider, 'payment_by', p.requested_by, 'operation_by', o.requested_by) order by e.sequence)
      from invoice_events e
      left join payments p on p.id = e.data->>'payment_id'
      left join payment_operations o on o.id = e.data->>'operation_id'
      where e.invoice_id = i.id and e.sequence between f.first and i.version), '[]') as events
  from invoices i, lateral (select ${LAST_SEALED('i.id')} + 1 as first) f
  where i.id = any($1) and i.merchant_id = $2 and f.first <= i.version order by i.id limit ${BATCH}`;

const ENTRY_ITEMS = `
  select a.id as subject, 1 as first, 1 as last, ${ENTRY_DIGEST} as digest from audit_entries a
  where a.id = any($1) and a.merchant_id = $2 and not exists (select from audit_items t where t.subject = a.id)
  order by a.id limit ${BATCH}`;

async function sealLocked(
  client: pg.PoolClient,
  key: Uint8Array,
  { merchant_id, invoices, entries }: Unsealed,
): Promise<NewLink | null> {
  await client.query(`select pg_advisory_xact_lock(hashtextextended('audit chain ' || $1, 0))`, [
    merchant_id,
  ]);
  const head = await findChainHead(client, merchant_id);
  const ofInvoices = await client.query<InvoiceItem>(INVOICE_ITEMS, [invoices, merchant_id]);
  const ofEntries = await client.query<SealedItem>(ENTRY_ITEMS, [entries, merchant_id]);
  const items = [...ofInvoices.rows, ...ofEntries.rows];
  if (items.length === 0) return null;
  const link = {
    merchant_id,
    sequence: (head?.sequence ?? 0) + 1,
    previous_hash: head?.hash ?? NO_HASH,
    sealed_at: new Date().toISOString(),
    items,
  };
  const hash = linkHash(link);
  await client.query(
    `with link as (
       insert into audit_links (merchant_id, sequence, previous_hash, hash, seal, sealed_at) values ($1, $2, $3, $4, $5, $6)
     ), items as (
       insert into audit_items (subject, first, last, merchant_id, link, position, digest)
       select t.subject, t.first, t.last, $1, $2, t.position, decode(t.digest, 'hex')
       from jsonb_to_recordset($7) as t (subject text, first int, last int, position int, digest text)
     )
     insert into audit_entries (id, merchant_id, mode, actor_type, actor_id, action, object_id, created_at, invoice_id, event_sequence)
     select n.id, $1, n.mode, n.actor_type, n.actor_id, n.action, n.object_id, n.created_at, n.invoice_id, n.event_sequence
     from jsonb_to_recordset($8) as n (id text, mode text, actor_type text, actor_id text, action text, object_id text,
       created_at timestamptz, invoice_id text, event_sequence int)`,
    [
      merchant_id,
      link.sequence,
      link.previous_hash,
      hash,
      linkSeal(hash, key),
      link.sealed_at,
      JSON.stringify(
        items.map(({ subject, first, last, digest }, position) => ({
          subject,
          first,
          last,
          position,
          digest: digest.toString('hex'),
        })),
      ),
      JSON.stringify(ofInvoices.rows.flatMap(entriesOf)),
    ],
  );
  return { merchant_id, sequence: link.sequence, hash: hash.toString('hex'), items: items.length };
}

/** The entries of what an item covers of an invoice; their ids are of the moment at which it was recorded. */
function entriesOf({ subject: invoice_id, first, mode, created_at, created_by, events }: InvoiceItem) {
  const entry = (
    sequence: number,
    at_ms: number,
    action: AuditAction,
    { type, id }: Actor,
    object: string,
  ) => ({
    id: newIdAt('aud', at_ms),
    mode,
    actor_type: type,
    actor_id: id,
    action,
    object_id: object,
    created_at: new Date(at_ms).toISOString(),
    invoice_id,
    event_sequence: sequence,
  });
  const creator: Actor = { type: 'api_key', id: created_by };
  const made = entry(0, Date.parse(created_at), INVOICE_CREATED, creator, invoice_id);
  const happened = events.map(({ sequence, type, data, recorded_us, ...context }) => {
    const event = { type, ...data } as InvoiceEvent;
    const at_ms = Math.floor(recorded_us / 1000);
    return entry(sequence, at_ms, type, actorOf(event, context), objectOf(event, invoice_id));
  });
  return first === 0 ? [made, ...happened] : happened;
}

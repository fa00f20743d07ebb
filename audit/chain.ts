/** The audit chain, link by link: whether what was sealed is still there as it was, and whether all of it was sealed. */
import type pg from 'pg';
import { ENTRY_DIGEST, invoiceDigest, linkHash, linkSeal, NO_HASH } from '../db/audit-chain.ts';
import type { Violation } from './invariant.ts';
import type { WholeInvariant, WholeOptions } from './whole-invariants.ts';

/** Where a chain stood when somebody looked: as `GET /v1/audit_chain` and the log had it. */
export interface ChainPin {
  readonly merchant_id: string;
  readonly sequence: number;
  /** Hexadecimal. */
  readonly hash: string;
}

/** A pin as it is written down: `mer_…:12:ab34…`. Null when it is none. */
export function parsePin(text: string): ChainPin | null {
  const [, merchant_id, sequence, hash] = /^(mer_\w+):(\d{1,9}):([0-9a-f]{64})$/.exec(text) ?? [];
  return merchant_id !== undefined && hash !== undefined
    ? { merchant_id, sequence: Number(sequence), hash }
    : null;
}

/** Links read at once. */
const PAGE = 20;

interface LinkRow {
  readonly merchant_id: string;
  readonly sequence: number;
  readonly previous_hash: Buffer;
  readonly hash: Buffer;
  readonly seal: Buffer;
  readonly sealed_at: string;
}

interface ItemRow {
  readonly link: number;
  readonly subject: string;
  readonly first: number;
  readonly last: number;
  readonly digest: Buffer;
  /** Of the rows as they are now; null: they are gone. */
  readonly actual: Buffer | null;
}

const ITEMS = `
  select t.link, t.subject, t.first, t.last, t.digest, case when t.subject like 'inv\\_%'
    then (select ${invoiceDigest('t.first', 't.last')} from invoices i where i.id = t.subject and i.merchant_id = t.merchant_id)
    else (select ${ENTRY_DIGEST} from audit_entries a where a.id = t.subject and a.merchant_id = t.merchant_id) end as actual
  from audit_items t where t.merchant_id = $1 and t.link between $2 and $3 order by t.link, t.position`;

/** `merchant` null: of all. */
async function* links(
  client: pg.PoolClient,
  merchant: string | null,
): AsyncGenerator<{ link: LinkRow; items: readonly ItemRow[] }> {
  let place: [merchant: string, sequence: number] = ['', 0];
  for (;;) {
    const { rows } = await client.query<LinkRow>(
      `select merchant_id, sequence, previous_hash, hash, seal, sealed_at from audit_links
       where (merchant_id, sequence) > ($1, $2) and ($3::text is null or merchant_id = $3) order by merchant_id, sequence limit ${PAGE}`,
      [...place, merchant],
    );
    for (const link of rows) {
      const { merchant_id, sequence } = link;
      // One link has up to a thousand items: no more than these are in memory.
      const { rows: items } = await client.query<ItemRow>(ITEMS, [merchant_id, sequence, sequence]);
      yield { link, items };
    }
    const last = rows.at(-1);
    if (!last || rows.length < PAGE) return;
    place = [last.merchant_id, last.sequence];
  }
}

async function brokenLinks(
  client: pg.PoolClient,
  { limit, seal_key, pins }: Pick<WholeOptions, 'limit' | 'seal_key' | 'pins'>,
  merchant: string | null = null,
): Promise<Violation[]> {
  const found: Violation[] = [];
  const open = new Map(pins.map((pin) => [`${pin.merchant_id} link ${pin.sequence}`, pin]));
  let before: LinkRow | null = null;
  for await (const { link, items } of links(client, merchant)) {
    const about = `${link.merchant_id} link ${link.sequence}`;
    const previous: LinkRow | null = before?.merchant_id === link.merchant_id ? before : null;
    const pin = open.get(about);
    open.delete(about);
    const pinned = pins.some((one) => one.merchant_id === link.merchant_id && one.sequence >= link.sequence);
    const wrong = [
      ...wrongPlace(link, previous),
      ...wrongContent(link, items),
      // What a pin vouches for needs no seal: the key may have been another one then.
      ...(seal_key && !pinned && !link.seal.equals(linkSeal(link.hash, seal_key))
        ? ['its seal was not made with our key']
        : []),
      ...(pin && pin.hash !== link.hash.toString('hex') ? ['its hash is not the one that was pinned'] : []),
    ];
    found.push(...wrong.map((message) => ({ about, message })));
    if (found.length >= limit) return found.slice(0, limit);
    before = link;
  }
  return [
    ...found,
    ...[...open.keys()].map((about) => ({ about, message: 'it was pinned, and is not there' })),
  ].slice(0, limit);
}

function wrongPlace({ sequence, previous_hash }: LinkRow, previous: LinkRow | null): string[] {
  const due = (previous?.sequence ?? 0) + 1;
  if (sequence !== due) return [`link ${due} is missing`];
  return previous_hash.equals(previous?.hash ?? NO_HASH)
    ? []
    : ['it does not follow from the link before it'];
}

function wrongContent(link: LinkRow, items: readonly ItemRow[]): string[] {
  const changed = items
    .filter(({ digest, actual }) => actual === null || !actual.equals(digest))
    .map((item) =>
      item.actual === null
        ? `${called(item)} is gone`
        : `${called(item)} is not as it was when it was sealed`,
    );
  return link.hash.equals(linkHash({ ...link, items }))
    ? changed
    : ['its hash is not that of what it lists', ...changed];
}

const called = ({ subject, first, last }: ItemRow): string =>
  subject.startsWith('inv_') ? `${subject} (events ${first} to ${last})` : subject;

const SEALED_TO = `coalesce((select t.last from audit_items t where t.subject = i.id order by t.first desc limit 1), -1)`;
const CUTOFF = 'now() - make_interval(secs => $2)';

/** Each selects `about` and `message`. */
const UNSEALED = [
  `select i.id as about, 'its events are not sealed after ' || ${SEALED_TO} as message from invoices i
   where i.created_at <= ${CUTOFF} and ${SEALED_TO} < (select coalesce(max(e.sequence), 0) from invoice_events e
     where e.invoice_id = i.id and e.recorded_at <= ${CUTOFF})
   order by i.id limit $1`,
  `select a.id as about, 'it is not sealed' as message from audit_entries a
   where a.invoice_id is null and a.created_at <= ${CUTOFF}
     and not exists (select from audit_items t where t.subject = a.id)
   order by a.id limit $1`,
  `select about, 'what is sealed of it has a gap before event ' || first as message from (
     select subject as about, first, lag(last, 1, -1) over (partition by subject order by first) as before
     from audit_items where subject like 'inv\\_%'
   ) pieces where first <> before + 1 and $2::float8 is not null order by 1 limit $1`,
  `select l.transaction_key as about, 'it belongs to no commit of ' || l.invoice_id as message from ledger_entries l
   where l.transaction_key not like 'settlement:%'
     and not exists (select from invoice_events e where e.invoice_id = l.invoice_id and e.recorded_at = l.recorded_at)
     and $2::float8 is not null
   group by l.transaction_key, l.invoice_id order by 1 limit $1`,
];

/** What is wrong with the chain of one merchant, at most `limit` findings; empty: it is whole, and what it sealed is as it was. */
export function verifyChain(
  client: pg.PoolClient,
  merchant_id: string,
  { limit, seal_key }: Pick<WholeOptions, 'limit' | 'seal_key'>,
): Promise<readonly Violation[]> {
  return brokenLinks(client, { limit, seal_key, pins: [] }, merchant_id);
}

export const CHAIN_INVARIANTS: readonly WholeInvariant[] = [
  {
    id: 'audit_chain',
    title: 'The audit chain of each merchant is whole, and what it sealed is as it was',
    check: (client, options) => brokenLinks(client, options),
  },
  {
    id: 'audit_coverage',
    title: 'All that was recorded has been sealed, each event and entry once',
    async check(client, { limit, seal_grace_s }) {
      const found: Violation[] = [];
      for (const text of UNSEALED)
        found.push(...(await client.query<Violation>(text, [limit, seal_grace_s])).rows);
      return found.slice(0, limit);
    },
  },
];

/**
 * What the links of the audit chain are made of. Content is hashed where it is, by one expression that sealing and
 * verifying share; its text is that of jsonb, which has one spelling for a value. Links are hashed here, with a key
 * that the database never sees.
 */
import { createHash, createHmac } from 'node:crypto';

/** Digest of a link that has none before it. */
export const NO_HASH = Buffer.alloc(32);

/** What an item covers. */
export interface SealedItem {
  /** The id of an invoice or of an entry. */
  readonly subject: string;
  /** Of an invoice: from this event (0: the invoice itself) … */
  readonly first: number;
  /** … to this one. */
  readonly last: number;
  /** SHA-256 of the rows as they are. */
  readonly digest: Buffer;
}

export interface LinkContent {
  readonly merchant_id: string;
  readonly sequence: number;
  readonly previous_hash: Buffer;
  /** RFC 3339 UTC with milliseconds. */
  readonly sealed_at: string;
  readonly items: readonly SealedItem[];
}

/** SHA-256 over everything a link says: anybody can compute it. */
export function linkHash({ merchant_id, sequence, previous_hash, sealed_at, items }: LinkContent): Buffer {
  const text = JSON.stringify([
    'sarraf audit link 1',
    merchant_id,
    sequence,
    previous_hash.toString('hex'),
    sealed_at,
    items.map(({ subject, first, last, digest }) => [subject, first, last, digest.toString('hex')]),
  ]);
  return createHash('sha256').update(text).digest();
}

/** Proves that a link was made by a process of ours: whoever can only write to the database cannot make one. */
export function linkSeal(hash: Buffer, key: Uint8Array): Buffer {
  return createHmac('sha256', key).update(hash).digest();
}

/** The key of the seals, made of the pepper of API keys. */
export function sealKey(apiKeyPepper: Uint8Array): Buffer {
  return createHmac('sha256', apiKeyPepper).update('seals of the audit chain').digest();
}

/** A moment in microseconds, whatever time zone the connection has. */
const us = (moment: string): string => `(extract(epoch from ${moment}) * 1000000)::bigint`;

const sha256 = (json: string): string => `sha256(convert_to((${json})::text, 'UTF8'))`;

/**
 * The digest of invoice `i` from event `first` to `last`, as an SQL expression: the invoice as it was made, its events, and
 * the ledger entries that their commits posted. Columns that may lawfully change or be erased are left out.
 */
export const invoiceDigest = (first: string, last: string): string =>
  sha256(`jsonb_build_array(
    case when ${first} = 0 then jsonb_build_array(i.id, i.merchant_id, i.mode, i.currency, i.amount, i.capture_method, i.late_money,
      i.excess_money, ${us('i.due_at')}, ${us('i.created_at')}, i.created_by) end,
    (select jsonb_agg(jsonb_build_array(e.sequence, e.type, e.event_key, e.data, ${us('e.at')}, ${us('e.recorded_at')})
       order by e.sequence)
     from invoice_events e where e.invoice_id = i.id and e.sequence between ${first} and ${last}),
    (select jsonb_agg(jsonb_build_array(l.transaction_key, l.line, l.account, l.merchant_id, l.account_id, l.payment_id,
       l.currency, l.amount, ${us('l.at')}, ${us('l.recorded_at')}) order by l.transaction_key collate "C", l.line)
     from ledger_entries l where l.invoice_id = i.id and l.recorded_at in (
       select e.recorded_at from invoice_events e where e.invoice_id = i.id and e.sequence between ${first} and ${last}))
  )`);

/** The digest of audit entry `a`, as an SQL expression. */
export const ENTRY_DIGEST =
  sha256(`jsonb_build_array(a.id, a.merchant_id, a.mode, a.actor_type, a.actor_id, a.action,
  a.object_id, a.details, ${us('a.created_at')})`);

/**
 * Idempotency keys of API requests. A claim is made by the statement that makes the object (`invoices.ts`,
 * `payments.ts`), so the two stand or fall together; here is what comes after, and the claim of requests that make none.
 */
import type pg from 'pg';
import type { Mode } from './merchants.ts';

/** A claim without an answer that is older than this was left behind by a process that died, seconds. */
const ABANDONED_AFTER_S = 60;

/** Whose key it is, and what was asked with it. */
export interface IdempotencyClaim {
  readonly merchant_id: string;
  readonly mode: Mode;
  readonly key: string;
  /** SHA-256 over method, path and body; keyed where the body has secrets. */
  readonly request_hash: Buffer;
}

export interface StoredAnswer {
  readonly status: number;
  /** The JSON text that was answered, byte for byte. */
  readonly body: string;
}

/** What is known of a key that has been used before. */
export interface KnownKey {
  readonly same_request: boolean;
  /** The object its first request makes or has made. */
  readonly resource_id: string;
  readonly answer: StoredAnswer | null;
}

/** What is known of a key, or null when it was never used. */
export async function findKey(pool: pg.Pool, claim: IdempotencyClaim): Promise<KnownKey | null> {
  const { rows } = await pool.query<{
    same_request: boolean;
    resource_id: string;
    answer_status: number | null;
    answer_body: string | null;
  }>({
    name: 'find_idempotency_key',
    text: `select request_hash = $4 as same_request, resource_id, answer_status, answer_body
           from idempotency_keys where merchant_id = $1 and mode = $2 and key = $3`,
    values: [claim.merchant_id, claim.mode, claim.key, claim.request_hash],
  });
  const [row] = rows;
  if (!row) return null;
  const { same_request, resource_id, answer_status: status, answer_body: body } = row;
  return { same_request, resource_id, answer: status === null || body === null ? null : { status, body } };
}

/**
 * Claims a key for a request that makes no object with a statement of its own; false: it has been used before.
 * `resource_id`: what the request is about.
 */
export async function claimKey(
  pool: pg.Pool,
  claim: IdempotencyClaim,
  resource_id: string,
): Promise<boolean> {
  const { rowCount } = await pool.query({
    name: 'claim_idempotency_key',
    text: `insert into idempotency_keys (merchant_id, mode, key, request_hash, resource_id)
           values ($1, $2, $3, $4, $5) on conflict do nothing`,
    values: [claim.merchant_id, claim.mode, claim.key, claim.request_hash, resource_id],
  });
  return rowCount === 1;
}

/**
 * Takes over an abandoned claim; true for exactly one caller. The object's id stays, so work goes on where it
 * stopped and nothing is made twice.
 */
export async function takeOver(pool: pg.Pool, claim: IdempotencyClaim): Promise<boolean> {
  const { rowCount } = await pool.query({
    name: 'take_over_idempotency_key',
    text: `update idempotency_keys set claimed_at = now()
           where merchant_id = $1 and mode = $2 and key = $3 and answer_status is null
             and claimed_at < now() - make_interval(secs => ${ABANDONED_AFTER_S})`,
    values: [claim.merchant_id, claim.mode, claim.key],
  });
  return rowCount === 1;
}

/** Keeps the answer for repetitions of the request. `made`: what it has made, where that was not known before. */
export async function storeAnswer(
  pool: pg.Pool,
  claim: IdempotencyClaim,
  { status, body }: StoredAnswer,
  made: string | null = null,
): Promise<void> {
  await pool.query({
    name: 'store_answer',
    text: `update idempotency_keys set answer_status = $4, answer_body = to_jsonb($5::text), resource_id = coalesce($6, resource_id)
           where merchant_id = $1 and mode = $2 and key = $3 and answer_status is null`,
    values: [claim.merchant_id, claim.mode, claim.key, status, body, made],
  });
}

/**
 * Lets the next repetition go on at once with the same object: this one ended without a final answer. The claim keeps
 * an age, because old ones are swept away.
 */
export async function leaveOpen(pool: pg.Pool, claim: IdempotencyClaim): Promise<void> {
  await pool.query({
    name: 'leave_idempotency_key_open',
    text: `update idempotency_keys set claimed_at = now() - make_interval(secs => ${ABANDONED_AFTER_S + 1})
           where merchant_id = $1 and mode = $2 and key = $3 and answer_status is null`,
    values: [claim.merchant_id, claim.mode, claim.key],
  });
}

/** Forgets a key whose request is known to have had no effect anywhere: a repetition starts afresh. */
export async function forgetKey(pool: pg.Pool, claim: IdempotencyClaim): Promise<void> {
  await pool.query({
    name: 'forget_idempotency_key',
    text: `delete from idempotency_keys where merchant_id = $1 and mode = $2 and key = $3 and answer_status is null`,
    values: [claim.merchant_id, claim.mode, claim.key],
  });
}

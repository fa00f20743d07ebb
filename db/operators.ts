/** People who use the operations pages, and their sessions. Neither passwords nor cookies are stored, only their hashes. */
import { createHash, createHmac, randomBytes } from 'node:crypto';
import type pg from 'pg';
import { newId } from './ids.ts';
import { logged, logValue } from './operator-log.ts';
import { hashPassword } from './passwords.ts';

/** Each may do what the one before it may: look; move money and decide cases; change the configuration. */
export const ROLES = ['viewer', 'operator', 'admin'] as const;
export type Role = (typeof ROLES)[number];

export interface Operator {
  readonly id: string;
  readonly name: string;
  readonly role: Role;
  /** The one merchant they see; null: all. */
  readonly merchant_id: string | null;
}

export interface OperatorRow extends Operator {
  readonly created_at: string;
  readonly disabled_at: string | null;
  /** When they last used a page, while there is a session that says so. */
  readonly seen_at: string | null;
}

/** How long a session lasts without being used, and at all. */
export const IDLE_S = 30 * 60;
export const SESSION_S = 12 * 3600;
/** Using a session writes its time this often at most. */
const SEEN_EVERY_S = 60;

/** Names that the audit trail has for others are none for people. */
export const OPERATOR_NAME = /^(?!(?:sarraf|provider)$)[a-z0-9][a-z0-9.@+-]{1,63}$/;

/** Makes an operator; false when the name is taken. */
export async function createOperator(
  pool: pg.Pool,
  { name, role, merchant_id, password }: Omit<Operator, 'id'> & { readonly password: string },
): Promise<boolean> {
  const { rowCount } = await pool.query(
    `with created as (
       insert into operators (id, name, role, merchant_id, password_hash) values ($1, $2, $3, $4, $5)
       on conflict (name) do nothing
       returning name, null::text as actor, jsonb_build_object('role', role, 'merchant', merchant_id) as details
     ), ${logged('created', 6)}
     select from created`,
    [newId('opr'), name, role, merchant_id, await hashPassword(password), logValue('operator.created')],
  );
  return rowCount === 1;
}

/** Gives somebody another role, from their next request on; false when there is nobody of that name who is not disabled. */
export async function setRole(pool: pg.Pool, name: string, role: Role): Promise<boolean> {
  const { rowCount } = await pool.query(
    `with before as (
       select id, name, role from operators where name = $1 and disabled_at is null for update
     ), changed as (
       update operators o set role = $2 from before b where o.id = b.id
       returning o.name, null::text as actor, jsonb_build_object('before', b.role, 'role', o.role) as details
     ), ${logged('changed', 3)}
     select from changed`,
    [name, role, logValue('operator.role_changed')],
  );
  return rowCount === 1;
}

/** All operators by name, those who are disabled too. */
export async function listOperators(pool: pg.Pool): Promise<OperatorRow[]> {
  const { rows } = await pool.query<OperatorRow>(
    `select o.id, o.name, o.role, o.merchant_id, o.created_at, o.disabled_at,
       (select max(s.seen_at) from operator_sessions s where s.operator_id = o.id) as seen_at
     from operators o order by o.name`,
  );
  return rows;
}

/** Ends what they may do, and their sessions with it; false when there is nobody of that name who is not disabled already. */
export async function disableOperator(pool: pg.Pool, name: string): Promise<boolean> {
  const { rowCount } = await pool.query(
    `with disabled as (
       update operators set disabled_at = now() where name = $1 and disabled_at is null
       returning id, name, null::text as actor, '{}'::jsonb as details
     ), ended as (delete from operator_sessions where operator_id in (select id from disabled)), ${logged('disabled', 2)}
     select from disabled`,
    [name, logValue('operator.disabled')],
  );
  return rowCount === 1;
}

/** Gives somebody a new password, ends their sessions, and lets them in again if they were disabled. False: no such name. */
export async function setPassword(pool: pg.Pool, name: string, password: string): Promise<boolean> {
  const { rowCount } = await pool.query(
    `with changed as (
       update operators set password_hash = $2, disabled_at = null where name = $1
       returning id, name, null::text as actor, '{}'::jsonb as details
     ), ended as (delete from operator_sessions where operator_id in (select id from changed)), ${logged('changed', 3)}
     select from changed`,
    [name, await hashPassword(password), logValue('operator.password_set')],
  );
  return rowCount === 1;
}

/** Whoever has this name, with the hash of their password; `is_disabled`: they may not sign in, and are not told why. */
export async function findForSignIn(
  pool: pg.Pool,
  name: string,
): Promise<(Operator & { readonly password_hash: string; readonly is_disabled: boolean }) | null> {
  const { rows } = await pool.query<Operator & { password_hash: string; is_disabled: boolean }>(
    `select id, name, role, merchant_id, password_hash, disabled_at is not null as is_disabled
     from operators where name = $1`,
    [name],
  );
  return rows[0] ?? null;
}

const hashToken = (token: string): Buffer => createHash('sha256').update(token).digest();

/**
 * Begins a session of somebody who came from `address`, ends the one that was there (`replaced`, a token), and returns the token for
 * the cookie.
 */
export async function beginSession(
  pool: pg.Pool,
  operatorId: string,
  { replaced, address }: { readonly replaced: string | null; readonly address: string },
): Promise<string> {
  const token = randomBytes(32).toString('base64url');
  await pool.query(
    `with swept as (
       delete from operator_sessions where token_hash = $3 or created_at < now() - make_interval(secs => $4)
         or seen_at < now() - make_interval(secs => $5)
     ), who as (
       select name, name as actor, jsonb_build_object('role', role, 'address', $6::text) as details from operators where id = $2
     ), ${logged('who', 7)}
     insert into operator_sessions (token_hash, operator_id) values ($1, $2)`,
    [
      hashToken(token),
      operatorId,
      hashToken(replaced ?? ''),
      SESSION_S,
      IDLE_S,
      address,
      logValue('operator.signed_in'),
    ],
  );
  return token;
}

/** Whose session it is, while it lasts. `used`: a person did something, so it lasts on. */
export async function findSession(pool: pg.Pool, token: string, used: boolean): Promise<Operator | null> {
  const { rows } = await pool.query<Operator & { stale: boolean }>({
    name: 'find_operator_session',
    text: `select o.id, o.name, o.role, o.merchant_id, s.seen_at < now() - make_interval(secs => $4) as stale
           from operator_sessions s join operators o on o.id = s.operator_id
           where s.token_hash = $1 and o.disabled_at is null and s.created_at > now() - make_interval(secs => $2)
             and s.seen_at > now() - make_interval(secs => $3)`,
    values: [hashToken(token), SESSION_S, IDLE_S, SEEN_EVERY_S],
  });
  const [row] = rows;
  if (!row) return null;
  const { stale, ...operator } = row;
  if (stale && used) {
    await pool.query('update operator_sessions set seen_at = now() where token_hash = $1', [
      hashToken(token),
    ]);
  }
  return operator;
}

/** Ends a session, as its operator wants it. */
export async function endSession(pool: pg.Pool, token: string): Promise<void> {
  await pool.query(
    `with ended as (delete from operator_sessions where token_hash = $1 returning operator_id), who as (
       select o.name, o.name as actor, '{}'::jsonb as details from ended e join operators o on o.id = e.operator_id
     ), ${logged('who', 2)}
     select from ended`,
    [hashToken(token), logValue('operator.signed_out')],
  );
}

/** How many failures are free, and how long the next attempt then has to wait at most. The wait doubles with each. */
const PATIENCE = { name: { free: 3, most_s: 900 }, address: { free: 20, most_s: 300 } } as const;
const FORGOTTEN_S = 86_400;

/** Who tries: the name they gave and the address they came from. */
export interface Attempt {
  readonly name: string;
  readonly address: string;
}

const subjectOf = (pepper: Uint8Array, kind: keyof Attempt, attempt: Attempt): Buffer =>
  createHmac('sha256', pepper).update(`operator sign-in ${kind} ${attempt[kind]}`).digest();

/**
 * Counts an attempt before its password is looked at, so that many at once gain nothing. The answer is how many seconds it has to
 * wait; 0: it may be made.
 */
export async function countAttempt(pool: pg.Pool, pepper: Uint8Array, attempt: Attempt): Promise<number> {
  for (const kind of ['address', 'name'] as const) {
    const wait_s = await count(pool, subjectOf(pepper, kind, attempt), PATIENCE[kind]);
    if (wait_s > 0) return wait_s;
  }
  return 0;
}

async function count(
  pool: pg.Pool,
  subject: Buffer,
  { free, most_s }: { free: number; most_s: number },
): Promise<number> {
  const { rows } = await pool.query<{ wait_s: number }>(
    `with counted as (
       insert into operator_sign_in_failures as f (subject, failures, blocked_until, failed_at) values ($1, 1, now(), now())
       on conflict (subject) do update set
         failures = case when f.failed_at < now() - make_interval(secs => $4) then 1 else least(f.failures + 1, 1000) end,
         blocked_until = now() + make_interval(secs => case
           when f.failed_at < now() - make_interval(secs => $4) or f.failures < $2 then 0
           else least($3, 2 ^ least(f.failures - $2 + 1, 20)) end),
         failed_at = now()
       where f.blocked_until <= now()
       returning 0 as wait_s
     ), swept as (
       delete from operator_sign_in_failures where failed_at < now() - make_interval(secs => $4) and subject <> $1
     )
     select wait_s from counted union all
     select ceil(extract(epoch from blocked_until - now()))::integer from operator_sign_in_failures
     where subject = $1 and not exists (select from counted)`,
    [subject, free, most_s, FORGOTTEN_S],
  );
  return rows[0]?.wait_s ?? 0;
}

/** Somebody got in: the name starts afresh, and this attempt of the address was no failure. */
export async function forgiveAttempt(pool: pg.Pool, pepper: Uint8Array, attempt: Attempt): Promise<void> {
  await pool.query(
    `with name as (delete from operator_sign_in_failures where subject = $1)
     update operator_sign_in_failures set failures = greatest(failures - 1, 0) where subject = $2`,
    [subjectOf(pepper, 'name', attempt), subjectOf(pepper, 'address', attempt)],
  );
}

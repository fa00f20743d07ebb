/** What people do that is no merchant's: signing in and out, and who may. Each entry is made by the statement that does it. */
import type pg from 'pg';
import { newId } from './ids.ts';
import { readPage, type Listed, type Page } from './lists.ts';

export const OPERATOR_ACTIONS = [
  'operator.signed_in',
  'operator.sign_in_refused',
  'operator.signed_out',
  'operator.created',
  'operator.role_changed',
  'operator.password_set',
  'operator.disabled',
] as const;
export type OperatorAction = (typeof OPERATOR_ACTIONS)[number];

export interface OperatorLogRow {
  readonly id: string;
  /** Whom it is about; null: a name that nobody has. */
  readonly operator: string | null;
  /** The person who did it; null: whoever works on the machine itself. */
  readonly actor: string | null;
  readonly action: OperatorAction;
  readonly details: Readonly<Record<string, unknown>>;
  readonly created_at: string;
}

/**
 * A part of a `with` clause, to stand in the statement that does it: one entry for each row of `source`, which has `name`, `actor` and
 * `details`. `place` is the number of the parameter that `logValue` gives.
 */
export function logged(source: string, place: number): string {
  return `logged as (
    insert into operator_log (id, operator, actor, action, details)
    select l.id, s.name, s.actor, l.action, s.details from ${source} s, jsonb_to_record($${place}::jsonb) as l (id text, action text)
  )`;
}

/** The parameter of `logged`. */
export function logValue(action: OperatorAction): string {
  return JSON.stringify({ id: newId('opl'), action });
}

/** Somebody was not let in. `name` null: nobody is called what they have typed, which is not kept. */
export async function logRefusal(
  pool: pg.Pool,
  { name, address, reason }: { name: string | null; address: string; reason: 'wrong' | 'disabled' },
): Promise<void> {
  await pool.query(
    `with tried as (select $1::text as name, null::text as actor, jsonb_build_object('address', $2::text, 'reason', $3::text) as details),
       ${logged('tried', 4)}
     select from tried`,
    [name, address, reason, logValue('operator.sign_in_refused')],
  );
}

/** A page of the log, the newest first. Null: any. */
export function listOperatorLog(
  pool: pg.Pool,
  filter: { readonly operator: string | null; readonly action: string | null; readonly from: string | null },
  page: Page,
): Promise<Listed<OperatorLogRow>> {
  return readPage<OperatorLogRow>(pool, page, (clauses) => {
    const matching = clauses.where([
      ['l.operator = $', filter.operator],
      ['l.action = $', filter.action],
      ['l.id >= $', filter.from],
    ]);
    return `select l.id, l.operator, l.actor, l.action, l.details, l.created_at from operator_log l
      where ${matching === '' ? 'true' : matching} ${clauses.page('l.id')}`;
  });
}

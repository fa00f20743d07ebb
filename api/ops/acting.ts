/** What the actions of several parts share: the reason, whose the object is, and what the audit trail says. */
import type { AuditNote } from '../../db/audit-entries.ts';
import type { Owner } from '../../db/invoices.ts';
import { findOwner, type OwnedPrefix } from '../../db/ops-record.ts';
import { html, type Html } from '../../pages/html.ts';
import { facts } from '../../pages/look/components.ts';
import type { ApiDependencies } from '../dependencies.ts';
import { isDeadline, isUnreachable, repeatDropped } from '../gateway-errors.ts';
import { invalidFields, notFound, Problem } from '../problem.ts';
import type { Visit } from './page.ts';

const WORDS: Readonly<Record<OwnedPrefix, string>> = {
  dlv: 'delivery',
  whe: 'webhook endpoint',
  case: 'case',
  rec: 'reconciliation run',
  inc: 'incident',
  pacc: 'provider account',
  key: 'API key',
  aud: 'audit entry',
};

/** Whose the object in the address (`:id`) is. Throws the problem of an unknown one, also when this operator may not see it. */
export async function mustOwn(
  { pool }: Pick<ApiDependencies, 'pool'>,
  visit: Visit,
  prefix: OwnedPrefix,
): Promise<Owner> {
  const owner = await findOwner(pool, prefix, visit.params['id'] ?? '');
  if (owner === null || !maySee(visit, owner)) throw notFound(WORDS[prefix]);
  return owner;
}

/** An operator of one merchant sees that merchant alone; without a mode in the address it is that of the object. */
export function maySee({ operator, scope, query }: Visit, { merchant_id, mode }: Owner): boolean {
  const isTheirs = (operator.merchant_id ?? merchant_id) === merchant_id;
  return isTheirs && (mode === scope.mode || (operator.id !== 'opr_local' && query.get('mode') === null));
}

/** What the audit trail says of something that a person does. */
export function noteOf(
  { operator }: Visit,
  reason: string | null,
  details: AuditNote['details'] = {},
): AuditNote {
  return {
    actor: { type: 'person', id: operator.name },
    details: reason === null ? details : { ...details, reason },
  };
}

/** Throws unless the form says why. */
export function requireReason(reason: string): void {
  if (reason !== '') return;
  const expected = 'a few words that say why';
  throw invalidFields([{ pointer: '/reason', code: 'required', detail: 'is missing', expected }]);
}

/** A sentence with what it is about, for the page that asks. */
export function about(text: string, lines: readonly (readonly [string, string | Html])[]): Html {
  return html`<p>${text}</p>
    ${facts(lines.map(([term, value]) => ({ term, text: value })))}`;
}

/** Asks the workflow engine; that it does not answer is said in words. */
export async function askEngine<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await repeatDropped(work);
  } catch (error) {
    if (!isDeadline(error) && !isUnreachable(error)) throw error;
    const detail = 'the workflow engine did not answer; it may yet be done: look again before you repeat it';
    throw new Problem('temporarily_unavailable', detail, { retryAfter_s: 5, cause: error });
  }
}

/** What is known of a request while it is handled; also what its log line says. */
import type { Response } from 'express';
import type { AuditNote } from '../db/audit-entries.ts';
import type { StoredAnswer } from '../db/idempotency.ts';
import type { Owner } from '../db/invoices.ts';
import type { Policies } from '../domain/cases.ts';
import type { Scope } from '../domain/scopes.ts';

/** Who holds the API key of a request. */
export interface Holder {
  readonly owner: Owner;
  readonly key_id: string;
  readonly scopes: readonly Scope[];
  readonly policies: Policies;
}

export interface RequestContext {
  readonly request_id: string;
  /** Who asks; set by `auth.ts`. */
  holder: Holder | null;
  invoice_id: string | null;
  /** The webhook row that the request has made or repeated: what is done about it later knows only that. */
  webhook_id: string | null;
  /** The pattern of the route that took the request. */
  route: string | null;
  /** Keeps a successful answer for repetitions of the request before it is sent; never rejects. Set by `repeatable.ts`. */
  keepAnswer: ((answer: StoredAnswer) => Promise<void>) | null;
}

/** The context that `log.ts` has attached to the response. */
export function contextOf(response: Response): RequestContext {
  return response.locals.context as RequestContext;
}

/** Who asks; the route is behind `requireKey`, so somebody does. */
export function holderOf(response: Response): Holder {
  const { holder } = contextOf(response);
  if (holder === null) throw new Error('this route is not behind requireKey');
  return holder;
}

/** What the audit trail says of an action of this request: the key that asks, and `details` without secrets. */
export function noteBy(response: Response, details: AuditNote['details'] = {}): AuditNote {
  return { actor: { type: 'api_key', id: holderOf(response).key_id }, details };
}

/** Whose objects the request may see. */
export function ownerOf(response: Response): Owner {
  return holderOf(response).owner;
}

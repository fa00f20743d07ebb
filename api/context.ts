/** What is known of a request while it is handled; also what its log line says. */
import type { Response } from 'express';
import type { Owner } from '../db/invoices.ts';

export interface RequestContext {
  readonly request_id: string;
  /** Whose key it is; set by `auth.ts`. */
  owner: Owner | null;
  /** The API key that was used. */
  key_id: string | null;
  invoice_id: string | null;
  /** The pattern of the route that took the request. */
  route: string | null;
}

/** The context that `log.ts` has attached to the response. */
export function contextOf(response: Response): RequestContext {
  return response.locals.context as RequestContext;
}

/** Who asks; the route is behind `requireKey`, so somebody does. */
export function ownerOf(response: Response): Owner {
  const { owner } = contextOf(response);
  if (owner === null) throw new Error('this route is not behind requireKey');
  return owner;
}

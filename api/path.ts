/** Ids in paths. What cannot be an id is answered like an id that does not exist, without asking the database. */
import type { Request, Response } from 'express';
import { isId } from '../db/ids.ts';
import { contextOf } from './context.ts';
import { notFound } from './problem.ts';

const NAMES = {
  inv: 'invoice',
  pay: 'payment',
  cap: 'capture',
  void: 'void',
  rfd: 'refund',
  case: 'case',
  evt: 'event',
  pacc: 'provider account',
  inc: 'incident',
  whe: 'webhook endpoint',
  dlv: 'delivery',
  key: 'API key',
  mer: 'merchant',
  rec: 'reconciliation run',
  aud: 'audit entry',
} as const;

/** The `:id` of the path; throws the problem of an unknown object when it does not have the form of one. */
export function idParameter(request: Request, response: Response, prefix: keyof typeof NAMES): string {
  const { id } = request.params;
  if (typeof id !== 'string' || !isId(prefix, id)) throw notFound(NAMES[prefix]);
  if (prefix === 'inv') contextOf(response).invoice_id = id;
  return id;
}

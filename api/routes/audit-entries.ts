/**
 * The audit trail: who did what when, an entry for each action, and the head of the chain that seals them. A list that is read from
 * its start has what happened a moment ago, because the latest is sealed first.
 */
import type { Request, Response } from 'express';
import { z } from 'zod';
import {
  findAuditEntry,
  findChainHead,
  listAuditEntries,
  type AuditEntryRow,
  type AuditFilter,
} from '../../db/audit-entries.ts';
import { sealKey } from '../../db/audit-chain.ts';
import { sealLatest } from '../../db/audit-seal.ts';
import { ACTOR_TYPES, AUDIT_ACTIONS } from '../../domain/audit-trail.ts';
import { sendJson } from '../answer.ts';
import { contextOf, ownerOf } from '../context.ts';
import type { Columns } from '../csv.ts';
import type { ApiDependencies } from '../dependencies.ts';
import { moment, oneOf } from '../fields.ts';
import { exactText, listHandler } from '../lists.ts';
import { idParameter } from '../path.ts';
import { notFound } from '../problem.ts';
import { parseQuery } from '../query.ts';
import type { auditChainHead, auditEntry } from '../schemas/merchant.ts';
import type { Shown } from '../schemas/parts.ts';

export const auditFilters = {
  actor_type: oneOf(ACTOR_TYPES, 'unknown_actor_type', 'a type of actor').optional(),
  actor: exactText(200).optional(),
  action: oneOf(AUDIT_ACTIONS, 'unknown_action', 'an action').optional(),
  object: exactText(64).optional(),
  created_gte: moment().optional(),
  created_lte: moment().optional(),
};

export const noParameters = z.strictObject({});

export function auditEntryRoutes({ pool, apiKeyPepper, now }: ApiDependencies) {
  const key = sealKey(apiKeyPepper);

  const list = listHandler({
    prefix: 'aud',
    name: 'audit_entries',
    filters: auditFilters,
    find: (owner, id) => findAuditEntry(pool, owner, id),
    async read(owner, { actor_type, actor, action, object, created_gte, created_lte }, page) {
      const filter: AuditFilter = {
        actor_type: actor_type ?? null,
        actor: actor ?? null,
        action: action ?? null,
        object: object ?? null,
        created_gte: created_gte === undefined ? null : Date.parse(created_gte),
        created_lte: created_lte === undefined ? null : Date.parse(created_lte),
      };
      if (page.after === null) await sealLatest(pool, key, owner, now());
      return listAuditEntries(pool, owner, filter, page);
    },
    id: ({ id }) => id,
    present,
    columns,
  });

  const read = async (request: Request, response: Response): Promise<void> => {
    const row = await findAuditEntry(pool, ownerOf(response), idParameter(request, response, 'aud'));
    if (!row) throw notFound('audit entry');
    contextOf(response).invoice_id = row.invoice_id;
    sendJson(response, 200, JSON.stringify(present(row)));
  };

  /** For whoever keeps it elsewhere: a chain that was written anew has another hash at this place. */
  const head = async (request: Request, response: Response): Promise<void> => {
    parseQuery(noParameters, request);
    const { merchant_id } = ownerOf(response);
    const last = await findChainHead(pool, merchant_id);
    const pin = last && `${merchant_id}:${last.sequence}:${last.hash.toString('hex')}`;
    const answer: Shown<typeof auditChainHead> = {
      object: 'audit_chain_head',
      merchant: merchant_id,
      sequence: last?.sequence ?? 0,
      hash: last?.hash.toString('hex') ?? null,
      sealed_at: last?.sealed_at ?? null,
      pin,
    };
    sendJson(response, 200, JSON.stringify(answer));
  };

  return { list, read, head };
}

function present(row: AuditEntryRow): Shown<typeof auditEntry> {
  const { id, mode, actor_type, actor_id, action, object_id, invoice_id, details, link, created_at } = row;
  return {
    object: 'audit_entry',
    id,
    mode,
    actor: { type: actor_type, id: actor_id },
    action,
    object_id,
    invoice: invoice_id,
    details,
    sealed_in: link,
    created_at,
  };
}

const columns: Columns<AuditEntryRow> = {
  id: ({ id }) => id,
  mode: ({ mode }) => mode,
  actor_type: ({ actor_type }) => actor_type,
  actor: ({ actor_id }) => actor_id,
  action: ({ action }) => action,
  object_id: ({ object_id }) => object_id,
  invoice: ({ invoice_id }) => invoice_id,
  details: ({ details }) => JSON.stringify(details),
  sealed_in: ({ link }) => link,
  created_at: ({ created_at }) => created_at,
};

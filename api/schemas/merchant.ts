/** Merchants, API keys and the audit trail in answers. */
import { z } from 'zod';
import { ACTOR_TYPES, AUDIT_ACTIONS } from '../../domain/audit-trail.ts';
import { SCOPES } from '../../domain/scopes.ts';
import { moneyPolicy } from './invoice.ts';
import { count, id, mode, named, object, text, time } from './parts.ts';

export const merchant = named(
  'Merchant',
  'A merchant: what holds for its new invoices, and what customers see of it.',
  object({
    object: z.literal('merchant'),
    id: id('mer'),
    name: text(),
    late_money: moneyPolicy(),
    excess_money: moneyPolicy(),
    branding: object({
      display_name: text().optional(),
      color: text().optional(),
      logo: text().optional(),
      support_url: text().optional(),
      support_email: text().optional(),
    }),
    created_at: time(),
  }),
);

const keyFields = {
  object: z.literal('api_key'),
  id: id('key'),
  mode: mode(),
  label: text(),
  prefix: text('How the key begins.'),
  scopes: z.array(z.enum(SCOPES)),
  status: z.enum(['active', 'expired', 'revoked']),
  created_at: time(),
  last_used_at: time().nullable(),
  expires_at: time().nullable(),
  revoked_at: time().nullable(),
};

export const apiKey = named('ApiKey', 'An API key, without its secret.', object(keyFields));

export const newApiKey = named(
  'NewApiKey',
  'An API key that was just made, with its secret.',
  object({
    ...keyFields,
    merchant: id('mer').optional(),
    replaces: id('key').optional(),
    secret: text('The key itself, this one time; null in a repetition of the request.').nullable(),
  }),
);

export const auditEntry = named(
  'AuditEntry',
  'Who did what, and when.',
  object({
    object: z.literal('audit_entry'),
    id: id('aud'),
    mode: mode(),
    actor: object({ type: z.enum(ACTOR_TYPES), id: text().nullable() }),
    action: z.enum(AUDIT_ACTIONS as [(typeof AUDIT_ACTIONS)[number], ...(typeof AUDIT_ACTIONS)[number][]]),
    object_id: text(),
    invoice: id('inv').nullable(),
    details: z.record(z.string(), z.unknown()),
    sealed_in: count().nullable().meta({ description: 'The link of the chain; null: not sealed yet.' }),
    created_at: time(),
  }),
);

export const auditChainHead = named(
  'AuditChainHead',
  'The last link of the chain, to be kept elsewhere.',
  object({
    object: z.literal('audit_chain_head'),
    merchant: id('mer'),
    sequence: count(),
    hash: text().nullable(),
    sealed_at: time().nullable(),
    pin: text('What `npm run audit` takes to prove that the chain was not written anew.').nullable(),
  }),
);

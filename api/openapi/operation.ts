/** What the API's description says of one route. `app.test.ts` beside this folder's document holds the route table against it. */
import type { z } from 'zod';
import type { Access } from '../access.ts';
import type { ErrorCode } from '../error-catalogue.ts';
import { listOf } from '../schemas/parts.ts';

/** The chapters of the reference, in their order. */
export const TAGS = {
  Invoices: 'What is owed. An invoice takes payments until it is paid, canceled or past its due time.',
  Payments: 'One attempt to collect an invoice with one payment service.',
  'Captures, voids and refunds': 'Money that moves after the customer has paid or agreed to pay.',
  'Payment services and routing': 'Which ways to pay you can offer, and which one is picked.',
  'Provider accounts': 'Your accounts at payment providers, and how they are doing.',
  'Events and webhooks': 'What has happened, and how your servers are told.',
  Cases: 'What nobody but a person can decide.',
  Reconciliation: 'What providers say they have, held against the record; settlements and balances.',
  'Audit trail': 'Who did what and when, sealed in a chain.',
  'Personal data': 'What was said to providers, and the erasure of persons.',
  'Merchant and keys': 'Your settings and your API keys.',
  Operator: 'For whoever runs the installation.',
  Installation: 'Health, pictures and descriptions; nobody is asked for a key.',
} as const;
export type Tag = keyof typeof TAGS;

export type Method = 'get' | 'post' | 'put' | 'patch' | 'delete';

/** An answer that is not an error. */
export interface Answer {
  readonly status: 200 | 201 | 202 | 503 | '2XX';
  readonly description: string;
  /** Null: it has no JSON body, or `types` says what it has. */
  readonly schema: z.ZodType | null;
  /** Media types beside or in place of JSON. */
  readonly types?: readonly string[];
  readonly headers?: readonly ('Location' | 'Retry-After')[];
}

export interface Operation {
  readonly id: string;
  readonly method: Method;
  /** As the route table has it. */
  readonly path: string;
  readonly access: Access;
  readonly tag: Tag;
  readonly summary: string;
  /** Markdown. */
  readonly description?: string;
  readonly query?: z.ZodObject;
  /** The JSON body. A body that may be left out is `{}`. */
  readonly body?: z.ZodType;
  /** Media types that the body may have besides JSON. */
  readonly bodyTypes?: readonly string[];
  readonly answers: readonly Answer[];
  /** Besides those that every route of its kind has. */
  readonly errors?: readonly ErrorCode[];
}

/** Takes an `Idempotency-Key`: every POST of whoever has a key. */
export const takesIdempotencyKey = ({ method, access }: Operation): boolean =>
  method === 'post' && access !== 'public';

export const ok = (schema: z.ZodType, description: string): Answer => ({ status: 200, description, schema });

export const created = (schema: z.ZodType, description: string): Answer => ({
  status: 201,
  description,
  schema,
  headers: ['Location'],
});

/** It is going on. */
export const accepted = (schema: z.ZodType, description: string): Answer => ({
  status: 202,
  description,
  schema,
  headers: ['Location', 'Retry-After'],
});

/** A page, or a file with all rows. */
export const page = (entry: z.ZodType, isCsv = true): Answer => ({
  status: 200,
  description: isCsv ? 'A page, the newest first; or all rows as a file.' : 'A page, the newest first.',
  schema: listOf(entry),
  ...(isCsv ? { types: ['text/csv'] } : {}),
});

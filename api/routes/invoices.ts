/**
 * Invoices: make, read, cancel.
 *
 * The row is the record; the workflow only has to know of it. So the row is stored first (one statement, with the
 * idempotency key and the answer), then the workflow is started. When that fails the answer is 503 and the row
 * stays: a repetition with the same key starts the workflow of the same invoice and gets its 201. Without a key
 * the 503 names the invoice in `resource_id` (and `Location`), and it can be used as it is: a payment wakes the
 * workflow, and invoices past their due time are swept up. Nothing is rolled back, because a start whose answer was
 * lost may have happened.
 */
import type { Request, Response } from 'express';
import { z } from 'zod';
import { newId } from '../../db/ids.ts';
import { findInvoice, findInvoiceWithPayments, insertInvoice, type InvoiceRow } from '../../db/invoices.ts';
import type { IdempotencyClaim } from '../../db/idempotency.ts';
import type { Mode } from '../../db/merchants.ts';
import type { InvoiceStatus } from '../../domain/status.ts';
import type { CancelInput, CancelResult } from '../../workflows/contract.ts';
import { replay, sendJson } from '../answer.ts';
import { jsonBody, parseBody } from '../body.ts';
import { contextOf, holderOf, ownerOf, type Holder } from '../context.ts';
import type { ApiDependencies } from '../dependencies.ts';
import { expansionsOf } from '../expand.ts';
import { expandInvoices, INVOICE_EXPANSIONS, presentExpandedInvoice, type Expand } from '../expanded.ts';
import {
  amount,
  authorizationEnd,
  currencyCode,
  customer,
  DESCRIPTION_MAX,
  items,
  metadata,
  moneyPolicy,
  momentAhead,
  oneOf,
  optionalText,
  returnUrls,
} from '../fields.ts';
import { isDeadline, isUnreachable, repeatDropped } from '../gateway-errors.ts';
import { claimOf, repetitionOf, unlessRepeated } from '../idempotency.ts';
import { idParameter } from '../path.ts';
import { factsOf, presentInvoice } from '../present.ts';
import { invalidFields, notFound, Problem } from '../problem.ts';

const DAY_S = 86_400;
const DUE_MIN_S = 60;
const DUE_MAX_S = 366 * DAY_S;
const DUE_DEFAULT_S = 7 * DAY_S;

export const invoiceBody = (now: () => number, mode: Mode) =>
  z.strictObject({
    amount: amount(),
    currency: currencyCode(),
    reference: optionalText(255),
    description: optionalText(DESCRIPTION_MAX),
    due_at: momentAhead(now, DUE_MIN_S, DUE_MAX_S).optional(),
    customer: customer().optional(),
    items: items().optional(),
    metadata: metadata().optional(),
    capture_method: oneOf(['automatic', 'manual'], 'unknown_capture_method', 'a way to capture').optional(),
    on_authorization_expiry: authorizationEnd().optional(),
    late_money: moneyPolicy().optional(),
    excess_money: moneyPolicy().optional(),
    return_urls: returnUrls(mode).optional(),
  });

export const cancelBody = z.strictObject({ reason: optionalText(200) });

export function invoiceRoutes(dependencies: ApiDependencies) {
  const { pool, invoices, now, logger } = dependencies;
  const schemas = { live: invoiceBody(now, 'live'), sandbox: invoiceBody(now, 'sandbox') };

  const make = async (holder: Holder, body: unknown, claim: IdempotencyClaim | null) => {
    const wanted = parseBody(schemas[holder.owner.mode], body);
    if (!saysWhoCaptures(wanted)) throw invalidFields([NEEDS_MANUAL_CAPTURE]);
    const row = newRow(holder, wanted, now());
    const answer = { status: 201, body: JSON.stringify(presentInvoice(row, [], dependencies)) };
    if (await insertInvoice(pool, row, holder.key_id, claim && { claim, answer }))
      return { type: 'made', row, answer } as const;
    const repetition = claim && (await repetitionOf(pool, claim));
    if (!repetition) throw new Error('the invoice was not stored although its key is free');
    return repetition;
  };

  const open = async (row: InvoiceRow): Promise<void> => {
    try {
      await invoices.open(factsOf(row), new Date(row.due_at));
    } catch (error) {
      if (!isDeadline(error) && !isUnreachable(error)) throw error;
      logger.error({ err: error, invoice_id: row.id }, 'the workflow of a new invoice could not be started');
      throw new Problem(
        'temporarily_unavailable',
        'the invoice is stored, but the workflow engine cannot be reached',
        {
          retryAfter_s: 2,
          resource_id: row.id,
          headers: { Location: `/v1/invoices/${row.id}` },
        },
      );
    }
  };

  const create = async (request: Request, response: Response): Promise<void> => {
    const owner = ownerOf(response);
    const body = jsonBody(request);
    const claim = claimOf(request, response, body);
    const outcome = await unlessRepeated(pool, claim, () => make(holderOf(response), body, claim));
    if (outcome.type === 'taken_over') throw new Error('an invoice is stored together with its answer');
    const id = outcome.type === 'made' ? outcome.row.id : outcome.resource_id;
    contextOf(response).invoice_id = id;
    response.setHeader('Location', `/v1/invoices/${id}`);
    if (outcome.type === 'made') {
      await open(outcome.row);
      return sendJson(response, outcome.answer.status, outcome.answer.body);
    }
    // The first request may have died, or got its 503, before the workflow was started.
    const row = await findInvoice(pool, owner, id);
    if (row && isWaiting(row)) await open(row);
    replay(response, outcome.answer);
  };

  const read = async (request: Request, response: Response): Promise<void> => {
    const id = idParameter(request, response, 'inv');
    await show(response, id, expansionsOf(INVOICE_EXPANSIONS, request));
  };

  const show = async (
    response: Response,
    id: string,
    expand: Expand<typeof INVOICE_EXPANSIONS>,
  ): Promise<void> => {
    const owner = ownerOf(response);
    const found = await findInvoiceWithPayments(pool, owner, id);
    if (!found) throw notFound('invoice');
    const [row = found] = await expandInvoices(pool, owner, [found], expand);
    sendJson(response, 200, JSON.stringify(presentExpandedInvoice(row, dependencies)));
  };

  const cancel = async (request: Request, response: Response): Promise<void> => {
    const id = idParameter(request, response, 'inv');
    const { reason = null } = parseBody(cancelBody, jsonBody(request));
    const row = await findInvoice(pool, ownerOf(response), id);
    if (!row) throw notFound('invoice');
    if (row.status !== 'canceled') {
      const result = await tryCancel(row, { reason, by: holderOf(response).key_id });
      const after = await findInvoice(pool, ownerOf(response), id);
      confirmCanceled(result, after?.status ?? row.status);
    }
    return show(response, id, new Set());
  };

  const tryCancel = async (row: InvoiceRow, input: CancelInput): Promise<CancelResult> => {
    try {
      return await repeatDropped(() => invoices.cancel(factsOf(row), input));
    } catch (error) {
      if (!isDeadline(error) && !isUnreachable(error)) throw error;
      throw new Problem(
        'temporarily_unavailable',
        'the workflow engine did not answer; the invoice may yet be canceled',
        {
          retryAfter_s: 5,
          cause: error,
        },
      );
    }
  };

  return { create, read, cancel };
}

/** Throws the problem that stands for anything but a cancellation. `status`: the invoice's, read after the attempt. */
function confirmCanceled({ outcome }: CancelResult, status: InvoiceStatus): void {
  switch (outcome) {
    case 'canceled':
      return;
    case 'not_cancelable':
      // Somebody else canceled it at the same moment, or an attempt of ours did whose answer was dropped.
      if (status === 'canceled') return;
      throw new Problem('invoice_not_cancelable', `the invoice cannot be canceled: it is ${status}`);
    case 'unconfirmed':
      throw new Problem(
        'provider_unconfirmed',
        'a provider could not say whether money has come; nothing was canceled',
        {
          retryAfter_s: 10,
        },
      );
  }
}

function isWaiting({ status }: InvoiceRow): boolean {
  return status === 'open' || status === 'partially_paid' || status === 'authorized';
}

/** What is to become of uncaptured money is only a question where the merchant captures. */
function saysWhoCaptures({
  capture_method,
  on_authorization_expiry,
}: z.output<ReturnType<typeof invoiceBody>>): boolean {
  return on_authorization_expiry === undefined || capture_method === 'manual';
}

const NEEDS_MANUAL_CAPTURE = {
  pointer: '/on_authorization_expiry',
  code: 'needs_manual_capture',
  detail:
    'is only for invoices that the merchant captures: all others are captured as soon as they are authorized',
  expected: '"capture_method": "manual" beside it, or no such field',
};

function newRow(
  { owner, policies }: Holder,
  body: z.output<ReturnType<typeof invoiceBody>>,
  now_ms: number,
): InvoiceRow {
  const created_at = new Date(now_ms).toISOString();
  const capture_method = body.capture_method ?? 'automatic';
  const due_ms = body.due_at === undefined ? now_ms + DUE_DEFAULT_S * 1000 : Date.parse(body.due_at);
  return {
    id: newId('inv'),
    ...owner,
    reference: body.reference ?? null,
    description: body.description ?? null,
    currency: body.currency,
    amount: body.amount,
    capture_method,
    // What was not captured by itself, because the provider refused, is tried once more before it is lost.
    on_authorization_expiry:
      capture_method === 'automatic' ? 'capture' : (body.on_authorization_expiry ?? 'void'),
    late_money: body.late_money ?? policies.late,
    excess_money: body.excess_money ?? policies.excess,
    customer: defined(body.customer ?? {}),
    items: body.items ?? [],
    metadata: body.metadata ?? {},
    return_urls: defined(body.return_urls ?? {}),
    due_at: new Date(due_ms).toISOString(),
    created_at,
    updated_at: created_at,
    status: 'open',
    amount_received: 0,
    amount_authorized: 0,
    amount_refunded: 0,
    amount_late: 0,
    erased_at: null,
  };
}

/** Without the fields that were left out. */
export function defined<T>(value: { [Name in keyof T]?: T[Name] | undefined }): {
  [Name in keyof T]?: T[Name];
} {
  return Object.fromEntries(Object.entries(value).filter(([, inner]) => inner !== undefined)) as {
    [Name in keyof T]?: T[Name];
  };
}

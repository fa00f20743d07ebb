/**
 * Cases: what nobody but a person can decide. Money that is held because it came late or beyond what was owed, and outcomes that no
 * provider could tell: a decision is an event of the invoice, with the person's name and reason. And differences that a reconciliation
 * run has found, which may have no invoice.
 */
import type { Request, Response } from 'express';
import type { AuditNote } from '../../db/audit-entries.ts';
import { z } from 'zod';
import { findCase, listCases, resolveDifference, type CaseRow } from '../../db/cases.ts';
import { findInvoice, type Owner } from '../../db/invoices.ts';
import type { Listed } from '../../db/lists.ts';
import type { DifferenceDecision } from '../../domain/reconciliation.ts';
import { sendJson } from '../answer.ts';
import { jsonBody, parseBody } from '../body.ts';
import { contextOf, noteBy, ownerOf } from '../context.ts';
import type { Columns } from '../csv.ts';
import type { ApiDependencies } from '../dependencies.ts';
import { errorCatalogue, isErrorCode } from '../error-catalogue.ts';
import { moment, oneOf, optionalText, text } from '../fields.ts';
import { isDeadline, isUnreachable, repeatDropped } from '../gateway-errors.ts';
import { listHandler, objectId } from '../lists.ts';
import { idParameter } from '../path.ts';
import { POSSIBLE_DECISIONS, presentCase } from '../present-case.ts';
import { factsOf } from '../present.ts';
import { notFound, Problem } from '../problem.ts';
import { moneyRange, providerName, rangeOf } from '../range-filters.ts';
import { createDeliveryWaker } from '../wake-deliveries.ts';

const KINDS = Object.keys(POSSIBLE_DECISIONS) as (keyof typeof POSSIBLE_DECISIONS)[];
const DECISIONS = [...new Set(Object.values(POSSIBLE_DECISIONS).flat())];

export const caseFilters = (connectors: ApiDependencies['connectors']) => ({
  status: oneOf(['open', 'resolved'], 'invalid_format', 'open or resolved').optional(),
  kind: oneOf(KINDS, 'unknown_kind', 'a kind of case').optional(),
  invoice: objectId('inv', 'an invoice').optional(),
  payment: objectId('pay', 'a payment').optional(),
  provider: providerName(connectors),
  ...moneyRange,
  opened_gte: moment().optional(),
  opened_lte: moment().optional(),
});

export const resolveBody = z.strictObject({
  decision: oneOf(DECISIONS, 'unknown_decision', 'a decision'),
  reason: text(500),
  name: text(200),
  provider_id: optionalText(255),
});

export function caseRoutes(dependencies: ApiDependencies) {
  const { pool, invoices, connectors } = dependencies;
  const wake = createDeliveryWaker(dependencies);

  const list = listHandler({
    prefix: 'case',
    name: 'cases',
    filters: caseFilters(connectors),
    find: (owner, id) => findCase(pool, owner, id),
    read: (owner, wanted, page): Promise<Listed<CaseRow>> => {
      const { status, kind, invoice, payment, provider, opened_gte, opened_lte, ...range } = wanted;
      const filter = {
        open: status === undefined ? null : status === 'open',
        kind: kind ?? null,
        invoice_id: invoice ?? null,
        payment_id: payment ?? null,
        provider: provider ?? null,
        ...rangeOf({ ...range, created_gte: opened_gte, created_lte: opened_lte }),
      };
      return listCases(pool, owner, filter, page);
    },
    id: ({ id }) => id,
    present: presentCase,
    columns,
  });

  const mustFind = async (owner: Owner, id: string): Promise<CaseRow> => {
    const row = await findCase(pool, owner, id);
    if (!row) throw notFound('case');
    return row;
  };

  const read = async (request: Request, response: Response): Promise<void> => {
    const row = await mustFind(ownerOf(response), idParameter(request, response, 'case'));
    contextOf(response).invoice_id = row.invoice_id;
    sendJson(response, 200, JSON.stringify(presentCase(row)));
  };

  /** Repeating a decision that has been made is answered like the first time; another one is refused. */
  const resolve = async (request: Request, response: Response): Promise<void> => {
    const owner = ownerOf(response);
    const row = await mustFind(owner, idParameter(request, response, 'case'));
    contextOf(response).invoice_id = row.invoice_id;
    const { decision, reason, name, provider_id = null } = parseBody(resolveBody, jsonBody(request));
    if (row.resolved_at === null) {
      const input = { case_id: row.id, decision, provider_id, by: name, reason };
      const refused =
        row.row_id === null
          ? await decide(owner, row, input)
          : await decideDifference(row, input, noteBy(response, { decision, by: name, reason }));
      if (refused !== null && refused !== 'case_resolved') throw refusal(refused, row);
    }
    const after = await mustFind(owner, row.id);
    if (after.decision !== decision) {
      throw new Problem(
        'case_resolved',
        `${after.resolved_by ?? 'somebody'} has decided: ${after.decision ?? ''}`,
      );
    }
    sendJson(response, 200, JSON.stringify(presentCase(after)));
  };

  const decide = async (
    owner: Owner,
    row: CaseRow,
    input: Parameters<typeof invoices.resolveCase>[1],
  ): Promise<string | null> => {
    const invoice = row.invoice_id === null ? null : await findInvoice(pool, owner, row.invoice_id);
    if (!invoice) throw new Error(`case ${row.id} has no invoice`);
    try {
      const { refused } = await repeatDropped(() => invoices.resolveCase(factsOf(invoice), input));
      return refused;
    } catch (error) {
      if (!isDeadline(error) && !isUnreachable(error)) throw error;
      const detail = 'the workflow engine did not answer; the decision may yet be carried out';
      throw new Problem('temporarily_unavailable', detail, { retryAfter_s: 5, cause: error });
    }
  };

  const decideDifference = async (
    { id, kind }: CaseRow,
    { decision, by, reason }: { decision: string; by: string; reason: string },
    note: AuditNote,
  ): Promise<string | null> => {
    const allowed: readonly string[] = POSSIBLE_DECISIONS[kind];
    if (!allowed.includes(decision)) return 'decision_not_possible';
    const decided = { decision: decision as DifferenceDecision, by, reason };
    wake(await resolveDifference(pool, id, decided, note), 'new');
    return null;
  };

  return { list, read, resolve };
}

function refusal(code: string, { kind }: CaseRow): Problem {
  if (!isErrorCode(code)) throw new Error(`the workflow refused with ${code}, which is no error code`);
  return new Problem(
    code,
    `${errorCatalogue[code].title}; a case of ${kind} takes ${POSSIBLE_DECISIONS[kind].join(', ')}`,
  );
}

const columns: Columns<CaseRow> = {
  id: ({ id }) => id,
  kind: ({ kind }) => kind,
  status: ({ resolved_at }) => (resolved_at === null ? 'open' : 'resolved'),
  invoice: ({ invoice_id }) => invoice_id,
  payment: ({ payment_id }) => payment_id,
  operation: ({ operation_id }) => operation_id,
  amount: ({ amount }) => amount,
  currency: ({ currency }) => currency,
  provider_account: ({ account_id }) => account_id,
  provider_payment_id: ({ provider_payment_id }) => provider_payment_id,
  reconciliation_run: ({ run_id }) => run_id,
  decision: ({ decision }) => decision,
  reason: ({ reason }) => reason,
  resolved_by: ({ resolved_by }) => resolved_by,
  opened_at: ({ opened_at }) => opened_at,
  resolved_at: ({ resolved_at }) => resolved_at,
};

/**
 * Captures, voids and refunds: ask for one, and read how it stands.
 *
 * The row is stored first, then the invoice's workflow decides on it, reserves its amount and asks the provider; the row says
 * how it went. What is refused leaves no row. Repeating any of it is safe: the row's id is the key on the whole way.
 */
import type { Request, Response } from 'express';
import { z } from 'zod';
import { newId, isId } from '../../db/ids.ts';
import { leaveOpen, type IdempotencyClaim } from '../../db/idempotency.ts';
import { findInvoice, type Owner } from '../../db/invoices.ts';
import { readOperationLog } from '../../db/operation-log.ts';
import {
  findOperation,
  forgetOperation,
  insertOperation,
  type NewOperation,
  type OperationRow,
} from '../../db/operations.ts';
import { findPayment, type PaymentRow } from '../../db/payments.ts';
import type { OperationKind } from '../../domain/operations.ts';
import { replay, sendJson } from '../answer.ts';
import { jsonBody, parseBody } from '../body.ts';
import { contextOf, holderOf, ownerOf } from '../context.ts';
import type { ApiDependencies } from '../dependencies.ts';
import { errorCatalogue, isErrorCode } from '../error-catalogue.ts';
import { expansionsOf } from '../expand.ts';
import { expandOperations, OPERATION_EXPANSIONS, presentExpandedOperation } from '../expanded.ts';
import { flag, metadata, optionalAmount, optionalText, text } from '../fields.ts';
import { isDeadline, isUnreachable, repeatDropped } from '../gateway-errors.ts';
import { claimOf, repetitionOf, unlessRepeated } from '../idempotency.ts';
import { answerOutcome, type Outcome } from '../outcome.ts';
import { idParameter } from '../path.ts';
import { presentOperation, presentOperationLog } from '../present-operation.ts';
import { factsOf } from '../present.ts';
import { invalidFields, notFound, Problem } from '../problem.ts';
import { shown } from '../shown.ts';

const common = { reason: optionalText(200), reference: optionalText(255), metadata: metadata().optional() };
export const captureBody = z.strictObject({ ...common, amount: optionalAmount() });
export const voidBody = z.strictObject(common);
export const refundBody = z.strictObject({
  ...common,
  payment: text(64),
  amount: optionalAmount(),
  manual: flag().optional(),
});

const PREFIX = { capture: 'cap', void: 'void', refund: 'rfd' } as const;

/** What a request asks for. */
interface Wanted {
  readonly amount?: number | undefined;
  readonly reason?: string | undefined;
  readonly reference?: string | undefined;
  readonly metadata?: Readonly<Record<string, string>> | undefined;
  readonly manual?: boolean | undefined;
}

/** Carries out captures, voids and refunds whose rows have been stored, whoever asked for them. */
export function createOperationDriver({
  pool,
  invoices,
  logger,
}: Pick<ApiDependencies, 'pool' | 'invoices' | 'logger'>) {
  /** Has the workflow decide on it and carry it out, and says what became of it. */
  const drive = async (owner: Owner, id: string): Promise<Outcome<OperationRow>> => {
    const row = await mustFind(owner, id);
    const invoice = await findInvoice(pool, owner, row.invoice_id);
    if (!invoice) throw new Error(`operation ${id} has no invoice`);
    const { payment_id, account_id, kind, amount, manual, requested_by: by } = row;
    const input = { payment_id, account_id, operation_id: id, kind, amount, manual, by };
    try {
      const { refused } = await repeatDropped(() => invoices.moveMoney(factsOf(invoice), input));
      if (refused !== null) {
        await forgetOperation(pool, id);
        const payment = await findPayment(pool, owner, payment_id);
        return { type: 'nothing_happened', problem: refusal(refused, kind, payment) };
      }
    } catch (error) {
      if (isUnreachable(error)) {
        logger.error({ err: error, operation_id: id }, 'the workflow engine could not be reached');
        const detail =
          'the workflow engine cannot be reached; repeat the request with the same Idempotency-Key';
        const options = { retryAfter_s: 2, resource_id: id };
        return { type: 'open', answer: new Problem('temporarily_unavailable', detail, options) };
      }
      if (!isDeadline(error)) throw error;
      logger.warn({ operation_id: id, invoice_id: invoice.id }, `the ${kind} was not answered in time`);
    }
    return outcomeOf(await mustFind(owner, id));
  };

  const mustFind = async (owner: Owner, id: string): Promise<OperationRow> => {
    const row = await findOperation(pool, owner, id);
    if (!row) throw new Error(`operation ${id} has gone`);
    return row;
  };

  return { drive };
}

export function operationRoutes(dependencies: ApiDependencies) {
  const { pool, now, publicUrl } = dependencies;
  const answering = {
    pool,
    publicUrl,
    text: (row: OperationRow) => JSON.stringify(presentOperation(row)),
    location: ({ id, kind }: Pick<OperationRow, 'id' | 'kind'>) => `/v1/${kind}s/${id}`,
  };

  const store = async (owner: Owner, operation: NewOperation, claim: IdempotencyClaim | null) => {
    const { made, payment_found } = await insertOperation(pool, owner, operation, claim);
    if (made) return { type: 'stored', id: operation.id } as const;
    if (!payment_found) throw notFound('payment');
    const repetition = claim && (await repetitionOf(pool, claim));
    if (!repetition) throw new Error('the operation was not stored although its key is free');
    return repetition;
  };

  const { drive } = createOperationDriver(dependencies);

  /** `read` checks the body; a repetition is not held against what is possible by now. */
  const ask = async (
    request: Request,
    response: Response,
    kind: OperationKind,
    read: (body: unknown) => Wanted & { readonly payment_id: string },
  ): Promise<void> => {
    const owner = ownerOf(response);
    const body = jsonBody(request);
    const claim = claimOf(request, response, body);
    const begun = await unlessRepeated(pool, claim, () => {
      const wanted = read(body);
      const operation: NewOperation = {
        id: newId(PREFIX[kind]),
        kind,
        payment_id: wanted.payment_id,
        amount: wanted.amount ?? null,
        reason: wanted.reason ?? null,
        reference: wanted.reference ?? null,
        metadata: wanted.metadata ?? {},
        manual: wanted.manual ?? false,
        requested_by: holderOf(response).key_id,
        created_at: new Date(now()).toISOString(),
      };
      return store(owner, operation, claim);
    });
    if (begun.type === 'answered') {
      if (begun.answer.status < 400)
        response.setHeader('Location', answering.location({ id: begun.resource_id, kind }));
      return replay(response, begun.answer);
    }
    try {
      const outcome = await drive(owner, begun.type === 'stored' ? begun.id : begun.resource_id);
      await answerOutcome(answering, response, outcome, claim);
    } catch (error) {
      if (claim && !(error instanceof Problem)) await leaveOpen(pool, claim).catch(() => undefined);
      throw error;
    }
  };

  return {
    capture: (request: Request, response: Response) => {
      const payment_id = idParameter(request, response, 'pay');
      return ask(request, response, 'capture', (body) => ({ payment_id, ...parseBody(captureBody, body) }));
    },
    /** Voids: `void` is a word of the language. */
    release: (request: Request, response: Response) => {
      const payment_id = idParameter(request, response, 'pay');
      return ask(request, response, 'void', (body) => ({ payment_id, ...parseBody(voidBody, body) }));
    },
    refund: (request: Request, response: Response) =>
      ask(request, response, 'refund', (body) => {
        const { payment, ...wanted } = parseBody(refundBody, body);
        if (!isId('pay', payment)) throw invalidFields([notAPayment]);
        return { payment_id: payment, ...wanted };
      }),
    read: (prefix: 'cap' | 'void' | 'rfd') => async (request: Request, response: Response) => {
      const id = idParameter(request, response, prefix);
      const expand = expansionsOf(OPERATION_EXPANSIONS, request);
      const owner = ownerOf(response);
      const row = await findOperation(pool, owner, id);
      if (!row) throw notFound(NAMES[prefix]);
      contextOf(response).invoice_id = row.invoice_id;
      const [log, [expanded = row]] = await Promise.all([
        readOperationLog(pool, row),
        expandOperations(pool, owner, [row], expand),
      ]);
      const whole = presentExpandedOperation(expanded, dependencies);
      sendJson(response, 200, JSON.stringify({ ...whole, ...presentOperationLog(log) }));
    },
  };
}

const NAMES = { cap: 'capture', void: 'void', rfd: 'refund' } as const;

const notAPayment = {
  pointer: '/payment',
  code: 'invalid_format',
  detail: 'is not the id of a payment',
  expected: 'pay_ and 26 characters, as POST /v1/invoices/{id}/payments answered it',
};

/** The workflow's refusals are codes of the catalogue; how the payment stands says more than words. */
function refusal(code: string, kind: OperationKind, payment: PaymentRow | null): Problem {
  if (!isErrorCode(code)) throw new Error(`the workflow refused with ${code}, which is no error code`);
  const { title } = errorCatalogue[code];
  const unpaid = kind === 'void' && payment?.status === 'pending';
  const hint = unpaid ? '; POST /v1/payments/{id}/cancel ends one that nobody has paid' : '';
  return new Problem(
    code,
    payment === null
      ? title
      : `${title}: the ${kind} was asked of a payment with ${standing(payment)}${hint}`,
  );
}

function standing({
  currency,
  amount_authorized,
  amount_received,
  amount_refunded,
  status,
}: PaymentRow): string {
  const show = (amount: number): string => shown(amount, currency).display;
  return `status ${status}, ${show(amount_authorized)} authorized and not captured, ${show(amount_received)} received, ${show(amount_refunded)} refunded`;
}

function outcomeOf(row: OperationRow): Outcome<OperationRow> {
  switch (row.status) {
    case 'succeeded':
    case 'canceled':
      return { type: 'final', row };
    case 'pending':
      // With an id of its own there, the provider has taken it and will say how it ends.
      return row.provider_operation_id === null ? { type: 'open', answer: row } : { type: 'final', row };
    case 'requested':
    case 'unknown':
      return { type: 'open', answer: row };
    case 'failed': {
      const detail = row.failure?.message ?? `the ${row.kind} failed`;
      return { type: 'final', problem: new Problem('provider_refused', detail, { resource_id: row.id }) };
    }
  }
}

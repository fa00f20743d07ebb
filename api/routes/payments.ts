/**
 * Payments: start one attempt to collect an invoice, and read how it stands.
 *
 * One statement checks and stores, the workflow sends, one read fetches what became of it. The call is answered
 * when the provider has answered, or after the gateway's deadline with 202 and the payment as it is by then.
 */
import type { Request, Response } from 'express';
import { z } from 'zod';
import { findInvoice, type Owner } from '../../db/invoices.ts';
import { leaveOpen, storeAnswer, type IdempotencyClaim } from '../../db/idempotency.ts';
import { findPayment, type PaymentRow } from '../../db/payments.ts';
import type { Mode } from '../../db/merchants.ts';
import { CUSTOMER } from '../../domain/audit-trail.ts';
import { replay, sendJson } from '../answer.ts';
import { jsonBody, parseBody } from '../body.ts';
import { contextOf, holderOf, ownerOf, type Holder } from '../context.ts';
import type { ApiDependencies } from '../dependencies.ts';
import { expansionsOf } from '../expand.ts';
import { expandPayments, PAYMENT_EXPANSIONS, presentExpandedPayment } from '../expanded.ts';
import { customer, DESCRIPTION_MAX, optionalAmount, optionalText, returnUrls } from '../fields.ts';
import { isDeadline, isUnreachable, repeatDropped } from '../gateway-errors.ts';
import { claimOf, unlessRepeated } from '../idempotency.ts';
import { createPaymentAttempts, type PaymentRequest, type Started } from '../payment-attempts.ts';
import { idParameter } from '../path.ts';
import { answerOutcome, type Answering, type Outcome } from '../outcome.ts';
import { outcomeOf } from '../payment-outcome.ts';
import { factsOf, presentPayment } from '../present.ts';
import { notFound, Problem } from '../problem.ts';
import { defined } from './invoices.ts';

export const paymentBody = (mode: Mode) =>
  z.strictObject({
    payment_service: optionalText(64),
    provider_account: optionalText(64),
    amount: optionalAmount(),
    description: optionalText(DESCRIPTION_MAX),
    customer: customer().optional(),
    return_urls: returnUrls(mode).optional(),
  });

/** No other service is tried when a request has taken this long: whoever waits for it has little patience left. */
const FALL_BACK_WITHIN_MS = 15_000;

/** What is known of a payment after it was driven; the row unless the workflow could not say. */
interface Driven {
  readonly outcome: Outcome<PaymentRow>;
  readonly row: PaymentRow | null;
}

export function paymentRoutes(dependencies: ApiDependencies) {
  const { pool, invoices, publicUrl, logger } = dependencies;
  const attempts = createPaymentAttempts(dependencies);
  const schemas = { live: paymentBody('live'), sandbox: paymentBody('sandbox') };

  const requestOf = (
    { owner, key_id }: Pick<Holder, 'owner' | 'key_id'>,
    invoice_id: string,
    body: unknown,
  ): PaymentRequest => {
    const wanted = parseBody(schemas[owner.mode], body);
    return {
      owner,
      invoice_id,
      payment_service: wanted.payment_service ?? null,
      provider_account: wanted.provider_account ?? null,
      amount: wanted.amount ?? null,
      description: wanted.description ?? null,
      customer: defined(wanted.customer ?? {}),
      return_urls: defined(wanted.return_urls ?? {}),
      requested_by: key_id,
    };
  };

  /** The payment that an abandoned request with the same key had started. */
  const resume = async (owner: Owner, payment_id: string): Promise<Started> => {
    const payment = await findPayment(pool, owner, payment_id);
    const invoice = payment && (await findInvoice(pool, owner, payment.invoice_id));
    if (!invoice) throw new Error(`the key names payment ${payment_id}, which is not there`);
    return { type: 'started', payment_id, account_id: payment.account_id, invoice: factsOf(invoice) };
  };

  /** Has the workflow send the payment, and says what became of it. Sending twice is harmless: its id is the update's id. */
  const drive = async (owner: Owner, { payment_id, account_id, invoice }: Started): Promise<Driven> => {
    try {
      const { outcome } = await repeatDropped(() =>
        invoices.requestPayment(invoice, { payment_id, account_id }),
      );
      if (outcome === 'not_payable') {
        const problem = new Problem(
          'invoice_not_payable',
          'the invoice had ended before the payment was sent',
        );
        return { outcome: { type: 'final', problem }, row: null };
      }
    } catch (error) {
      if (isUnreachable(error)) {
        logger.error({ err: error, payment_id }, 'the workflow engine could not be reached');
        const options = { retryAfter_s: 2, resource_id: payment_id };
        const detail = 'the workflow engine cannot be reached; the invoice is intact';
        const answer = new Problem('temporarily_unavailable', detail, options);
        return { outcome: { type: 'open', answer }, row: null };
      }
      if (!isDeadline(error)) throw error;
      logger.warn({ payment_id, invoice_id: invoice.id }, 'the payment was not answered in time');
    }
    const row = await findPayment(pool, owner, payment_id);
    if (!row) throw new Error(`payment ${payment_id} has gone`);
    return { outcome: outcomeOf(row), row };
  };

  /** Drives the payment, and those that take its place while its provider cannot be reached; the outcome of the last one. */
  const driveRoute = async (
    request: PaymentRequest,
    started: Started,
    claim: IdempotencyClaim | null,
  ): Promise<Outcome<PaymentRow>> => {
    const deadline = performance.now() + FALL_BACK_WITHIN_MS;
    for (let current = started; ;) {
      const { outcome, row } = await drive(request.owner, current);
      if (outcome.type !== 'nothing_happened' || row === null || performance.now() > deadline) return outcome;
      const next = await attempts.fallBack(request, row, claim);
      if (next === null) return outcome;
      logger.warn({ payment_id: next.payment_id, fallback_of: row.id }, 'a payment falls back');
      current = next;
    }
  };

  const create = async (request: Request, response: Response): Promise<void> => {
    const invoiceId = idParameter(request, response, 'inv');
    const holder = holderOf(response);
    const { owner } = holder;
    const body = jsonBody(request);
    const claim = claimOf(request, response, body);
    const begun = await unlessRepeated(pool, claim, () =>
      attempts.start(requestOf(holder, invoiceId, body), claim),
    );
    if (begun.type === 'answered') {
      if (begun.answer.status < 400) response.setHeader('Location', `/v1/payments/${begun.resource_id}`);
      return replay(response, begun.answer);
    }
    let outcome: Outcome<PaymentRow>;
    try {
      const started = begun.type === 'started' ? begun : await resume(owner, begun.resource_id);
      outcome = await driveRoute(requestOf(holder, invoiceId, body), started, claim);
    } catch (error) {
      if (claim) await leaveOpen(pool, claim).catch(() => undefined);
      throw error;
    }
    await answerOutcome(answering, response, outcome, claim);
  };

  /**
   * The same for a page of ours, where nobody reads the answer: the page shows what became of the payment. Returns its id.
   * Throws `Problem` when there is none, or while the first request with this claim is still under way.
   */
  const ask = async (
    owner: Owner,
    invoiceId: string,
    body: unknown,
    claim: IdempotencyClaim,
  ): Promise<string> => {
    const begun = await unlessRepeated(pool, claim, () =>
      attempts.start(requestOf({ owner, key_id: CUSTOMER }, invoiceId, body), claim),
    );
    if (begun.type === 'answered') return begun.resource_id;
    const started = begun.type === 'started' ? begun : await resume(owner, begun.resource_id);
    try {
      const { outcome } = await drive(owner, started);
      if (outcome.type === 'open') await leaveOpen(pool, claim);
      else await storeAnswer(pool, claim, { status: 201, body: JSON.stringify({ id: started.payment_id }) });
    } catch (error) {
      await leaveOpen(pool, claim).catch(() => undefined);
      throw error;
    }
    return started.payment_id;
  };

  const answering: Answering<PaymentRow> = {
    pool,
    publicUrl,
    text: (row) => JSON.stringify(presentPayment(row, publicUrl)),
    location: ({ id }) => `/v1/payments/${id}`,
  };

  const read = async (request: Request, response: Response): Promise<void> => {
    const id = idParameter(request, response, 'pay');
    const expand = expansionsOf(PAYMENT_EXPANSIONS, request);
    const owner = ownerOf(response);
    const row = await findPayment(pool, owner, id);
    if (!row) throw notFound('payment');
    contextOf(response).invoice_id = row.invoice_id;
    const [expanded = row] = await expandPayments(pool, owner, [row], expand);
    sendJson(response, 200, JSON.stringify(presentExpandedPayment(expanded, dependencies)));
  };

  return { create, ask, read };
}

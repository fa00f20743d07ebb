/**
 * Payments: start one attempt to collect an invoice, and read how it stands.
 *
 * One statement checks and stores, the workflow sends, one read fetches what became of it. The call is answered
 * when the provider has answered, or after the gateway's deadline with 202 and the payment as it is by then.
 */
import type { Request, Response } from 'express';
import { z } from 'zod';
import { newId } from '../../db/ids.ts';
import { findInvoice, type Owner } from '../../db/invoices.ts';
import { leaveOpen, storeAnswer, type IdempotencyClaim } from '../../db/idempotency.ts';
import { findPayment, insertPayment, type NewPayment, type PaymentRow } from '../../db/payments.ts';
import type { Mode } from '../../db/merchants.ts';
import { CUSTOMER } from '../../domain/audit-trail.ts';
import type { InvoiceFacts } from '../../temporal/invoices.ts';
import { replay, sendJson } from '../answer.ts';
import { jsonBody, parseBody } from '../body.ts';
import { contextOf, holderOf, ownerOf } from '../context.ts';
import type { ApiDependencies } from '../dependencies.ts';
import { customer, DESCRIPTION_MAX, optionalAmount, optionalText, returnUrls, text } from '../fields.ts';
import { isDeadline, isUnreachable, repeatDropped } from '../gateway-errors.ts';
import { claimOf, repetitionOf, unlessRepeated } from '../idempotency.ts';
import { idParameter } from '../path.ts';
import { answerOutcome, type Answering, type Outcome } from '../outcome.ts';
import { outcomeOf } from '../payment-outcome.ts';
import {
  authorizesFirst,
  customerField,
  explainRefusal,
  paymentServices,
  serviceCalled,
} from '../payment-service.ts';
import { factsOf, presentPayment } from '../present.ts';
import { notFound, Problem } from '../problem.ts';
import { returnToken } from '../return-token.ts';
import { defined } from './invoices.ts';

const paymentBody = (mode: Mode) =>
  z.strictObject({
    payment_service: text(64),
    provider_account: optionalText(64),
    amount: optionalAmount(),
    description: optionalText(DESCRIPTION_MAX),
    customer: customer().optional(),
    return_urls: returnUrls(mode).optional(),
  });

/** A payment whose row is there and that the workflow is to send. */
interface Started {
  readonly type: 'started';
  readonly payment_id: string;
  readonly account_id: string;
  readonly invoice: InvoiceFacts;
}

export function paymentRoutes(dependencies: ApiDependencies) {
  const { pool, invoices, now, publicUrl, apiKeyPepper, logger } = dependencies;
  const services = paymentServices(dependencies.connectors);
  const schemas = { live: paymentBody('live'), sandbox: paymentBody('sandbox') };

  const start = async (
    { owner, requested_by }: { readonly owner: Owner; readonly requested_by: string },
    invoice_id: string,
    body: unknown,
    claim: IdempotencyClaim | null,
  ) => {
    const { payment_service, ...wanted } = parseBody(schemas[owner.mode], body);
    const service = serviceCalled(services, payment_service);
    const id = newId('pay');
    const payment: NewPayment = {
      id,
      invoice_id,
      owner,
      provider: service.manifest.provider,
      method: service.method.method,
      account_id: wanted.provider_account ?? null,
      amount: wanted.amount ?? null,
      description: wanted.description ?? null,
      customer: defined(wanted.customer ?? {}),
      return_urls: defined(wanted.return_urls ?? {}),
      return_url: `${publicUrl}/return/${returnToken(id, apiKeyPepper)}`,
      limits: service.method.amounts,
      requires: service.method.requires.map(customerField),
      description_max: service.method.description_max,
      authorizes_first: authorizesFirst(service),
      requested_by,
      created_at: new Date(now()).toISOString(),
    };
    const result = await insertPayment(pool, payment, claim);
    const { made, allowed, invoice, account_id } = result;
    if (made && invoice && account_id !== null) {
      const started: Started = {
        type: 'started',
        payment_id: payment.id,
        account_id,
        invoice: factsOf(invoice),
      };
      return started;
    }
    const repetition = allowed && claim ? await repetitionOf(pool, claim) : null;
    if (repetition) return repetition;
    throw explainRefusal(service, payment, result);
  };

  /** The payment that an abandoned request with the same key had started. */
  const resume = async (owner: Owner, payment_id: string): Promise<Started> => {
    const payment = await findPayment(pool, owner, payment_id);
    const invoice = payment && (await findInvoice(pool, owner, payment.invoice_id));
    if (!invoice) throw new Error(`the key names payment ${payment_id}, which is not there`);
    return { type: 'started', payment_id, account_id: payment.account_id, invoice: factsOf(invoice) };
  };

  /** Has the workflow send the payment, and says what became of it. Sending twice is harmless: its id is the update's id. */
  const drive = async (
    owner: Owner,
    { payment_id, account_id, invoice }: Started,
  ): Promise<Outcome<PaymentRow>> => {
    try {
      const { outcome } = await repeatDropped(() =>
        invoices.requestPayment(invoice, { payment_id, account_id }),
      );
      if (outcome === 'not_payable') {
        const problem = new Problem(
          'invoice_not_payable',
          'the invoice had ended before the payment was sent',
        );
        return { type: 'final', problem };
      }
    } catch (error) {
      if (isUnreachable(error)) {
        logger.error({ err: error, payment_id }, 'the workflow engine could not be reached');
        const options = { retryAfter_s: 2, resource_id: payment_id };
        const detail = 'the workflow engine cannot be reached; the invoice is intact';
        return { type: 'open', answer: new Problem('temporarily_unavailable', detail, options) };
      }
      if (!isDeadline(error)) throw error;
      logger.warn({ payment_id, invoice_id: invoice.id }, 'the payment was not answered in time');
    }
    const row = await findPayment(pool, owner, payment_id);
    if (!row) throw new Error(`payment ${payment_id} has gone`);
    return outcomeOf(row);
  };

  const create = async (request: Request, response: Response): Promise<void> => {
    const invoiceId = idParameter(request, response, 'inv');
    const owner = ownerOf(response);
    const body = jsonBody(request);
    const claim = claimOf(request, response, body);
    const requested_by = holderOf(response).key_id;
    const begun = await unlessRepeated(pool, claim, () =>
      start({ owner, requested_by }, invoiceId, body, claim),
    );
    if (begun.type === 'answered') {
      if (begun.answer.status < 400) response.setHeader('Location', `/v1/payments/${begun.resource_id}`);
      return replay(response, begun.answer);
    }
    let outcome: Outcome<PaymentRow>;
    try {
      outcome = await drive(owner, begun.type === 'started' ? begun : await resume(owner, begun.resource_id));
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
      start({ owner, requested_by: CUSTOMER }, invoiceId, body, claim),
    );
    if (begun.type === 'answered') return begun.resource_id;
    const started = begun.type === 'started' ? begun : await resume(owner, begun.resource_id);
    try {
      const { type } = await drive(owner, started);
      if (type === 'open') await leaveOpen(pool, claim);
      else await storeAnswer(pool, claim, { status: 200, body: JSON.stringify({ id: started.payment_id }) });
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
    const row = await findPayment(pool, ownerOf(response), id);
    if (!row) throw notFound('payment');
    contextOf(response).invoice_id = row.invoice_id;
    sendJson(response, 200, answering.text(row));
  };

  return { create, ask, read };
}

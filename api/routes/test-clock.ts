/** The test clock: moves the time of one sandbox invoice ahead, on the real engine. */
import type { Request, Response } from 'express';
import { z } from 'zod';
import { findInvoiceWithPayments } from '../../db/invoices.ts';
import { invoiceWorkflowId } from '../../workflows/contract.ts';
import { sendJson } from '../answer.ts';
import { jsonBody, parseBody } from '../body.ts';
import { ownerOf } from '../context.ts';
import type { ApiDependencies } from '../dependencies.ts';
import { integer } from '../fields.ts';
import { isDeadline, isNoSuchWorkflow, isUnreachable } from '../gateway-errors.ts';
import { idParameter } from '../path.ts';
import { presentInvoice } from '../present.ts';
import { notFound, Problem } from '../problem.ts';

const MAX_ADVANCE_S = 90 * 86_400;

const clockBody = z.strictObject({ advance_s: integer(1, MAX_ADVANCE_S, 'seconds') });

export function testClockRoutes({ pool, fastForward, publicUrl }: ApiDependencies) {
  /**
   * Answers as soon as the engine has taken the jump, with the invoice as it is at that moment. The jump itself goes on:
   * the engine stops at every timer on the way, and each status check it meets takes about a second of real time (seen on
   * server 1.32: 29 minutes of a Finan payment in eight seconds; 24 hours of a Fapshi payment not done after twelve). Whether all
   * of that is done cannot be known cheaply, so read the invoice again until it shows what is awaited.
   */
  const advance = async (request: Request, response: Response): Promise<void> => {
    const owner = ownerOf(response);
    if (owner.mode !== 'sandbox')
      throw new Problem('sandbox_only', 'the clock of live money cannot be moved');
    const id = idParameter(request, response, 'inv');
    const { advance_s } = parseBody(clockBody, jsonBody(request));
    if (!(await findInvoiceWithPayments(pool, owner, id))) throw notFound('invoice');
    await jump(invoiceWorkflowId(id), advance_s * 1000);
    const found = await findInvoiceWithPayments(pool, owner, id);
    if (!found) throw notFound('invoice');
    const invoice = presentInvoice(found.invoice, found.payments, publicUrl);
    sendJson(response, 200, JSON.stringify({ object: 'test_clock', invoice, advanced_s: advance_s }));
  };

  const jump = async (workflowId: string, by_ms: number): Promise<void> => {
    try {
      await fastForward(workflowId, by_ms);
    } catch (error) {
      if (isNoSuchWorkflow(error)) {
        throw new Problem(
          'invoice_not_in_flight',
          'nothing about this invoice is in flight, so it has no clock to move',
        );
      }
      if (!isDeadline(error) && !isUnreachable(error)) throw error;
      throw new Problem('temporarily_unavailable', 'the workflow engine cannot be reached', {
        retryAfter_s: 2,
        cause: error,
      });
    }
  };

  return { advance };
}

/** The test clock: moves the time of one sandbox invoice ahead, on the real engine. */
import type { Request, Response } from 'express';
import { z } from 'zod';
import { findInvoiceWithPayments } from '../../db/invoices.ts';
import type { JumpResult } from '../../temporal/test-clock.ts';
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

export const clockBody = z.strictObject({ advance_s: integer(1, MAX_ADVANCE_S, 'seconds') });

export function testClockRoutes(dependencies: ApiDependencies) {
  const { pool, fastForward } = dependencies;
  /**
   * Answers when everything that was due on the way has been done, with the invoice as it is then. The engine stops at
   * every timer on the way, about a second of real time each, so a long jump may take longer than the call waits:
   * then `settled` is false, the jump goes on, and the invoice is read again until it shows what is awaited.
   */
  const advance = async (request: Request, response: Response): Promise<void> => {
    const owner = ownerOf(response);
    if (owner.mode !== 'sandbox')
      throw new Problem('sandbox_only', 'the clock of live money cannot be moved');
    const id = idParameter(request, response, 'inv');
    const { advance_s } = parseBody(clockBody, jsonBody(request));
    if (!(await findInvoiceWithPayments(pool, owner, id))) throw notFound('invoice');
    const settled = (await jump(invoiceWorkflowId(id), advance_s * 1000)) === 'settled';
    const found = await findInvoiceWithPayments(pool, owner, id);
    if (!found) throw notFound('invoice');
    const invoice = presentInvoice(found.invoice, found.payments, dependencies);
    sendJson(
      response,
      200,
      JSON.stringify({ object: 'test_clock', invoice, advanced_s: advance_s, settled }),
    );
  };

  const jump = async (workflowId: string, by_ms: number): Promise<JumpResult> => {
    try {
      return await fastForward(workflowId, by_ms);
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

/** The test clock: moves the time of one sandbox invoice ahead, on the real engine. */
import type { Request, Response } from 'express';
import { z } from 'zod';
import { findInvoiceWithPayments } from '../../db/invoices.ts';
import { bringLateReadsNearer, lateReadsOf } from '../../db/late-payments.ts';
import type { InvoiceFacts } from '../../temporal/invoices.ts';
import { readLatePayment } from '../../temporal/late-payments.ts';
import type { JumpResult } from '../../temporal/test-clock.ts';
import { invoiceWorkflowId } from '../../workflows/contract.ts';
import { sendJson } from '../answer.ts';
import { jsonBody, parseBody } from '../body.ts';
import { ownerOf } from '../context.ts';
import type { ApiDependencies } from '../dependencies.ts';
import { integer } from '../fields.ts';
import { isDeadline, isNoSuchWorkflow, isUnimplemented, isUnreachable } from '../gateway-errors.ts';
import { idParameter } from '../path.ts';
import { factsOf, presentInvoice } from '../present.ts';
import { notFound, Problem } from '../problem.ts';

const MAX_ADVANCE_S = 90 * 86_400;

export const clockBody = z.strictObject({ advance_s: integer(1, MAX_ADVANCE_S, 'seconds') });

export function testClockRoutes(dependencies: ApiDependencies) {
  const { pool, invoices, connectors, fastForward } = dependencies;
  const lateMoneyOf = (provider: string) =>
    connectors.find(({ manifest }) => manifest.provider === provider)?.manifest.late_money_s;

  /**
   * Answers when everything that was due on the way has been done, with the invoice as it is then. The engine stops at
   * every timer on the way, about a second of real time each, so a long jump may take longer than the call waits:
   * then `settled` is false, the jump goes on, and the invoice is read again until it shows what is awaited. Payments that have
   * ended without their money are the sweeper's to read again; their readings come nearer as well.
   */
  const advance = async (request: Request, response: Response): Promise<void> => {
    const owner = ownerOf(response);
    if (owner.mode !== 'sandbox')
      throw new Problem('sandbox_only', 'the clock of live money cannot be moved');
    const id = idParameter(request, response, 'inv');
    const { advance_s } = parseBody(clockBody, jsonBody(request));
    const before = await findInvoiceWithPayments(pool, owner, id);
    if (!before) throw notFound('invoice');
    const ended = await lateReadsOf(pool, id);
    const result = await jump(invoiceWorkflowId(id), advance_s * 1000);
    if (result === 'nothing_in_flight' && ended.length === 0) throw notInFlight();
    const isRead = await readLate(factsOf(before.invoice), ended, advance_s);
    const settled = result !== 'under_way' && isRead;
    const found = await findInvoiceWithPayments(pool, owner, id);
    if (!found) throw notFound('invoice');
    const invoice = presentInvoice(found.invoice, found.payments, dependencies);
    const in_flight = result !== 'nothing_in_flight';
    const answer = { object: 'test_clock', invoice, advanced_s: advance_s, settled, in_flight };
    sendJson(response, 200, JSON.stringify(answer));
  };

  const jump = async (workflowId: string, by_ms: number): Promise<JumpResult | 'nothing_in_flight'> => {
    try {
      return await fastForward(workflowId, by_ms);
    } catch (error) {
      if (isNoSuchWorkflow(error)) return 'nothing_in_flight';
      if (isUnimplemented(error)) throw noClock(error);
      if (!isDeadline(error) && !isUnreachable(error)) throw error;
      throw new Problem('temporarily_unavailable', 'the workflow engine cannot be reached', {
        retryAfter_s: 2,
        cause: error,
      });
    }
  };

  /**
   * Payments that had ended before the jump are read again when that was due on the way. False: the engine or a provider did not
   * answer; they come again.
   */
  const readLate = async (
    invoice: InvoiceFacts,
    ended: readonly string[],
    by_s: number,
  ): Promise<boolean> => {
    try {
      const due = await bringLateReadsNearer(pool, ended, by_s);
      const readings = due.map((payment) =>
        readLatePayment({ pool, invoices, lateMoneyOf }, payment, invoice),
      );
      return (await Promise.all(readings)).every(({ answered }) => answered);
    } catch (error) {
      if (isDeadline(error) || isUnreachable(error)) return false;
      throw error;
    }
  };

  return { advance };
}

function noClock(cause: unknown): Problem {
  return new Problem(
    'test_clock_unavailable',
    'the Temporal server does not let clocks be moved: it has to be 1.32 or newer, with frontend.WorkflowTimeSkippingEnabled=true in its dynamic configuration',
    { cause },
  );
}

function notInFlight(): Problem {
  return new Problem(
    'invoice_not_in_flight',
    'nothing about this invoice is in flight, so it has no clock to move',
  );
}

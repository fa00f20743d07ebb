/** `POST /v1/payments/{id}/cancel`: ends a payment that nobody has paid, at its provider where that can be; its invoice goes on. */
import type { Request, Response } from 'express';
import { z } from 'zod';
import { findInvoice, type Owner } from '../../db/invoices.ts';
import { findPayment, type PaymentRow } from '../../db/payments.ts';
import type { PaymentStatus } from '../../domain/status.ts';
import type { CancelResult } from '../../workflows/contract.ts';
import { sendJson } from '../answer.ts';
import { jsonBody, parseBody } from '../body.ts';
import { contextOf, holderOf } from '../context.ts';
import type { ApiDependencies } from '../dependencies.ts';
import { optionalText } from '../fields.ts';
import { isDeadline, isUnreachable, repeatDropped } from '../gateway-errors.ts';
import { idParameter } from '../path.ts';
import { factsOf, presentPayment } from '../present.ts';
import { notFound, Problem } from '../problem.ts';

export const paymentCancelBody = z.strictObject({ reason: optionalText(200) });

export function paymentCancelRoutes({ pool, invoices, publicUrl }: ApiDependencies) {
  /** Repeating it changes nothing, and neither does canceling what has ended without money. */
  const cancel = async (request: Request, response: Response): Promise<void> => {
    const id = idParameter(request, response, 'pay');
    const { owner, key_id } = holderOf(response);
    const { reason = null } = parseBody(paymentCancelBody, jsonBody(request));
    const mustFind = async (): Promise<PaymentRow> => {
      const row = await findPayment(pool, owner, id);
      if (!row) throw notFound('payment');
      return row;
    };
    let row = await mustFind();
    contextOf(response).invoice_id = row.invoice_id;
    if (!hasEnded(row.status)) {
      const { outcome } = await tryCancel(owner, row, { by: key_id, reason });
      row = await mustFind();
      if (!hasEnded(row.status)) throw notCanceled(outcome, row.status);
    }
    if (row.amount_received > 0) throw notCanceled('not_cancelable', row.status);
    sendJson(response, 200, JSON.stringify(presentPayment(row, publicUrl)));
  };

  const tryCancel = async (
    owner: Owner,
    { id, invoice_id }: PaymentRow,
    asked: { readonly by: string; readonly reason: string | null },
  ): Promise<CancelResult> => {
    const invoice = await findInvoice(pool, owner, invoice_id);
    if (!invoice) throw new Error(`payment ${id} has no invoice`);
    try {
      return await repeatDropped(() =>
        invoices.cancelPayment(factsOf(invoice), { payment_id: id, ...asked }),
      );
    } catch (error) {
      if (!isDeadline(error) && !isUnreachable(error)) throw error;
      const detail = 'the workflow engine did not answer; the payment may yet be canceled';
      throw new Problem('temporarily_unavailable', detail, { retryAfter_s: 5, cause: error });
    }
  };

  return { cancel };
}

/** Without money: what was paid has not ended in this sense. */
const hasEnded = (status: PaymentStatus): boolean =>
  status === 'canceled' || status === 'expired' || status === 'failed';

/** The problem that stands for anything but a cancellation. `status`: the payment's, read after the attempt. */
export function notCanceled(outcome: CancelResult['outcome'], status: PaymentStatus): Problem {
  if (outcome === 'unconfirmed') {
    const detail = 'the provider could not say whether money has come; nothing was canceled';
    return new Problem('provider_unconfirmed', detail, { retryAfter_s: 10 });
  }
  const hint = status === 'authorized' ? '; void it instead' : '';
  return new Problem('payment_not_cancelable', `the payment cannot be canceled: it is ${status}${hint}`);
}

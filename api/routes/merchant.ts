/** A merchant's own settings: what holds for new invoices unless one of them says otherwise, and what customers see. */
import type { Request, Response } from 'express';
import { z } from 'zod';
import { changeMerchant, findMerchant, type MerchantRow } from '../../db/merchants.ts';
import { sendJson } from '../answer.ts';
import { branding } from '../branding.ts';
import { jsonBody, parseBody } from '../body.ts';
import { noteBy, ownerOf } from '../context.ts';
import type { ApiDependencies } from '../dependencies.ts';
import { moneyPolicy } from '../fields.ts';
import { defined } from './invoices.ts';

export const merchantChange = z.strictObject({
  late_money: moneyPolicy().optional(),
  excess_money: moneyPolicy().optional(),
  branding: branding().optional(),
});

export function merchantRoutes({ pool }: ApiDependencies) {
  const answer = (response: Response, merchant: MerchantRow): void =>
    sendJson(response, 200, JSON.stringify({ object: 'merchant', ...merchant }));
  return {
    read: async (_request: Request, response: Response): Promise<void> =>
      answer(response, await findMerchant(pool, ownerOf(response).merchant_id)),
    /** The policies count for invoices made from ten seconds later on: keys are remembered that long. */
    change: async (request: Request, response: Response): Promise<void> => {
      const change = parseBody(merchantChange, jsonBody(request));
      const { merchant_id, mode } = ownerOf(response);
      const notes = notesOf(change).map(({ action, details }) => ({
        action,
        note: noteBy(response, details),
      }));
      answer(response, await changeMerchant(pool, merchant_id, change, mode, notes));
    },
  };
}

/** Of what customers see, the parts that were changed; an image has no place in the trail. */
function notesOf({ branding: parts = {}, ...policies }: z.output<typeof merchantChange>) {
  const [details, changed] = [defined(policies), Object.keys(parts)];
  return [
    ...(Object.keys(details).length === 0 ? [] : [{ action: 'merchant.policies_changed' as const, details }]),
    ...(changed.length === 0
      ? []
      : [{ action: 'merchant.branding_changed' as const, details: { branding: changed } }]),
  ];
}

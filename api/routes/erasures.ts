/** Erases personal data: of one invoice, or of all invoices that name a person. Repeating either changes nothing. */
import type { Request, Response } from 'express';
import { z } from 'zod';
import { eraseInvoice, invoicesOf, type Person } from '../../db/erase.ts';
import { findInvoiceWithPayments } from '../../db/invoices.ts';
import { sendJson } from '../answer.ts';
import { jsonBody, parseBody } from '../body.ts';
import { holderOf, noteBy } from '../context.ts';
import type { ApiDependencies } from '../dependencies.ts';
import { customer, noFields } from '../fields.ts';
import { idParameter } from '../path.ts';
import { presentInvoice } from '../present.ts';
import { invalidFields, notFound, Problem } from '../problem.ts';
import type { erasure } from '../schemas/invoice.ts';
import type { Shown } from '../schemas/parts.ts';

/** When a request has erased this many it goes no further; the caller is told when there may be more. */
const ERASED_MAX = 500;

const { email, phone } = customer().shape;
export const personBody = z.strictObject({ email, phone });

export function erasureRoutes(dependencies: ApiDependencies) {
  const { pool } = dependencies;
  const eraseOne = async (request: Request, response: Response): Promise<void> => {
    const id = idParameter(request, response, 'inv');
    const { owner } = holderOf(response);
    parseBody(noFields, jsonBody(request));
    const outcome = await eraseInvoice(pool, owner, id, noteBy(response));
    if (outcome === 'in_flight') throw inFlight();
    const found = outcome === 'erased' && (await findInvoiceWithPayments(pool, owner, id));
    if (!found) throw notFound('invoice');
    sendJson(response, 200, JSON.stringify(presentInvoice(found.invoice, found.payments, dependencies)));
  };

  const erasePerson = async (request: Request, response: Response): Promise<void> => {
    const body = parseBody(personBody, jsonBody(request));
    if ((body.email === undefined) === (body.phone === undefined)) throw invalidFields([eitherOr]);
    const person = { email: body.email ?? null, phone: body.phone ?? null };
    sendJson(response, 200, JSON.stringify(await eraseAll(response, person)));
  };

  const eraseAll = async (response: Response, person: Person) => {
    const { owner } = holderOf(response);
    const erased: string[] = [];
    const in_flight: string[] = [];
    const report = (has_more: boolean): Shown<typeof erasure> => ({
      object: 'erasure',
      erased: erased.length,
      in_flight: in_flight.length,
      has_more,
      invoices: { erased, in_flight },
    });
    for (let next: string | null = ''; next !== null;) {
      const page = await invoicesOf(pool, owner, person, next);
      for (const id of page.ids) {
        if (erased.length === ERASED_MAX) return report(true);
        const outcome = await eraseInvoice(pool, owner, id, noteBy(response));
        if (outcome === 'erased') erased.push(id);
        if (outcome === 'in_flight') in_flight.push(id);
      }
      next = page.next;
    }
    return report(false);
  };

  return { eraseOne, erasePerson };
}

const inFlight = (): Problem =>
  new Problem(
    'invoice_in_flight',
    'the invoice or one of its payments has not ended, and what they hold is still needed; cancel the invoice, or wait',
  );

const eitherOr = {
  pointer: '',
  code: 'either_or',
  detail: 'the body must have exactly one of email and phone',
  expected: '{"email": "…"} or {"phone": "…"}',
};

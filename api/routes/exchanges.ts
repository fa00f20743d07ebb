/** What was said between us and the providers about an invoice: our calls and their webhooks, the newest last. */
import type { Request, Response } from 'express';
import { z } from 'zod';
import { findExchange, listExchanges, type ExchangeRow } from '../../db/exchanges.ts';
import { findInvoice, type Owner } from '../../db/invoices.ts';
import { findPayment } from '../../db/payments.ts';
import { isId } from '../../db/ids.ts';
import { createRedactor, type Redactor } from '../../providers/redact.ts';
import { sendJson } from '../answer.ts';
import { contextOf, ownerOf } from '../context.ts';
import type { ApiDependencies } from '../dependencies.ts';
import { checked } from '../field-errors.ts';
import { idParameter } from '../path.ts';
import { presentExchange } from '../present-exchange.ts';
import { invalidFields, notFound } from '../problem.ts';
import type { AccountFinder } from '../provider-accounts.ts';
import { parseQuery } from '../query.ts';

const LIMIT_DEFAULT = 20;
const LIMIT_MAX = 100;

const limitText = checked<string>(
  (value) => {
    const expected = `a whole number from 1 to ${LIMIT_MAX}`;
    const right = typeof value === 'string' && /^[1-9]\d{0,2}$/.test(value) && Number(value) <= LIMIT_MAX;
    return right ? null : { code: 'invalid_format', detail: `must be ${expected}`, expected };
  },
  {
    type: 'string',
    pattern: '^(?:[1-9][0-9]?|100)$',
    description: `How many on a page, 1 to ${LIMIT_MAX}; ${LIMIT_DEFAULT} without it.`,
  },
);

export const exchangeQuery = z.strictObject({
  limit: limitText.optional(),
  starting_after: z.string().optional(),
  payment: z.string().optional(),
});

export function exchangeRoutes(dependencies: ApiDependencies, finder: AccountFinder) {
  const { pool, publicUrl, logger } = dependencies;

  const redactorOf = async ({ provider, account_id }: ExchangeRow): Promise<Redactor | null> => {
    try {
      const opened = await finder.find(provider, account_id);
      return opened && createRedactor(opened.accounts.map(({ credentials }) => credentials));
    } catch (err) {
      logger.error(
        { err, provider_account: account_id },
        'credentials cannot be read; webhooks are not shown',
      );
      return null;
    }
  };

  /** The rows as they may be shown. Webhooks are kept as they came, so their secrets are taken out here. */
  const present = async (rows: readonly ExchangeRow[]) => {
    const redactors = new Map<string, Redactor | null>();
    for (const row of rows) {
      if (row.direction === 'incoming' && !redactors.has(row.account_id))
        redactors.set(row.account_id, await redactorOf(row));
    }
    return rows.map((row) => presentExchange(row, publicUrl, redactors.get(row.account_id) ?? null));
  };

  const mustBeOf = async (owner: Owner, invoiceId: string, paymentId: string): Promise<void> => {
    const payment = isId('pay', paymentId) ? await findPayment(pool, owner, paymentId) : null;
    if (payment?.invoice_id !== invoiceId) throw notFound('payment');
  };

  const list = async (request: Request, response: Response): Promise<void> => {
    const invoice_id = idParameter(request, response, 'inv');
    const owner = ownerOf(response);
    const { limit, starting_after = null, payment = null } = parseQuery(exchangeQuery, request);
    if (!(await findInvoice(pool, owner, invoice_id))) throw notFound('invoice');
    if (payment !== null) await mustBeOf(owner, invoice_id, payment);
    if (starting_after !== null) {
      const known = isExchangeId(starting_after) ? await findExchange(pool, owner, starting_after) : null;
      if (known?.invoice_id !== invoice_id) throw invalidFields([unknownCursor]);
    }
    const { rows, has_more } = await listExchanges(pool, {
      invoice_id,
      payment_id: payment,
      starting_after,
      limit: limit === undefined ? LIMIT_DEFAULT : Number(limit),
    });
    sendJson(response, 200, JSON.stringify({ object: 'list', data: await present(rows), has_more }));
  };

  const read = async (request: Request, response: Response): Promise<void> => {
    const { id } = request.params;
    const row =
      typeof id === 'string' && isExchangeId(id) ? await findExchange(pool, ownerOf(response), id) : null;
    if (!row) throw notFound('exchange');
    contextOf(response).invoice_id = row.invoice_id;
    const [shown] = await present([row]);
    sendJson(response, 200, JSON.stringify(shown));
  };

  return { list, read };
}

function isExchangeId(id: string): boolean {
  return isId('exc', id) || isId('whk', id);
}

const unknownCursor = {
  pointer: '?starting_after',
  code: 'unknown_exchange',
  detail: 'is not an exchange of this invoice (any more)',
  expected: 'the id of the last exchange of the page before',
};

/** An invoice's quotes: which services were chosen for it, for how much, and what came of each; and what could be chosen now. */
import type { Request, Response } from 'express';
import { z } from 'zod';
import { findInvoice } from '../../db/invoices.ts';
import { linkedAccounts } from '../../db/merchants.ts';
import { findPayment } from '../../db/payments.ts';
import { listQuotes, type QuoteRow } from '../../db/quotes.ts';
import { CUSTOMER } from '../../domain/audit-trail.ts';
import { sendJson } from '../answer.ts';
import { ownerOf } from '../context.ts';
import type { ApiDependencies } from '../dependencies.ts';
import { pageOf, pageParameters, refuseCursor } from '../pages.ts';
import { idParameter } from '../path.ts';
import { paymentServices, type PaymentService } from '../payment-service.ts';
import { serviceId } from '../present.ts';
import { notFound } from '../problem.ts';
import { parseQuery } from '../query.ts';
import type { Shown } from '../schemas/parts.ts';
import type { quote, quotes } from '../schemas/quote.ts';
import { shown } from '../shown.ts';
import { presentServices, wantedFor } from './payment-services.ts';

export const quoteQuery = z.strictObject(pageParameters('pay'));

export function quoteRoutes({ pool, connectors }: ApiDependencies) {
  const services = paymentServices(connectors);

  const list = async (request: Request, response: Response): Promise<void> => {
    const id = idParameter(request, response, 'inv');
    const owner = ownerOf(response);
    const page = pageOf(parseQuery(quoteQuery, request));
    const invoice = await findInvoice(pool, owner, id);
    if (!invoice) throw notFound('invoice');
    const cursor = page.after ?? page.before;
    if (cursor !== null && (await findPayment(pool, owner, cursor))?.invoice_id !== id)
      refuseCursor('pay', page);
    const [{ rows, has_more }, accounts] = await Promise.all([
      listQuotes(pool, owner, id, page),
      linkedAccounts(pool, owner.merchant_id, owner.mode),
    ]);
    const wanted = wantedFor(invoice);
    const answer: Shown<typeof quotes> = {
      object: 'list',
      data: rows.map((row) => present(row, services)),
      has_more,
      payable: shown(wanted.payable ? wanted.amount : 0, invoice.currency),
      choices: presentServices([...services.values()], accounts, wanted).filter(({ available }) => available),
    };
    sendJson(response, 200, JSON.stringify(answer));
  };

  return { list };
}

function present(row: QuoteRow, services: ReadonlyMap<string, PaymentService>): Shown<typeof quote> {
  const { currency, amount, amount_received: received } = row;
  const service = serviceId(row.provider, row.method);
  return {
    object: 'quote',
    id: row.id,
    invoice: row.invoice_id,
    payment_service: service,
    // A service of an earlier version may be offered no more.
    title: services.get(service)?.method.title ?? service,
    provider: row.provider,
    provider_account: row.account_id,
    provider_payment_id: row.provider_payment_id,
    chosen_by: chooserOf(row),
    status: row.status,
    balance: balanceOf(row),
    ...shown(amount, currency),
    currency,
    received: shown(received, currency),
    missing: shown(Math.max(0, amount - received), currency),
    excess: shown(Math.max(0, received - amount), currency),
    refunded: shown(row.amount_refunded, currency),
    received_at: row.received_at,
    expires_at: row.expires_at,
    created_at: row.created_at,
    updated_at: row.updated_at,
  };
}

function chooserOf({ requested_by, is_routed }: QuoteRow): 'customer' | 'merchant' | 'routing' {
  if (requested_by === CUSTOMER) return 'customer';
  return is_routed ? 'routing' : 'merchant';
}

function balanceOf({ amount, amount_received: received }: QuoteRow) {
  if (received === 0) return 'unpaid';
  if (received === amount) return 'paid';
  return received < amount ? 'underpaid' : 'overpaid';
}

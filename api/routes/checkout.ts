/**
 * The checkout page: what is owed, how to pay it, and how it stands. Nobody is asked for a key: the token in the address is
 * one. There are no cookies, so another site can make a browser do nothing here that the address alone would not allow;
 * forms that other sites send are refused all the same.
 */
import type { Request, Response } from 'express';
import { findCheckout, findVersions, type CheckoutInvoice } from '../../db/checkout.ts';
import { linkedAccounts } from '../../db/merchants.ts';
import { checkoutNotice, checkoutPage } from '../../pages/checkout/page.ts';
import { invoiceWorkflowId } from '../../workflows/contract.ts';
import { liveRoutes } from '../checkout/live.ts';
import { createRateLimit } from '../checkout/limits.ts';
import { claimOfChoice, detailsOf, paymentBody, sameUnderWay } from '../checkout/pay.ts';
import { ACTS, simulatedCustomer } from '../checkout/sandbox.ts';
import { isPayable, isUnderWay, type Wish } from '../checkout/screen.ts';
import { localeOfRequest, viewOfVisit, visitOf, type Visit } from '../checkout/view.ts';
import { createInvoiceWatch } from '../checkout/watch.ts';
import { invoiceOfToken } from '../checkout-token.ts';
import { contextOf } from '../context.ts';
import type { ApiDependencies } from '../dependencies.ts';
import { isNoSuchWorkflow } from '../gateway-errors.ts';
import { seeOther, sendPage } from '../page-answer.ts';
import { paymentServices } from '../payment-service.ts';
import { Problem } from '../problem.ts';
import type { paymentRoutes } from './payments.ts';

const DAY_MS = 86_400_000;
/** A page can be read for so long after its invoice was due: for the receipt. */
const READABLE_MS = 90 * DAY_MS;
/** Attempts to pay one invoice. Whoever needs more needs a person. */
const PAYMENTS_MAX = 30;
const LOOK_EVERY_MS = 1_000;
const WATCHED_MAX = 5_000;
const MAX_ADVANCE_S = 90 * 86_400;

/** What a request is about, once its token has been believed. */
interface Arrival {
  readonly request: Request;
  readonly response: Response;
  readonly visit: Visit;
}

export function checkoutRoutes(
  dependencies: ApiDependencies,
  payments: Pick<ReturnType<typeof paymentRoutes>, 'ask'>,
) {
  const { pool, apiKeyPepper, publicUrl, now, logger, sandboxControlUrl, fastForward, closing } =
    dependencies;
  const services = paymentServices(dependencies.connectors);
  const pathPrefix = new URL(publicUrl).pathname.replace(/\/$/, '');
  const customer = sandboxControlUrl === null ? null : simulatedCustomer(sandboxControlUrl);
  const readings = createRateLimit(now, 60, 1_000);
  const choices = createRateLimit(now, 12, 5_000);
  const watch = createInvoiceWatch({
    load: (ids) => findVersions(pool, ids),
    limit: WATCHED_MAX,
    every_ms: LOOK_EVERY_MS,
    onError: (err) => logger.warn({ err }, 'open checkout pages could not be told how their invoices stand'),
  });
  const invoiceOf = ({ params: { token } }: Request): string | null =>
    typeof token === 'string' ? invoiceOfToken(token, apiKeyPepper) : null;
  const pathOf = ({ params: { token } }: Request): string => `${pathPrefix}/pay/${String(token)}`;

  const tell = (
    { request, response }: Pick<Arrival, 'request' | 'response'>,
    status: number,
    what: 'not_found' | 'too_many' | 'broken',
  ): void => {
    const locale = localeOfRequest(request);
    const again = what === 'not_found' ? null : pathOf(request);
    sendPage(response, status, checkoutNotice(locale, what, again), locale.language);
  };

  /** Lets through who has a token that we have made, and answers everything else, trouble included, with a page. */
  const arriving =
    (limit: ReturnType<typeof createRateLimit>, handle: (arrival: Arrival) => Promise<void>) =>
    async (request: Request, response: Response): Promise<void> => {
      const id = invoiceOf(request);
      if (id === null) return tell({ request, response }, 404, 'not_found');
      contextOf(response).invoice_id = id;
      const wait_s = limit.take(id);
      if (wait_s > 0) {
        response.setHeader('Retry-After', String(wait_s));
        return tell({ request, response }, 429, 'too_many');
      }
      try {
        const invoice = await findCheckout(pool, id);
        if (!invoice || now() > Date.parse(invoice.due_at) + READABLE_MS)
          return tell({ request, response }, 404, 'not_found');
        await handle({ request, response, visit: await visitFor(request, invoice) });
      } catch (error) {
        // A customer has no use for a problem document.
        logger.error({ err: error, invoice_id: id }, 'a checkout page could not be shown');
        if (!response.headersSent) tell({ request, response }, 503, 'broken');
      }
    };

  const visitFor = async (request: Request, invoice: CheckoutInvoice): Promise<Visit> => {
    const { merchant_id, mode, status } = invoice;
    const accounts = isPayable(status) ? await linkedAccounts(pool, merchant_id, mode) : [];
    return visitOf(request, invoice, { services: [...services.values()], accounts, path: pathOf(request) });
  };

  const sandboxOf = ({ mode, status, payments: all }: CheckoutInvoice, said: string | null = null) =>
    mode === 'sandbox'
      ? {
          canAct: customer !== null && all.some(isUnderWay),
          canMoveClock: isPayable(status) || all.some(isUnderWay),
          said,
        }
      : null;

  const show = arriving(readings, async ({ request, response, visit }) => {
    const { invoice, offers, locale } = visit;
    const { service, simulator } = request.query;
    if (simulator === '1' && invoice.mode === 'sandbox') return goToSimulator({ request, response, visit });
    const offer = offers.find(({ service: { id }, details }) => id === service && details.length > 0);
    const screen = offer
      ? ({ type: 'details', service: offer.view, details: detailsOf(offer, null).shown } as const)
      : undefined;
    const shown = {
      services,
      sandbox: sandboxOf(invoice),
      wish: wishOf(request),
      ...(screen ? { screen } : {}),
    };
    sendPage(response, 200, checkoutPage(await viewOfVisit(visit, shown)), locale.language);
  });

  const act = arriving(choices, async (arrival) => {
    const { request, response, visit } = arrival;
    if (isForeign(request, publicUrl)) return seeOther(response, back(visit));
    const form = formOf(request);
    if (request.query['sandbox'] === '1') return playSandbox(arrival, form);
    const { invoice, offers } = visit;
    const offer = offers.find(({ service: { id } }) => id === form.get('service'));
    // Whoever comes late is shown how it stands now.
    if (!offer?.view.isReady || !isPayable(invoice.status)) return seeOther(response, back(visit));
    const details = detailsOf(offer, form);
    if (!details.isComplete) {
      const screen = { type: 'details', service: offer.view, details: details.shown } as const;
      const view = await viewOfVisit(visit, { services, sandbox: sandboxOf(invoice), wish: NO_WISH, screen });
      return sendPage(response, 422, checkoutPage(view), visit.locale.language);
    }
    const found = sameUnderWay(invoice, offer, details.customer);
    if (!found && invoice.payments.length >= PAYMENTS_MAX) return tell(arrival, 429, 'too_many');
    const id = found?.id ?? (await ask(visit, offer, details.customer));
    const query = {
      ...(id === null ? {} : { payment: id }),
      ...(offer.view.flow === 'redirect' ? { go: '1' } : {}),
    };
    seeOther(response, back(visit, query));
  });

  /** The id of the payment, or null where the page tells by itself how it stands. */
  const ask = async (
    { invoice }: Visit,
    offer: Visit['offers'][number],
    typed: ReturnType<typeof detailsOf>['customer'],
  ): Promise<string | null> => {
    const claim = claimOfChoice(invoice, offer, typed, apiKeyPepper);
    try {
      return await payments.ask(invoice, invoice.id, paymentBody(invoice, offer, typed), claim);
    } catch (error) {
      // The first of two clicks is still under way, or the invoice has changed since it was read.
      const passing = error instanceof Problem && PASSING.has(error.code);
      if (!passing) throw error;
      logger.info({ code: error.code, invoice_id: invoice.id }, 'a customer’s choice made no payment');
      return null;
    }
  };

  const goToSimulator = async ({ response, visit }: Arrival): Promise<void> => {
    const payment = [...visit.invoice.payments].reverse().find(isUnderWay);
    const page = payment && customer ? await customer.pageOf(payment) : null;
    seeOther(response, page ?? back(visit));
  };

  /** Only for play money: pays, declines or lets a payment run out, or moves the invoice's clock. */
  const playSandbox = async ({ response, visit }: Arrival, form: URLSearchParams): Promise<void> => {
    const { invoice } = visit;
    if (invoice.mode !== 'sandbox') return seeOther(response, back(visit));
    const said = await played(invoice, form);
    if (said === null) return seeOther(response, back(visit));
    const view = await viewOfVisit(visit, { services, sandbox: sandboxOf(invoice, said), wish: NO_WISH });
    sendPage(response, 409, checkoutPage(view), visit.locale.language);
  };

  const played = async (invoice: CheckoutInvoice, form: URLSearchParams): Promise<string | null> => {
    const advance_s = Number(form.get('advance_s') ?? 0);
    if (Number.isInteger(advance_s) && advance_s > 0 && advance_s <= MAX_ADVANCE_S) {
      try {
        await fastForward(invoiceWorkflowId(invoice.id), advance_s * 1000);
        return null;
      } catch (error) {
        if (!isNoSuchWorkflow(error)) throw error;
        return 'Nothing about this invoice is in flight, so it has no clock to move.';
      }
    }
    const wanted = ACTS.find((known) => known === form.get('act'));
    const payment = [...invoice.payments].reverse().find(isUnderWay);
    if (wanted === undefined || payment === undefined || customer === null) return null;
    return customer.act(payment, wanted);
  };

  return { show, act, ...liveRoutes({ watch, invoiceOf, closing }) };
}

const PASSING: ReadonlySet<string> = new Set([
  'idempotency_in_progress',
  'invoice_not_payable',
  'validation_failed',
]);

const NO_WISH: Wish = { choose: false, forward: false, cameBack: false, payment: null };

function wishOf({ query }: Request): Wish {
  const { payment } = query;
  return {
    choose: query['choose'] === '1',
    forward: query['go'] === '1',
    cameBack: query['back'] === '1',
    payment: typeof payment === 'string' ? payment : null,
  };
}

/** The page itself, in the language that the customer has chosen. */
function back(
  { path, isLanguageChosen, locale }: Visit,
  query: Readonly<Record<string, string>> = {},
): string {
  const all = new URLSearchParams({ ...query, ...(isLanguageChosen ? { lang: locale.language } : {}) });
  return all.size === 0 ? path : `${path}?${all.toString()}`;
}

function formOf({ body }: Request): URLSearchParams {
  return new URLSearchParams(Buffer.isBuffer(body) ? body.toString('utf8') : '');
}

/**
 * True for a form that another site has sent. Pages here name no referrer, so their own forms come with `Origin: null`;
 * browsers say by `Sec-Fetch-Site` where a request comes from.
 */
function isForeign({ headers }: Request, publicUrl: string): boolean {
  const site = headers['sec-fetch-site'];
  if (site !== undefined) return site !== 'same-origin' && site !== 'none';
  const { origin } = headers;
  if (origin === undefined || origin === 'null') return false;
  return origin !== new URL(publicUrl).origin && origin.replace(/^https?:\/\//, '') !== headers.host;
}

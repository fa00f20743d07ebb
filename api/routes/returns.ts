/**
 * The customer comes back from a provider's page. What the browser brings along is never believed: the payment is read
 * again at the provider, and only that decides where the customer goes. Nobody is asked for a key: the token is one.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Request, Response } from 'express';
import { findReturningPayment, type ReturningPayment } from '../../db/returns.ts';
import { currency as asCurrency } from '../../domain/currency.ts';
import { display } from '../../domain/money.ts';
import { RETURN_DOORS, type ReturnDoor } from '../../domain/return-address.ts';
import { checkingPage, unknownLinkPage, type ShownPayment } from '../../pages/return-page.ts';
import { LANGUAGES, type Language } from '../../pages/texts.ts';
import { checkoutUrl } from '../checkout-token.ts';
import { contextOf } from '../context.ts';
import type { ApiDependencies } from '../dependencies.ts';
import { seeOther, sendPage } from '../page-answer.ts';
import { createPaymentRefresher } from '../payment-refresher.ts';
import { factsOf } from '../present.ts';
import { paymentOfToken } from '../return-token.ts';
import { merchantAddress, type ResultOutcome } from '../merchant-address.ts';

/** How long the browser waits for the provider before it gets a page. */
const LIMIT_MS = 4_000;
/** How often the record is looked at meanwhile. */
const LOOK_EVERY_MS = 150;
const DAY_MS = 86_400_000;
/** A return link works for so long after its payment was made. */
const LINK_LIFETIME_MS = 30 * DAY_MS;
/** Money that comes after a payment has ended comes soon, or is learnt of by webhook: later the record is believed. */
const ASK_AFTER_END_MS = DAY_MS;
/** The checking page looks again after 2 s, then ever less often; after so many times (some six minutes) only by hand. */
const LOOKS = 40;
const PAUSE_S = { first: 2, longest: 10 };

/** One arrival: whose payment, by which of our addresses, and where its page is. */
interface Arrival {
  readonly payment: ReturningPayment;
  readonly door: ReturnDoor | null;
  /** Path and query only: it is put into our own pages. */
  readonly address: string;
  readonly language: Language;
  readonly looks: number;
}

/** `confirmed`: the provider has answered, and `payment` was read after that. */
interface Reading {
  readonly payment: ReturningPayment;
  readonly confirmed: boolean;
}

export function returnRoutes(dependencies: ApiDependencies) {
  const { pool, apiKeyPepper, publicUrl, now, logger } = dependencies;
  const refresher = createPaymentRefresher(dependencies);
  const pathPrefix = new URL(publicUrl).pathname.replace(/\/$/, '');

  const arrive = async (request: Request, response: Response): Promise<void> => {
    const { token, door = null } = request.params;
    const language = languageOf(request);
    const given = typeof token === 'string' ? token : '';
    const id = paymentOfToken(given, apiKeyPepper);
    if (id === null || !isDoor(door)) return sendPage(response, 404, unknownLinkPage(language), language);
    const address = `${pathPrefix}/return/${given}${door === null ? '' : `/${door}`}`;
    const looks = looksOf(request);
    try {
      const payment = await findReturningPayment(pool, id);
      if (!payment || now() - Date.parse(payment.created_at) > LINK_LIFETIME_MS)
        return sendPage(response, 404, unknownLinkPage(language), language);
      contextOf(response).invoice_id = payment.invoice.id;
      await goOn(response, { payment, door, address, language, looks });
    } catch (error) {
      // A customer has no use for a problem document: the page looks again until it can be answered.
      logger.error(
        { err: error, payment_id: id },
        'a returning customer could not be told how the payment stands',
      );
      if (response.headersSent) return;
      const links = { pay: null, shop: null, again: again(address, looks) };
      sendPage(response, 503, checkingPage(language, null, links, pauseAfter(looks)), language);
    }
  };

  /** Reads that are under way, by payment: browsers that come meanwhile share them. */
  const underWay = new Map<string, Promise<Reading>>();
  const readAgain = (before: ReturningPayment): Promise<Reading> => {
    const found = underWay.get(before.id);
    if (found) return found;
    const reading = watch(before).finally(() => underWay.delete(before.id));
    underWay.set(before.id, reading);
    return reading;
  };

  /**
   * The record once the provider has been asked, or as soon as it has the money: webhooks come at the same moment as
   * browsers, and are often faster.
   */
  const watch = async (before: ReturningPayment): Promise<Reading> => {
    const asked: { answer: boolean | null } = { answer: null };
    const refreshed = refresher.refresh(factsOf(before.invoice), before.id, LIMIT_MS).then((answer) => {
      asked.answer = answer;
    });
    for (;;) {
      await Promise.race([refreshed, sleep(LOOK_EVERY_MS)]);
      const { answer } = asked;
      const payment = (await findReturningPayment(pool, before.id)) ?? before;
      if (answer !== null || payment.status === 'paid') return { payment, confirmed: answer === true };
    }
  };

  /** Asks the provider where that can tell more, then sends the customer on or shows how it stands. */
  const goOn = async (response: Response, arrival: Arrival): Promise<void> => {
    const { payment: before, door, address, language, looks } = arrival;
    const { payment, confirmed } = mayHaveChanged(before, now())
      ? await readAgain(before)
      : { payment: before, confirmed: false };
    const outcome = outcomeOf(payment, door, confirmed);
    if (outcome === 'open') {
      const shop = merchantAddress(payment, door === 'failure' ? 'failed' : 'canceled');
      const links = { pay: payment.pay_url, shop, again: again(address, looks) };
      const page = checkingPage(language, shownPayment(payment), links, pauseAfter(looks));
      return sendPage(response, 200, page, language);
    }
    const target = merchantAddress(payment, outcome);
    if (target !== null) return seeOther(response, target);
    // The merchant has no page for it; ours says how it went, and offers other ways to pay where it went wrong.
    const page = new URL(checkoutUrl(payment.invoice.id, dependencies));
    seeOther(response, `${page.pathname}?back=1`);
  };

  return { arrive };
}

function isDoor(door: unknown): door is ReturnDoor | null {
  return door === null || RETURN_DOORS.some((known) => known === door);
}

/** Invoices that nobody has to pay any more. */
const COVERED: ReadonlySet<string> = new Set(['authorized', 'paid', 'overpaid']);

/** Whether the provider could say something that is not on record. */
function mayHaveChanged({ status, provider_payment_id, updated_at }: ReturningPayment, now: number): boolean {
  if (provider_payment_id === null) return false;
  switch (status) {
    case 'authorized':
    case 'paid':
    case 'partially_refunded':
    case 'refunded':
      return false;
    case 'requested':
    case 'unknown':
    case 'pending':
    case 'partially_paid':
      return true;
    case 'failed':
    case 'expired':
    case 'canceled':
      return now - Date.parse(updated_at) < ASK_AFTER_END_MS;
  }
}

/**
 * Where the customer goes. The door decides only between the ways of not having paid, and only once the provider has
 * confirmed (`confirmed`) that nothing was paid. It never makes a success.
 */
function outcomeOf(
  { status, invoice }: ReturningPayment,
  door: ReturnDoor | null,
  confirmed: boolean,
): ResultOutcome | 'open' {
  // Another payment has brought the money: nobody is to be asked to pay again.
  if (COVERED.has(invoice.status)) return 'paid';
  switch (status) {
    // The customer has done all there was to do; capturing it is between the merchant and the provider.
    case 'authorized':
    case 'paid':
    case 'partially_refunded':
    case 'refunded':
      return 'paid';
    case 'failed':
    case 'expired':
      return door === 'cancel' ? 'canceled' : 'failed';
    case 'canceled':
      return 'canceled';
    case 'pending':
      if (!confirmed || door === null) return 'open';
      return door === 'cancel' ? 'canceled' : 'failed';
    case 'requested':
    case 'unknown':
    case 'partially_paid':
      return 'open';
  }
}

function shownPayment({
  amount,
  amount_received,
  merchant_name,
  invoice,
  ...payment
}: ReturningPayment): ShownPayment {
  const currency = asCurrency(payment.currency);
  return {
    amount: display({ amount, currency }),
    received: payment.status === 'partially_paid' ? display({ amount: amount_received, currency }) : null,
    shop: merchant_name,
    reference: invoice.reference ?? invoice.id,
  };
}

function languageOf(request: Request): Language {
  const [fallback = 'en'] = LANGUAGES;
  const accepted =
    request.headers['accept-language'] === undefined ? false : request.acceptsLanguages(LANGUAGES);
  return LANGUAGES.find((language) => language === accepted) ?? fallback;
}

/** How often the page has looked already, as our own link says; anybody may say otherwise, to no avail. */
function looksOf({ query }: Request): number {
  const { looks } = query;
  return typeof looks === 'string' && /^\d{1,3}$/.test(looks) ? Number(looks) : 0;
}

/** The page's own address for its next look, without anything that the provider has added. */
function again(address: string, looks: number): string {
  return looks < LOOKS ? `${address}?looks=${looks + 1}` : address;
}

function pauseAfter(looks: number): number | null {
  return looks < LOOKS ? Math.min(PAUSE_S.first + Math.floor(looks / 2), PAUSE_S.longest) : null;
}

/** For tests: Rehive's answers as its documentation shows them, and a server that gives them. */
import { answering, type Script } from '../scripted-server.ts';

export const NOW = Date.parse('2026-10-01T08:00:00.000Z');
export const ID = 'e7d7a5a2-9a97-4930-a992-589a6133488f';
export const BASE = '/api/manager/businesses/biz-1/';
/** The scripted server as a connector meets it. */
export const AT_REHIVE = {
  now: NOW,
  path: '/api/',
  credentials: { token: 'tok-1', business_id: 'biz-1', webhook_secret: 's' },
};

export const DOLLAR = {
  code: 'USD',
  display_code: 'USD',
  description: 'United States Dollar',
  symbol: '$',
  unit: 'dollar',
  divisibility: 2,
};
/** The answer of the page "Invoicing", bare, with its capital P. */
export const INVOICE = {
  id: ID,
  user: '{}',
  account: 'string',
  request_reference: 'pay_01',
  request_currency: DOLLAR,
  request_amount: 10_000,
  Primary_payment_processor: '',
  description: 'Online payment for clothes',
  status: 'initiated',
  return_url: 'https://my-ecommerce-store.com/order/1',
  redirect_url: `https://app.rehive.com/checkout/?request=${ID}`,
  payment_processor_quotes: [] as unknown[],
  created: 0,
  updated: 0,
};
export const quote = (total_paid: number, over: object = {}) => ({
  id: '27fd41af-279e-44e7-b384-d6a6fe54f160',
  request: 16,
  reference: '459b3407-3009-4f77-bbbf-5d6e12788958',
  deposit_details: {},
  payment_processor: { id: '19dff821', unique_string_name: 'native_otp' },
  currency: DOLLAR,
  amount: 10_000,
  total_paid,
  expiration_date: null,
  status: 'paid',
  conversion_quote: null,
  ...over,
});
export const transaction = (rehive_code: string, amount: number, details: object = {}) => ({
  rehive_code,
  settled: true,
  payment_processor_quote: 14,
  details: { tx_type: 'credit', status: 'Complete', amount, created: NOW, ...details },
});
export const wrapped = (data: unknown) => ({ status: 'success', data });
export const listOf = (...results: unknown[]) =>
  wrapped({ count: results.length, next: null, previous: null, results });
export const PAID = { ...INVOICE, status: 'paid', payment_processor_quotes: [quote(10_000)] };

/** Answers each call below the business with what stands for it: `GET invoices/`. */
export const byCall =
  (answers: Readonly<Record<string, unknown>>): Script =>
  (request, response, socket) => {
    const path = (request.path.split('?')[0] ?? '').replace(BASE, '');
    const answer = answers[`${request.method} ${path}`];
    const script = answer === undefined ? answering(404, { status: 'error', message: 'Not found.' }) : answer;
    if (typeof script === 'function') (script as Script)(request, response, socket);
    else answering(200, script)(request, response, socket);
  };

/** Payments in answers. */
import { z } from 'zod';
import { STRATEGIES } from '../../domain/routing.ts';
import { PAYMENT_STATUSES } from '../../domain/status.ts';
import { operation } from './operation.ts';
import {
  count,
  currency,
  display,
  failure,
  id,
  minor,
  named,
  object,
  shownAmount,
  text,
  time,
  url,
} from './parts.ts';

export const skippedService = object({
  payment_service: text(),
  provider_account: id('pacc').nullable(),
  code: text(),
  detail: text('For people.'),
});

const nextAction = named(
  'NextAction',
  'What the customer does to pay. `type` says which of the other fields to use first; all that are there lead to the same payment.',
  object({
    type: z.enum(['redirect', 'qr_code', 'bank_transfer', 'confirm_on_phone']),
    redirect_url: url().optional(),
    qr: object({
      payload: text('What the code encodes, for whoever draws it.').optional(),
      svg_url: url().optional(),
      png_url: url(),
    }).optional(),
    readable_code: text('What can be typed in place of scanning.').optional(),
    deep_links: z.array(object({ label: text(), url: text() })).optional(),
    bank_transfer: object({
      bank_name: text(),
      account_name: text(),
      account_number: text(),
      amount: minor(),
      display: display(),
      remark: text('Has to be in the transfer: it says what the money is for.'),
    }).optional(),
    phone_hint: text('The phone that shows the confirmation, most of it hidden.').optional(),
  }),
);

export const payment = named(
  'Payment',
  'One attempt to collect an invoice with one payment service.',
  object({
    object: z.literal('payment'),
    id: id('pay'),
    invoice: id('inv'),
    payment_service: text('Such as `fib.qr_code`.'),
    provider: text(),
    method: text(),
    provider_account: id('pacc'),
    provider_payment_id: text('What the provider calls it; null until it has answered.').nullable(),
    status: z.enum(PAYMENT_STATUSES),
    amount: minor(),
    display: display(),
    currency: currency(),
    received: shownAmount,
    authorized: shownAmount,
    refunded: shownAmount,
    capture_before: time('When the authorization ends.').nullable(),
    description: text().nullable(),
    next_action: nextAction.nullable(),
    failure: failure.nullable(),
    routing: object({
      revision: count(),
      rule: object({ index: count(), name: text().nullable() }),
      strategy: z.enum(STRATEGIES),
      reason: text('For people.'),
      attempt: count(),
      fallback_of: id('pay').nullable(),
      skipped: z.array(skippedService),
    })
      .nullable()
      .meta({ description: 'How its service was picked; null: the request named it.' }),
    expires_at: time().nullable(),
    captures: z.array(operation),
    voids: z.array(operation),
    refunds: z.array(operation),
    created_at: time(),
    updated_at: time(),
  }),
);

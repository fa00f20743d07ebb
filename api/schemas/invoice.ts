/** Invoices in answers, and what is done with whole invoices. */
import { z } from 'zod';
import { AUTHORIZATION_ENDS } from '../../domain/authorization.ts';
import { INVOICE_STATUSES } from '../../domain/status.ts';
import {
  count,
  currency,
  display,
  id,
  minor,
  mode,
  named,
  object,
  shownAmount,
  text,
  time,
  url,
} from './parts.ts';
import { payment } from './payment.ts';

export const moneyPolicy = () => z.enum(['accept', 'refund', 'hold']);

export const invoice = named(
  'Invoice',
  'What is owed, with every payment that was asked for.',
  object({
    object: z.literal('invoice'),
    id: id('inv'),
    mode: mode(),
    status: z.enum(INVOICE_STATUSES),
    amount: minor(),
    display: display(),
    currency: currency(),
    amounts: object({
      due: shownAmount,
      received: shownAmount,
      authorized: shownAmount,
      refunded: shownAmount,
      remaining: shownAmount,
      excess: shownAmount,
      late: shownAmount,
    }),
    capture_method: z.enum(['automatic', 'manual']),
    on_authorization_expiry: z.enum(AUTHORIZATION_ENDS),
    late_money: moneyPolicy(),
    excess_money: moneyPolicy(),
    reference: text('Yours.').nullable(),
    description: text().nullable(),
    customer: object({
      name: text().optional(),
      email: text().optional(),
      phone: text().optional(),
      country: text().optional(),
    }),
    items: z.array(object({ name: text(), quantity: count(), unit_amount: minor() })),
    metadata: z.record(z.string(), z.string()),
    return_urls: object({
      success: text().optional(),
      failure: text().optional(),
      cancel: text().optional(),
    }),
    checkout_url: url().meta({ description: 'The page on which the customer can pay.' }),
    due_at: time('When it expires if it is not paid by then.'),
    created_at: time(),
    updated_at: time(),
    erased_at: time('When its personal data was erased.').nullable(),
    payments: z.array(payment),
  }),
);

export const testClock = named(
  'TestClock',
  'The invoice after its time was moved.',
  object({
    object: z.literal('test_clock'),
    invoice,
    advanced_s: count(),
    settled: z.boolean().meta({
      description:
        'False: the jump goes on; read the invoice until it shows what you wait for. Asking again goes as much further.',
    }),
    in_flight: z.boolean().meta({
      description:
        'False: nothing of the invoice was in flight; the provider was only asked about payments that may still be paid late.',
    }),
  }),
);

export const erasure = named(
  'Erasure',
  'What was erased of a person, and which invoices still need what they hold.',
  object({
    object: z.literal('erasure'),
    erased: count(),
    in_flight: count(),
    has_more: z.boolean().meta({ description: 'Whether to send the request again.' }),
    invoices: object({ erased: z.array(id('inv')), in_flight: z.array(id('inv')) }),
  }),
);

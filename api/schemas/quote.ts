/** Quotes in answers: what was chosen to pay an invoice with. */
import { z } from 'zod';
import { PAYMENT_STATUSES } from '../../domain/status.ts';
import { paymentService } from './account.ts';
import { currency, display, id, listOf, minor, named, shownAmount, object, text, time } from './parts.ts';

export const quote = named(
  'Quote',
  'A payment service that was chosen for an invoice, for how much, and what came of it. Each is a payment, seen from the invoice.',
  object({
    object: z.literal('quote'),
    id: id('pay').meta({ description: "The payment's." }),
    invoice: id('inv'),
    payment_service: text('Such as `fib.qr_code`.'),
    title: text('For people.'),
    provider: text(),
    provider_account: id('pacc'),
    provider_payment_id: text('What the provider calls it; null until it has answered.').nullable(),
    chosen_by: z
      .enum(['customer', 'merchant', 'routing'])
      .meta({ description: 'On the checkout page, by the request, or by the routing rules.' }),
    status: z.enum(PAYMENT_STATUSES),
    balance: z
      .enum(['unpaid', 'underpaid', 'paid', 'overpaid'])
      .meta({ description: 'What came against what was asked for, whatever the status.' }),
    amount: minor(),
    display: display(),
    currency: currency(),
    received: shownAmount,
    missing: shownAmount,
    excess: shownAmount,
    refunded: shownAmount,
    received_at: time("When the latest money came, by the invoice's clock.").nullable(),
    expires_at: time().nullable(),
    created_at: time(),
    updated_at: time(),
  }),
);

export const quotes = listOf(quote).extend({
  payable: shownAmount.meta({
    description: 'What another payment may ask for now; 0 when the invoice takes none.',
  }),
  choices: z
    .array(paymentService)
    .meta({ description: 'The services that can be chosen for that now, each with one of your accounts.' }),
});

/** Answers in which `expand` can have more whole than an id. */
import { z } from 'zod';
import { event } from './event.ts';
import { invoice } from './invoice.ts';
import { operation, operationWithLog } from './operation.ts';
import { id, listOf, named } from './parts.ts';
import { payment } from './payment.ts';

const eventFacts = named(
  'EventFacts',
  'Something that has happened, without the object it has happened to.',
  event.omit({ data: true }),
);

export const expandedInvoice = named(
  'ExpandedInvoice',
  'What is owed, with every payment that was asked for.',
  invoice.extend({
    events: listOf(eventFacts).optional().meta({
      description: 'The newest; only with `expand=events`. `GET /v1/events?invoice=` has them all.',
    }),
  }),
);

const wholeInvoice = () =>
  z.union([id('inv'), invoice]).meta({ description: 'The id; the whole with `expand=invoice`.' });
const wholePayment = () =>
  z.union([id('pay'), payment]).meta({ description: 'The id; the whole with `expand=payment`.' });

export const expandedPayment = named(
  'ExpandedPayment',
  'One attempt to collect an invoice with one payment service.',
  payment.extend({ invoice: wholeInvoice() }),
);

export const expandedOperation = named(
  'ExpandedOperation',
  'A capture, a void or a refund.',
  operation.extend({ invoice: wholeInvoice(), payment: wholePayment() }),
);

export const expandedOperationWithLog = named(
  'ExpandedHistory',
  'A capture, a void or a refund with what has become of it, and each call that asked the provider for it.',
  operationWithLog.extend({ invoice: wholeInvoice(), payment: wholePayment() }),
);

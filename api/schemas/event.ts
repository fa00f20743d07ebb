/** Events in answers and in webhooks. */
import { z } from 'zod';
import { API_VERSIONS } from '../../domain/api-version.ts';
import { OUTGOING_TYPES } from '../../domain/outgoing.ts';
import { incident, incidentCause } from './account.ts';
import { caseSchema } from './case.ts';
import { invoice } from './invoice.ts';
import { operation } from './operation.ts';
import { count, currency, display, id, minor, mode, named, object, text, time } from './parts.ts';
import { payment } from './payment.ts';
import { reconciliationRun } from './reconciliation.ts';
import { webhookEndpoint } from './webhook.ts';

export const event = named(
  'Event',
  'Something that has happened, with the whole object it has happened to.',
  object({
    object: z.literal('event'),
    id: id('evt'),
    type: z.enum(OUTGOING_TYPES),
    api_version: z.string().meta({ examples: API_VERSIONS }),
    mode: mode(),
    invoice: id('inv').nullable(),
    invoice_version: count().nullable().meta({ description: 'The greater of two is the later.' }),
    payment: id('pay').nullable(),
    operation: id('cap', 'void', 'rfd').nullable(),
    case: id('case').nullable(),
    incident: object({
      id: id('inc'),
      provider_account: id('pacc'),
      provider: text(),
      cause: incidentCause,
      detail: text('For people.'),
      since: time(),
      recovered_at: time().nullable(),
    }).nullable(),
    webhook_endpoint: id('whe').nullable(),
    reconciliation_run: id('rec').nullable(),
    amount: minor().nullable(),
    display: display().nullable(),
    currency: currency().nullable(),
    capture_before: time('When the authorization ends; only in the warning of it.').optional(),
    late: z.boolean().meta({ description: 'Of money that came in: whether it came after the end.' }),
    created_at: time("By the invoice's clock."),
    data: object({
      object: z
        .union([invoice, payment, operation, caseSchema, incident, webhookEndpoint, reconciliationRun])
        .nullable()
        .meta({ description: 'The object as it stands now; null when it is gone.' }),
    }),
  }),
);

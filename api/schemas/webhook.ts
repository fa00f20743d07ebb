/** Your webhook endpoints and what was sent to them, and what was said between us and providers, in answers. */
import { z } from 'zod';
import { DELIVERY_STATUSES } from '../../db/delivery-list.ts';
import { API_VERSIONS } from '../../domain/api-version.ts';
import { OUTGOING_TYPES } from '../../domain/outgoing.ts';
import { count, failure, id, mode, named, object, text, time, url } from './parts.ts';

const endpointFields = {
  object: z.literal('webhook_endpoint'),
  id: id('whe'),
  mode: mode(),
  url: url(),
  description: text().nullable(),
  event_types: z.array(z.string()),
  api_version: z.enum(API_VERSIONS),
  alias: z.enum(['furatpay']).nullable(),
  enabled: z.boolean(),
  disabled: object({
    reason: z.enum(['requested', 'gone', 'failing']),
    at: time().nullable(),
  }).nullable(),
  failing: object({ since: time(), warned_at: time().nullable() }).nullable(),
  previous_secrets: z.array(object({ valid_until: time() })),
  created_at: time(),
  updated_at: time(),
  rotated_at: time().nullable(),
};

export const webhookEndpoint = named(
  'WebhookEndpoint',
  'Where you want to be told of events.',
  object(endpointFields),
);

export const webhookEndpointWithSecret = named(
  'WebhookEndpointWithSecret',
  'An endpoint with its secret, which is shown this once.',
  object({
    ...endpointFields,
    secret: text('`whsec_…`; null in a repetition after it was replaced.').nullable(),
  }),
);

export const deletedEndpoint = named(
  'DeletedWebhookEndpoint',
  'An endpoint that is gone.',
  object({ object: z.literal('webhook_endpoint'), id: id('whe'), deleted: z.literal(true) }),
);

const attempt = object({
  number: count(),
  at: time(),
  duration_ms: count(),
  url: text(),
  status: count().nullable(),
  failure: text('Why there was no answer.').nullable(),
  response_body: text('The beginning of your answer.').nullable(),
});

const deliveryFields = {
  object: z.literal('delivery'),
  id: id('dlv'),
  mode: mode(),
  webhook_endpoint: id('whe'),
  event: id('evt'),
  event_type: z.enum(OUTGOING_TYPES),
  invoice: id('inv').nullable(),
  status: z.enum(DELIVERY_STATUSES),
  reason: z
    .enum(['attempts_exhausted', 'endpoint_gone', 'endpoint_disabled', 'endpoint_deleted'])
    .meta({ description: 'Why it was given up.' })
    .nullable(),
  attempt_count: count(),
  last_attempt: attempt.nullable(),
  next_attempt_at: time().nullable(),
  delivered_at: time().nullable(),
  created_at: time(),
  updated_at: time(),
};

export const delivery = named(
  'Delivery',
  'An event on its way to one of your endpoints.',
  object(deliveryFields),
);

export const deliveryWithAttempts = named(
  'DeliveryWithAttempts',
  'A delivery with every attempt.',
  object({ ...deliveryFields, attempts: z.array(attempt) }),
);

export const resend = named(
  'Resend',
  'How many deliveries are sent again.',
  object({
    object: z.literal('resend'),
    webhook_endpoint: id('whe'),
    since: text(),
    count: count(),
    has_more: z.boolean(),
  }),
);

const headers = () => z.record(z.string(), z.string());

export const exchange = named(
  'Exchange',
  'A call to a provider, or a webhook of one, without secrets.',
  object({
    object: z.literal('exchange'),
    id: id('exc', 'whk'),
    direction: z.enum(['outgoing', 'incoming']),
    invoice: id('inv').nullable(),
    payment: id('pay').nullable(),
    provider: text(),
    provider_account: id('pacc'),
    operation: text('Our name of what was asked for.'),
    method: text(),
    url: text(),
    status: count().nullable(),
    failure: failure.nullable(),
    started_at: time(),
    duration_ms: count().nullable(),
    attempt: count().nullable(),
    request_headers: headers(),
    request_body: text().nullable(),
    response_headers: headers().nullable(),
    response_body: text().nullable(),
    webhook: object({
      event_key: text(),
      state: z.enum(['received', 'processed', 'ignored', 'dead']),
      reason: text().nullable(),
      copies: count(),
      processed_at: time().nullable(),
    }).nullable(),
    erased_at: time().nullable(),
  }),
);

/** Provider accounts, payment services, routing, events and webhooks: their operations as the description has them. */
import { z } from 'zod';
import type { Connector } from '../../providers/contract.ts';
import type { ApiDependencies } from '../dependencies.ts';
import { noFields } from '../fields.ts';
import { listQuery } from '../lists.ts';
import { forceBody } from '../routes/account-breaker.ts';
import { rotationBody } from '../routes/account-rotation.ts';
import { deliveryFilters } from '../routes/deliveries.ts';
import { eventFilters } from '../routes/events.ts';
import { incidentFilters } from '../routes/incidents.ts';
import { serviceQuery } from '../routes/payment-services.ts';
import { accountBody, accountChange, accountQuery } from '../routes/provider-accounts.ts';
import { previewBody, routingBody } from '../routing-rules.ts';
import { resendBody, rotateSecretBody } from '../routes/webhook-endpoint-actions.ts';
import { endpointBody, endpointChange, endpointFilters } from '../routes/webhook-endpoints.ts';
import {
  accountTest,
  accountWebhooks,
  incident,
  incidentWithPayments,
  paymentServices,
  providerAccount,
  routing,
  routingPreview,
} from '../schemas/account.ts';
import { event } from '../schemas/event.ts';
import {
  deletedEndpoint,
  delivery,
  deliveryWithAttempts,
  resend,
  webhookEndpoint,
  webhookEndpointWithSecret,
} from '../schemas/webhook.ts';
import { created, ok, page, type Operation } from './operation.ts';

/** The credentials that each provider takes, one form for each. */
function credentialsOf(connectors: readonly Connector<unknown>[]): z.ZodType {
  const [first, ...rest] = connectors.map(({ credentials, manifest }) =>
    credentials.meta({ title: manifest.title }),
  );
  if (!first) throw new Error('there is no provider');
  return z.union([first, ...rest]);
}

/** In a rotation, those that change; null takes one away. */
const someCredentials = z
  .record(z.string(), z.unknown())
  .meta({ description: 'All credentials, or those that change; null takes an optional one away.' });

export const accountOperations = ({ connectors }: Pick<ApiDependencies, 'connectors'>): Operation[] => [
  {
    id: 'listPaymentServices',
    method: 'get',
    path: '/v1/payment_services',
    access: 'read',
    tag: 'Payment services and routing',
    summary: 'List payment services',
    description: 'All of your linked accounts; narrowed by an invoice, or by a currency and an amount.',
    query: serviceQuery,
    answers: [ok(paymentServices, 'All of them: there are no pages.')],
    errors: ['not_found'],
  },
  {
    id: 'readRouting',
    method: 'get',
    path: '/v1/routing',
    access: 'read',
    tag: 'Payment services and routing',
    summary: 'Read the routing rules',
    answers: [ok(routing, 'The rules.')],
  },
  {
    id: 'replaceRouting',
    method: 'put',
    path: '/v1/routing',
    access: 'admin',
    tag: 'Payment services and routing',
    summary: 'Replace the routing rules',
    description: 'All at once. With `revision`, only if nobody has changed them since.',
    body: routingBody,
    answers: [ok(routing, 'The new rules.')],
    errors: ['routing_changed'],
  },
  {
    id: 'previewRouting',
    method: 'post',
    path: '/v1/routing/preview',
    access: 'read',
    tag: 'Payment services and routing',
    summary: 'See what a payment would take',
    body: previewBody,
    answers: [ok(routingPreview, 'The services in their order, and those passed over.')],
  },
  {
    id: 'createProviderAccount',
    method: 'post',
    path: '/v1/provider_accounts',
    access: 'admin',
    tag: 'Provider accounts',
    summary: 'Link a provider account',
    description:
      'Which credentials there are depends on the provider. They are sealed and never shown again.',
    body: accountBody(connectors, credentialsOf(connectors)),
    answers: [created(providerAccount, 'The account.')],
    errors: ['provider_account_exists'],
  },
  {
    id: 'listProviderAccounts',
    method: 'get',
    path: '/v1/provider_accounts',
    access: 'read',
    tag: 'Provider accounts',
    summary: 'List provider accounts',
    query: accountQuery(connectors),
    answers: [page(providerAccount, false)],
  },
  {
    id: 'readProviderAccount',
    method: 'get',
    path: '/v1/provider_accounts/:id',
    access: 'read',
    tag: 'Provider accounts',
    summary: 'Read a provider account',
    answers: [ok(providerAccount, 'The account.')],
  },
  {
    id: 'changeProviderAccount',
    method: 'patch',
    path: '/v1/provider_accounts/:id',
    access: 'admin',
    tag: 'Provider accounts',
    summary: 'Change a provider account',
    body: accountChange,
    answers: [ok(providerAccount, 'The account.')],
    errors: ['provider_account_exists'],
  },
  {
    id: 'rotateCredentials',
    method: 'post',
    path: '/v1/provider_accounts/:id/rotate',
    access: 'admin',
    tag: 'Provider accounts',
    summary: 'Replace credentials',
    description:
      'Webhooks proved with the old ones are believed for `overlap_s` seconds more, a day without it.',
    body: rotationBody(someCredentials),
    answers: [ok(providerAccount, 'The account.')],
    errors: ['too_many_rotations', 'provider_account_changed'],
  },
  {
    id: 'setBreaker',
    method: 'post',
    path: '/v1/provider_accounts/:id/breaker',
    access: 'admin',
    tag: 'Provider accounts',
    summary: 'Open or close an account by hand',
    body: forceBody,
    answers: [ok(providerAccount, 'The account.')],
  },
  {
    id: 'testProviderAccount',
    method: 'post',
    path: '/v1/provider_accounts/:id/test',
    access: 'admin',
    tag: 'Provider accounts',
    summary: 'Try the credentials',
    description:
      'Makes a call to the provider that changes nothing there: its list of payments, or the reading of one that cannot exist.',
    body: noFields,
    answers: [ok(accountTest, 'What the provider says to them.')],
    errors: ['provider_credentials_rejected'],
  },
  {
    id: 'readAccountWebhooks',
    method: 'get',
    path: '/v1/provider_accounts/:id/webhooks',
    access: 'read',
    tag: 'Provider accounts',
    summary: 'See the webhooks at the provider',
    answers: [ok(accountWebhooks, 'What is registered, and what is left to do.')],
    errors: ['provider_credentials_rejected'],
  },
  {
    id: 'registerAccountWebhooks',
    method: 'post',
    path: '/v1/provider_accounts/:id/webhooks/register',
    access: 'admin',
    tag: 'Provider accounts',
    summary: 'Register our webhook at the provider',
    body: noFields,
    answers: [ok(accountWebhooks, 'What is registered now, or what to do by hand.')],
    errors: [
      'provider_credentials_rejected',
      'provider_account_changed',
      'provider_refused',
      'provider_unavailable',
      'webhook_unconfirmed',
    ],
  },
  {
    id: 'listIncidents',
    method: 'get',
    path: '/v1/incidents',
    access: 'read',
    tag: 'Provider accounts',
    summary: 'List incidents',
    query: listQuery('inc', incidentFilters),
    answers: [page(incident)],
  },
  {
    id: 'readIncident',
    method: 'get',
    path: '/v1/incidents/:id',
    access: 'read',
    tag: 'Provider accounts',
    summary: 'Read an incident',
    answers: [ok(incidentWithPayments, 'The incident, and which payments wait because of it.')],
  },
  {
    id: 'listEvents',
    method: 'get',
    path: '/v1/events',
    access: 'read',
    tag: 'Events and webhooks',
    summary: 'List events',
    query: listQuery('evt', eventFilters),
    answers: [page(event)],
  },
  {
    id: 'readEvent',
    method: 'get',
    path: '/v1/events/:id',
    access: 'read',
    tag: 'Events and webhooks',
    summary: 'Read an event',
    answers: [ok(event, 'The event.')],
  },
  {
    id: 'createWebhookEndpoint',
    method: 'post',
    path: '/v1/webhook_endpoints',
    access: 'admin',
    tag: 'Events and webhooks',
    summary: 'Create a webhook endpoint',
    body: endpointBody('sandbox', 'loopback'),
    answers: [created(webhookEndpointWithSecret, 'The endpoint with its secret.')],
    errors: ['too_many_webhook_endpoints'],
  },
  {
    id: 'listWebhookEndpoints',
    method: 'get',
    path: '/v1/webhook_endpoints',
    access: 'read',
    tag: 'Events and webhooks',
    summary: 'List webhook endpoints',
    query: listQuery('whe', endpointFilters),
    answers: [page(webhookEndpoint)],
  },
  {
    id: 'readWebhookEndpoint',
    method: 'get',
    path: '/v1/webhook_endpoints/:id',
    access: 'read',
    tag: 'Events and webhooks',
    summary: 'Read a webhook endpoint',
    answers: [ok(webhookEndpoint, 'The endpoint.')],
  },
  {
    id: 'changeWebhookEndpoint',
    method: 'patch',
    path: '/v1/webhook_endpoints/:id',
    access: 'admin',
    tag: 'Events and webhooks',
    summary: 'Change a webhook endpoint',
    body: endpointChange('sandbox', 'loopback'),
    answers: [ok(webhookEndpoint, 'The endpoint.')],
  },
  {
    id: 'deleteWebhookEndpoint',
    method: 'delete',
    path: '/v1/webhook_endpoints/:id',
    access: 'admin',
    tag: 'Events and webhooks',
    summary: 'Delete a webhook endpoint',
    answers: [ok(deletedEndpoint, 'It is gone.')],
  },
  {
    id: 'rotateWebhookSecret',
    method: 'post',
    path: '/v1/webhook_endpoints/:id/rotate_secret',
    access: 'admin',
    tag: 'Events and webhooks',
    summary: 'Replace the secret of an endpoint',
    description: 'Webhooks are signed with both secrets for `overlap_s` seconds, a day without it.',
    body: rotateSecretBody,
    answers: [ok(webhookEndpointWithSecret, 'The endpoint with its new secret.')],
    errors: ['too_many_rotations', 'webhook_endpoint_changed'],
  },
  {
    id: 'testWebhookEndpoint',
    method: 'post',
    path: '/v1/webhook_endpoints/:id/test',
    access: 'create',
    tag: 'Events and webhooks',
    summary: 'Send a test event',
    body: noFields,
    answers: [created(delivery, 'Its delivery.')],
    errors: ['webhook_endpoint_disabled'],
  },
  {
    id: 'resendFailed',
    method: 'post',
    path: '/v1/webhook_endpoints/:id/resend',
    access: 'create',
    tag: 'Events and webhooks',
    summary: 'Send again what has failed',
    body: resendBody,
    answers: [ok(resend, 'How many are sent again.')],
    errors: ['webhook_endpoint_disabled'],
  },
  {
    id: 'listDeliveries',
    method: 'get',
    path: '/v1/deliveries',
    access: 'read',
    tag: 'Events and webhooks',
    summary: 'List deliveries',
    query: listQuery('dlv', deliveryFilters),
    answers: [page(delivery)],
  },
  {
    id: 'readDelivery',
    method: 'get',
    path: '/v1/deliveries/:id',
    access: 'read',
    tag: 'Events and webhooks',
    summary: 'Read a delivery',
    answers: [ok(deliveryWithAttempts, 'The delivery with every attempt.')],
  },
  {
    id: 'resendDelivery',
    method: 'post',
    path: '/v1/deliveries/:id/resend',
    access: 'create',
    tag: 'Events and webhooks',
    summary: 'Send a delivery again',
    body: noFields,
    answers: [ok(deliveryWithAttempts, 'The delivery.')],
    errors: ['webhook_endpoint_disabled'],
  },
];

/**
 * The registration of our webhook at Tamara. No list is documented: a webhook is read by the id that its registration gave, and
 * the same URL a second time is refused with that id.
 */
import { z } from 'zod';
import { ProviderError } from '../../domain/provider-error.ts';
import { isSuccess, readJson, readRefusal } from '../answers.ts';
import type { RegisteredWebhook, WebhookTarget } from '../contract.ts';
import { text } from '../fields.ts';
import { withoutQuery } from '../webhook-target.ts';
import { call, exchange, refused, type Context } from './wire.ts';

/** All that the documentation lists. */
const EVENTS = [
  'order_approved',
  'order_declined',
  'order_authorised',
  'order_canceled',
  'order_captured',
  'order_refunded',
  'order_expired',
];

const registration = z.object({
  webhook_id: text(100),
  url: text(2048),
  events: z.array(text(100)).nullish().catch(null),
});
type Registration = z.infer<typeof registration>;

/** The webhook that was registered last time, while Tamara knows it. */
export async function findWebhooks(
  context: Context,
  target: WebhookTarget,
): Promise<readonly RegisteredWebhook[]> {
  const found = target.known_id === null ? null : await read(context, target.known_id);
  return found === null ? [] : [shown(target, found)];
}

/** Changes the webhook that is known, or registers one; what Tamara calls a repetition is taken for ours and changed. */
export async function registerWebhook(context: Context, target: WebhookTarget): Promise<RegisteredWebhook> {
  const known = target.known_id === null ? null : await read(context, target.known_id);
  const found = known ?? (await register(context, target));
  if (isCurrent(target, found)) return shown(target, found);
  const { data } = await call(
    context,
    {
      operation: 'update_webhook',
      method: 'PUT',
      path: pathOf(found.webhook_id),
      body: bodyOf(target),
      mutates: false,
    },
    registration,
  );
  return shown(target, data);
}

async function read(context: Context, id: string): Promise<Registration | null> {
  const request = { operation: 'read_webhook', method: 'GET', path: pathOf(id), mutates: false } as const;
  const { response, request: sent } = await exchange(context, request);
  if (response.status === 404) return null;
  if (!isSuccess(response)) throw refused(response, sent);
  return readJson(response, registration, sent);
}

const alreadyRegistered = z.object({
  errors: z
    .array(
      z.object({
        error_code: z.literal('webhook_already_registered'),
        data: z.object({ webhook_id: text(100) }),
      }),
    )
    .min(1),
});

async function register(context: Context, target: WebhookTarget): Promise<Registration> {
  const { response, request } = await exchange(context, {
    operation: 'register_webhook',
    method: 'POST',
    path: '/webhooks',
    body: bodyOf(target),
    mutates: true,
  });
  if (isSuccess(response)) return readJson(response, registration, request);
  const id = readRefusal(response, alreadyRegistered)?.errors[0]?.data.webhook_id;
  if (id === undefined) throw refused(response, request);
  const found = await read(context, id);
  if (found !== null) return found;
  const message = 'Tamara says that the webhook is registered, and does not know it';
  throw new ProviderError({ kind: 'unavailable', code: 'webhook_contradiction', message });
}

const pathOf = (id: string): string => `/webhooks/${encodeURIComponent(id)}`;

const bodyOf = ({ url }: WebhookTarget) => ({ type: 'order', url, events: EVENTS, headers: {} });

function isCurrent({ url }: WebhookTarget, found: Registration): boolean {
  return found.url === url && EVENTS.every((event) => found.events?.includes(event));
}

function shown(target: WebhookTarget, found: Registration): RegisteredWebhook {
  const standing = isCurrent(target, found) ? 'current' : 'outdated';
  return { id: found.webhook_id, url: withoutQuery(found.url), events: found.events ?? null, standing };
}

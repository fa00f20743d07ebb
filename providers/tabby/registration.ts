/** The registration of our webhook at Tabby: one for each merchant code and key, with a header that proves the sender. */
import { z } from 'zod';
import type { RegisteredWebhook, WebhookTarget } from '../contract.ts';
import { text } from '../fields.ts';
import { isSameAccount, withoutQuery } from '../webhook-target.ts';
import { call, type Context } from './wire.ts';

const hook = z.object({
  id: text(100),
  url: text(2048),
  header: z
    .object({ title: text(255), value: z.string().max(1024) })
    .nullish()
    .catch(null),
});
type Hook = z.infer<typeof hook>;

const hooks = z
  .array(hook)
  .nullish()
  .transform((found) => found ?? []);

/** All webhooks of the merchant code, ours and others'. */
export async function findWebhooks(
  context: Context,
  target: WebhookTarget,
): Promise<readonly RegisteredWebhook[]> {
  return (await list(context)).map((found) => shown(context, target, found));
}

/**
 * Looks before it registers, so a repetition finds what was made. Should there be several for this account (two were made
 * at the same moment), one stays: Tabby takes four in all, and each would send every event.
 */
export async function registerWebhook(context: Context, target: WebhookTarget): Promise<RegisteredWebhook> {
  const rank = (found: Hook): number => (standingOf(context, target, found) === 'current' ? 0 : 1);
  const ours = (await list(context))
    .filter((found) => standingOf(context, target, found) !== 'other')
    .sort((a, b) => rank(a) - rank(b));
  const [kept, ...surplus] = ours;
  const registered =
    kept === undefined
      ? await send(
          context,
          { operation: 'register_webhook', method: 'POST', path: 'webhooks', mutates: true },
          target,
        )
      : rank(kept) === 0
        ? kept
        : await send(
            context,
            { operation: 'update_webhook', method: 'PUT', path: pathOf(kept), mutates: false },
            target,
          );
  for (const extra of surplus) await remove(context, extra);
  return shown(context, target, registered);
}

const pathOf = ({ id }: Hook): string => `webhooks/${encodeURIComponent(id)}`;

const merchant = ({ account }: Context) => ({
  version: 'v1' as const,
  headers: { 'x-merchant-code': account.credentials.merchant_code },
});

async function list(context: Context): Promise<Hook[]> {
  const request = { operation: 'list_webhooks', method: 'GET', path: 'webhooks', mutates: false } as const;
  return (await call(context, { ...request, ...merchant(context) }, hooks)).data;
}

async function send(
  context: Context,
  request: { operation: string; method: 'POST' | 'PUT'; path: string; mutates: boolean },
  { url }: WebhookTarget,
): Promise<Hook> {
  const { webhook_header: title, webhook_secret: value } = context.account.credentials;
  const body = { url, header: { title, value } };
  return (await call(context, { ...request, ...merchant(context), body }, hook)).data;
}

async function remove(context: Context, extra: Hook): Promise<void> {
  const request = {
    operation: 'remove_webhook',
    method: 'DELETE',
    path: pathOf(extra),
    mutates: false,
  } as const;
  await call(context, { ...request, ...merchant(context) }, z.unknown());
}

function standingOf(
  { account: { credentials } }: Context,
  { url, known_id }: WebhookTarget,
  found: Hook,
): RegisteredWebhook['standing'] {
  if (found.id !== known_id && !isSameAccount(found.url, url)) return 'other';
  const proves =
    found.header?.title.toLowerCase() === credentials.webhook_header.toLowerCase() &&
    found.header.value === credentials.webhook_secret;
  return proves && found.url === url ? 'current' : 'outdated';
}

function shown(context: Context, target: WebhookTarget, found: Hook): RegisteredWebhook {
  const standing = standingOf(context, target, found);
  return { id: found.id, url: withoutQuery(found.url), events: null, standing };
}

/** The bodies that the control API takes. Unknown fields are refused: a typo must not arm something else. */
import { z } from 'zod';
import type { Fault, FaultRule } from './faults.ts';
import type { WebhookMode } from './webhooks.ts';

const milliseconds = z.int().min(0).max(600_000);

const rule = {
  times: z.union([z.int().min(1), z.literal(-1)]).default(1),
  operation: z.string().nullable().default(null),
  probability: z.number().min(0).max(1).default(1),
};

const fault = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('slow'), ms: milliseconds, before: z.boolean().default(false), ...rule }),
  z.strictObject({
    kind: z.literal('status'),
    status: z.int().min(400).max(599),
    retry_after_s: z.int().min(0).optional(),
    after_accept: z.boolean().default(false),
    ...rule,
  }),
  z.strictObject({ kind: z.literal('hang_after_accept'), ...rule }),
  z.strictObject({ kind: z.literal('reset'), ...rule }),
  z.strictObject({ kind: z.literal('reset_after_accept'), ...rule }),
  z.strictObject({ kind: z.literal('truncate'), ...rule }),
  z.strictObject({ kind: z.literal('html'), ...rule }),
  z.strictObject({ kind: z.literal('empty'), ...rule }),
]);

/** Body of `POST /{provider}/faults`, split into what goes wrong and when. */
export const faultInput = fault.transform(({ times, operation, probability, ...what }) => ({
  fault: withoutUndefined(what) as Fault,
  rule: { times, operation, probability } satisfies FaultRule,
}));

const count = z.int().min(1).max(10_000).default(1);

/** Body of `POST /{provider}/webhooks/next`. */
export const nextWebhookInput = z
  .discriminatedUnion('do', [
    z.strictObject({ do: z.literal('drop'), count }),
    z.strictObject({ do: z.literal('double'), copies: z.int().min(2).max(50).default(2), count }),
    z.strictObject({ do: z.literal('delay'), delay_ms: z.int().min(0).max(86_400_000), count }),
    z.strictObject({ do: z.literal('reorder'), count }),
    z.strictObject({ do: z.literal('forge'), count }),
  ])
  .transform(({ count: times, ...mode }) => ({ mode: mode satisfies WebhookMode, count: times }));

export const webhookUrlInput = z.strictObject({
  url: z.url({ protocol: /^https?$/, error: 'must be an http or https URL, or null' }).nullable(),
});

export const payInput = z.strictObject({
  amount: z.union([z.number(), z.string()]).optional(),
  after_expiry: z.boolean().optional(),
  medium: z.string().optional(),
  phone: z.string().optional(),
  name: z.string().optional(),
});

export const failInput = z.strictObject({ reason: z.string().optional() });

export const extraWebhookInput = z.strictObject({
  status: z.string().optional(),
  transfer_id: z.string().optional(),
  forge: z.boolean().optional(),
});

/** Ten years at most, so that dates stay printable. */
export const clockInput = z.strictObject({ advance_s: z.number().min(0).max(315_360_000) });

export const settingsInput = z.record(z.string(), z.union([z.number(), z.boolean()]));

export const emptyInput = z.strictObject({});

function withoutUndefined(value: object): object {
  return Object.fromEntries(Object.entries(value).filter(([, field]) => field !== undefined));
}

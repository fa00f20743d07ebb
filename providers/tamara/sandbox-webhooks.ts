/**
 * Webhooks of the Tamara simulator. A change goes to the URL of the dashboard and to each webhook that was registered
 * for its event; what the customer does goes to the order's own notification URL as well, in the older form.
 */
import type { SimulatorCore } from '../../sandbox/simulator.ts';
import type { OutgoingWebhook } from '../../sandbox/webhooks.ts';
import { randomUUID } from '../../sandbox/random.ts';
import { tamaraToken } from './sandbox-jwt.ts';
import { json } from './sandbox-money.ts';
import type { Event, Order } from './sandbox-orders.ts';
import { missing, Refused, url } from './sandbox-requests.ts';
import type { Body } from './sandbox-requests.ts';

export interface Registration {
  readonly webhook_id: string;
  readonly type: 'order';
  readonly url: string;
  readonly events: readonly string[];
  readonly headers: Readonly<Record<string, string>>;
}

const URL_MAX = 255;
const EVENTS = [
  'order_approved',
  'order_declined',
  'order_authorised',
  'order_canceled',
  'order_updated',
  'order_captured',
  'order_refunded',
  'order_expired',
  'order_on_hold',
  'order_paid',
];

export class WebhookRegistry {
  readonly #byId = new Map<string, Registration>();

  /** Keeps a new webhook, or the one called `webhook_id` as it is to be from now on. */
  add(body: Body, webhook_id: string = randomUUID()): Registration {
    const { events, headers } = body;
    // Tamara's own client sends no type.
    if ((body['type'] ?? 'order') !== 'order') throw missing('type');
    if (!Array.isArray(events) || events.length === 0) throw missing('events');
    const names = events.map(String);
    if (!names.every((name) => EVENTS.includes(name))) throw missing('events');
    const target = url(body, 'url');
    if (target.length > URL_MAX) throw missing('url');
    const same = [...this.#byId.values()].find((other) => other.url === target);
    if (same !== undefined && same.webhook_id !== webhook_id) {
      const data = { webhook_id: same.webhook_id };
      throw new Refused(400, 'webhook_already_registered', 'Webhook already registered', data);
    }
    const registration: Registration = {
      webhook_id,
      type: 'order',
      url: target,
      events: names,
      headers: Object.fromEntries(
        Object.entries(headers ?? {}).map(([name, value]) => [name.toLowerCase(), String(value)]),
      ),
    };
    this.#byId.set(webhook_id, registration);
    return registration;
  }

  find(id: string): Registration | null {
    return this.#byId.get(id) ?? null;
  }

  list(): Registration[] {
    return [...this.#byId.values()];
  }

  remove(id: string): void {
    this.#byId.delete(id);
  }

  wanting(event: Event): Registration[] {
    return [...this.#byId.values()].filter(({ events }) => events.includes(`order_${event}`));
  }

  reset(): void {
    this.#byId.clear();
  }
}

type Core = SimulatorCore<{ readonly notification_token: string }>;

/** Everything that is sent for one event. Amounts in `data` come in minor units. */
export function webhooksFor(
  core: Core,
  registry: WebhookRegistry,
  order: Order,
  event: Event,
  data: Body | readonly never[],
): OutgoingWebhook[] {
  const { reference: order_reference_id, number: order_number, urls } = order.created;
  const head = { order_id: order.id, order_reference_id, order_number };
  const body = JSON.stringify({ ...head, event_type: `order_${event}`, data: withAmounts(order, data) });
  const webhook = (target: () => string | null, text: string, headers = {}): OutgoingWebhook => ({
    paymentId: order.id,
    event: `order_${event}`,
    body: text,
    url: (forged) => signed(core, target(), forged),
    proof: ({ searchParams }) => ({
      authorization: `Bearer ${searchParams.get('tamaraToken') ?? ''}`,
      ...headers,
    }),
  });
  const sent = registry
    .wanting(event)
    .map((registration) => webhook(() => registration.url, body, registration.headers));
  const notification = urls.notification;
  const byCustomer = ['approved', 'declined', 'expired'].includes(event) || order.status === 'canceled';
  if (notification !== null && notification !== core.webhooks.url() && byCustomer) {
    const older = JSON.stringify({ ...head, order_status: order.status, data: withAmounts(order, data) });
    sent.push(webhook(() => notification, older));
  }
  if (core.webhooks.url() !== null) sent.push(webhook(() => core.webhooks.url(), body));
  return sent;
}

function signed({ credentials }: Core, target: string | null, forged: boolean): URL | null {
  if (target === null) return null;
  const key = forged ? `not ${credentials.notification_token}` : credentials.notification_token;
  const withToken = new URL(target);
  withToken.searchParams.set('tamaraToken', tamaraToken(key, Date.now()));
  return withToken;
}

function withAmounts({ created }: Order, data: Body | readonly never[]): unknown {
  if (Array.isArray(data)) return data;
  return Object.fromEntries(
    Object.entries(data).map(([name, value]) => [
      name,
      name.endsWith('_amount') && typeof value === 'number' ? json(value, created.total.currency) : value,
    ]),
  );
}

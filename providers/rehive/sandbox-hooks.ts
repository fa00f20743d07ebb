/**
 * Webhooks that users of the Rehive simulator register by the API: one event each, with a secret of their own. Their
 * bodies have `id`, `event` and `company` around the payment request, as Rehive's other webhooks do (assumed).
 */
import { randomBytes } from 'node:crypto';
import type { Reply, Route, SimulatorRequest } from '../../sandbox/http-server.ts';
import { randomUUID } from '../../sandbox/random.ts';
import type { OutgoingWebhook } from '../../sandbox/webhooks.ts';
import { errorReply } from './sandbox-replies.ts';
import { parseBody, parseHook } from './sandbox-requests.ts';
import type { HookOrder } from './sandbox-requests.ts';

interface Hook extends HookOrder {
  readonly id: string;
}

type MakeRoute = (
  method: string,
  path: string,
  operations: readonly string[],
  handle: (request: SimulatorRequest) => Reply,
) => Route;

const PATH = '/user/webhooks';

export class HookBook {
  readonly #byId = new Map<string, Hook>();

  /** What goes to those who registered for `event`. `data` is the payment request of that moment. */
  webhooks(event: HookOrder['event'], paymentId: string, data: unknown): OutgoingWebhook[] {
    return [...this.#byId.values()]
      .filter((hook) => hook.event === event)
      .map(({ url, secret }) => ({
        paymentId,
        event,
        body: JSON.stringify({ id: randomUUID(), event, company: 'sarraf-sandbox', data }),
        url: () => url,
        proof: (_target, forged): Record<string, string> => {
          if (secret === null) return {};
          return { authorization: `Secret ${forged ? randomBytes(16).toString('hex') : secret}` };
        },
      }));
  }

  /** `route` wraps a handler in the checks of every call; the other two shape the answers. */
  routes(
    route: MakeRoute,
    success: (status: number, data: unknown) => Reply,
    list: (request: SimulatorRequest, rows: readonly unknown[]) => Reply,
  ): Route[] {
    const keep = (id: string, { rawBody }: SimulatorRequest, before: Hook | null): Hook => {
      const hook = { id, ...parseHook(parseBody(rawBody), before) };
      this.#byId.set(id, hook);
      return hook;
    };
    const one = (request: SimulatorRequest, handle: (hook: Hook) => Reply): Reply => {
      const hook = this.#byId.get(request.param('webhook'));
      return hook === undefined ? errorReply(404, 'Not found.') : handle(hook);
    };
    return [
      route('POST', PATH, ['register_webhook'], (request) => success(201, keep(randomUUID(), request, null))),
      route('GET', PATH, ['list_webhooks'], (request) => list(request, [...this.#byId.values()])),
      route('GET', `${PATH}/:webhook`, ['read_webhook'], (request) =>
        one(request, (hook) => success(200, hook)),
      ),
      ...(['PATCH', 'PUT'] as const).map((method) =>
        route(method, `${PATH}/:webhook`, ['update_webhook'], (request) =>
          one(request, (hook) => success(200, keep(hook.id, request, method === 'PATCH' ? hook : null))),
        ),
      ),
      route('DELETE', `${PATH}/:webhook`, ['delete_webhook'], (request) =>
        one(request, ({ id }) => {
          this.#byId.delete(id);
          return success(200, {});
        }),
      ),
    ];
  }

  reset(): void {
    this.#byId.clear();
  }
}

/** The registered webhooks of the Tabby simulator: at most four, each with a header of the merchant's choice. */
import { randomBytes } from 'node:crypto';
import type { Reply, SimulatorRequest } from '../../sandbox/http-server.ts';
import { randomUUID } from '../../sandbox/random.ts';
import type { OutgoingWebhook } from '../../sandbox/webhooks.ts';
import { webhookJson } from './sandbox-json.ts';
import type { Payment, Status } from './sandbox-payments.ts';
import { BadData, parseBody, parseHook } from './sandbox-requests.ts';

const MAX_HOOKS = 4;

interface Header {
  readonly title: string;
  readonly value: string;
}

interface Hook {
  readonly id: string;
  readonly url: URL;
  readonly header: Header | null;
}

export class HookBook {
  readonly #hooks = new Map<string, Hook>();

  /** What is to be sent: to every registered webhook, or to the URL of the dashboard when there is none. */
  webhooks(payment: Payment, status: Status, dashboard: Header): OutgoingWebhook[] {
    const about = {
      paymentId: payment.id,
      event: status.toLowerCase(),
      body: JSON.stringify(webhookJson(payment, status)),
    };
    if (this.#hooks.size === 0) return [{ ...about, proof: (_, forged) => proof(dashboard, forged) }];
    return [...this.#hooks.values()].map(({ url, header }) => ({
      ...about,
      url: () => url,
      proof: (_, forged) => proof(header, forged),
    }));
  }

  register(request: SimulatorRequest): object {
    if (this.#hooks.size >= MAX_HOOKS) throw new BadData('too many webhooks');
    return this.#keep(randomUUID(), request);
  }

  update(id: string, request: SimulatorRequest): object | null {
    return this.#hooks.has(id) ? this.#keep(id, request) : null;
  }

  find(id: string): object | null {
    const hook = this.#hooks.get(id);
    return hook === undefined ? null : hookJson(hook);
  }

  list(): object[] {
    return [...this.#hooks.values()].map(hookJson);
  }

  remove(id: string): boolean {
    return this.#hooks.delete(id);
  }

  reset(): void {
    this.#hooks.clear();
  }

  #keep(id: string, request: SimulatorRequest): object {
    const hook = { id, ...parseHook(parseBody(request.rawBody)) };
    this.#hooks.set(id, hook);
    return hookJson(hook);
  }
}

function hookJson({ id, url, header }: Hook): object {
  return { id, url: url.href, is_test: true, ...(header === null ? {} : { header }) };
}

function proof(header: Header | null, forged: boolean): Record<string, string> {
  if (header === null) return {};
  return { [header.title]: forged ? randomBytes(16).toString('hex') : header.value };
}

/** The reply for something that may not exist. */
export function orMissing(found: object | null, reply: (body: object) => Reply, missing: () => Reply): Reply {
  return found === null ? missing() : reply(found);
}

/** For tests: a merchant's webhook endpoint on loopback that keeps what it got, and a client of the control API. */
import { createServer } from 'node:http';
import type { IncomingHttpHeaders, Server } from 'node:http';

export interface ReceivedWebhook {
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
  /** How many requests were open at the same time when this one came. */
  readonly concurrent: number;
}

/** What the merchant answers: a status, or nothing at all. */
export type MerchantAnswer = number | 'silence';

export class TestMerchant {
  readonly received: ReceivedWebhook[] = [];
  answer: MerchantAnswer = 200;
  #open = 0;
  #waiting: (() => void)[] = [];
  readonly #server: Server;

  private constructor() {
    this.#server = createServer((request, response) => {
      this.#open += 1;
      const concurrent = this.#open;
      response.once('close', () => (this.#open -= 1));
      let body = '';
      request.setEncoding('utf8');
      request.on('data', (chunk: string) => (body += chunk));
      request.on('end', () => {
        this.received.push({ path: request.url ?? '', headers: request.headers, body, concurrent });
        for (const wake of this.#waiting.splice(0)) wake();
        if (this.answer !== 'silence') response.writeHead(this.answer).end('{"status":"success"}');
      });
    });
  }

  static async start(): Promise<TestMerchant> {
    const merchant = new TestMerchant();
    await new Promise<void>((resolve) => merchant.#server.listen(0, '127.0.0.1', resolve));
    return merchant;
  }

  url(path = '/hooks'): string {
    const address = this.#server.address();
    if (address === null || typeof address === 'string') throw new Error('not listening');
    return `http://127.0.0.1:${address.port}${path}`;
  }

  /** Resolves once `count` webhooks have come. */
  async waitFor(count: number): Promise<void> {
    while (this.received.length < count) await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }

  /** The bodies received so far, parsed. */
  bodies(): Record<string, unknown>[] {
    return this.received.map(({ body }) => toRecord(JSON.parse(body)));
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
  }
}

export interface ControlAnswer {
  readonly status: number;
  readonly body: Record<string, unknown>;
}

/** A call to the control API; answers that are lists come as `{ items }`. */
export async function control(baseUrl: string, call: string, body?: unknown): Promise<ControlAnswer> {
  const [method, path] = call.split(' ');
  const response = await fetch(`${baseUrl}${path ?? ''}`, {
    method: method ?? 'GET',
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  return { status: response.status, body: toRecord(await response.json()) };
}

/** JSON as a record, so that tests can look into it without trusting its shape; lists become `{ items }`. */
export function toRecord(value: unknown): Record<string, unknown> {
  if (Array.isArray(value)) return { items: value };
  return typeof value === 'object' && value !== null ? Object.fromEntries(Object.entries(value)) : {};
}

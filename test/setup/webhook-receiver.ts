/**
 * Merchants' servers, as many as a test has paths: each answers as it is told and keeps what it was sent. Everything that comes is held
 * against the API's description; the first that differs fails whatever is asked of the receiver next, or its end.
 */
import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Webhook } from 'standardwebhooks';
import { connectors } from '../../providers/index.ts';
import { webhookCheck } from './description.ts';
import { eventually } from './eventually.ts';

/** A status, perhaps with headers; or no answer at all. */
export type ReceiverAnswer =
  | number
  | 'silence'
  | { readonly status: number; readonly headers: Readonly<Record<string, string>>; readonly body?: string };

export interface ReceivedHook {
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
  readonly event: Readonly<Record<string, unknown>>;
  /** When it had come, milliseconds since 1970. */
  readonly at: number;
}

export interface WebhookReceiver {
  url(path: string): string;
  /** What `path` answers from now on: one after the other, the last one again and again. Default 200. */
  answer(path: string, ...answers: ReceiverAnswer[]): void;
  received(path: string): readonly ReceivedHook[];
  /** Resolves with what has come to `path` as soon as it is `count` or more. */
  until(path: string, count: number, within_ms?: number): Promise<readonly ReceivedHook[]>;
  stop(): Promise<void>;
}

/** `isDescribed`: false where a test makes the bodies itself. */
export async function startWebhookReceiver({ isDescribed = true } = {}): Promise<WebhookReceiver> {
  const received = new Map<string, ReceivedHook[]>();
  const answers = new Map<string, ReceiverAnswer[]>();
  const check = webhookCheck(connectors);
  let wrong: Error | null = null;
  const server = createServer((request, response) => {
    const path = request.url ?? '';
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const body = Buffer.concat(chunks).toString();
      const event = JSON.parse(body === '' ? '{}' : body) as Record<string, unknown>;
      const list = received.get(path) ?? [];
      received.set(path, list);
      list.push({ headers: request.headers, body, event, at: Date.now() });
      try {
        if (isDescribed) check({ headers: request.headers, event });
      } catch (error) {
        wrong ??= error as Error;
      }
      const planned = answers.get(path) ?? [];
      const answer = (planned.length > 1 ? planned.shift() : planned[0]) ?? 200;
      if (answer === 'silence') return;
      if (typeof answer === 'number') response.writeHead(answer).end('noted');
      else response.writeHead(answer.status, answer.headers).end(answer.body ?? 'noted');
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const mustBeRight = (): void => {
    if (wrong !== null) throw wrong;
  };
  const at = (path: string): readonly ReceivedHook[] => {
    mustBeRight();
    return [...(received.get(path) ?? [])];
  };
  return {
    url: (path) => `http://127.0.0.1:${port}${path}`,
    answer: (path, ...next) => void answers.set(path, next),
    received: at,
    until: (path, count, within_ms) =>
      eventually(
        `${count} webhooks at ${path}`,
        async () => at(path),
        (list) => list.length >= count,
        within_ms,
      ),
    async stop() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
      mustBeRight();
    },
  };
}

/** What Standard Webhooks' own library reads from a webhook; throws when it does not believe the signature. */
export function verified(secret: string, { headers, body }: ReceivedHook): unknown {
  return new Webhook(secret).verify(body, headers as Record<string, string>);
}

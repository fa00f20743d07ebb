/** For tests: a real HTTP server on loopback that answers as it is told and keeps what it was asked. */
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';

export interface ReceivedRequest {
  readonly method: string;
  /** Path and query as they came. */
  readonly path: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
  /** The client's port: the same for calls over one connection. */
  readonly port: number | undefined;
}

export type Script = (request: ReceivedRequest, response: ServerResponse, socket: Socket) => void;

export interface ScriptedServer {
  readonly url: string;
  readonly requests: ReceivedRequest[];
  /** What to do with requests from now on. */
  script: Script;
  close(): Promise<void>;
}

/** Starts on a free port; until it gets a script it answers 500. */
export async function startScriptedServer(): Promise<ScriptedServer> {
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const received: ReceivedRequest = {
        method: request.method ?? '',
        path: request.url ?? '',
        headers: request.headers,
        body: Buffer.concat(chunks).toString('utf8'),
        port: request.socket.remotePort,
      };
      scripted.requests.push(received);
      scripted.script(received, response, request.socket);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const scripted: ScriptedServer = {
    url: `http://127.0.0.1:${port}`,
    requests: [],
    script: (_, response) => response.writeHead(500).end(),
    close: async () => {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
  return scripted;
}

/** A script that always gives the same answer. A text is sent as it is, anything else as JSON. */
export function answering(status: number, body: unknown, headers: Record<string, string> = {}): Script {
  return (_, response) => {
    response.writeHead(status, { 'content-type': 'application/json', ...headers });
    response.end(typeof body === 'string' ? body : JSON.stringify(body));
  };
}

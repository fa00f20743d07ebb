/** `GET /metrics` on a port of its own, so that nobody who reaches the API reaches it by accident. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Logger } from 'pino';
import type { Registry } from 'prom-client';

export interface MetricsServer {
  /** Null: it does not listen. */
  readonly url: string | null;
  close(): Promise<void>;
}

const OFF: MetricsServer = { url: null, close: () => Promise.resolve() };

/**
 * Starts to listen; `off` does not. A port that is taken (several workers on one machine) is told of and is no reason not to
 * serve payments.
 */
export async function serveMetrics(
  registry: Registry,
  { host, port }: { readonly host: string; readonly port: number | 'off' },
  logger: Logger,
): Promise<MetricsServer> {
  if (port === 'off') return OFF;
  const server = createServer({ requestTimeout: 5_000, headersTimeout: 5_000 }, (request, response) => {
    const { pathname } = new URL(request.url ?? '/', 'http://metrics');
    const status =
      pathname !== '/metrics' ? 404 : request.method !== 'GET' && request.method !== 'HEAD' ? 405 : 200;
    if (status !== 200) {
      response.writeHead(status, status === 405 ? { Allow: 'GET, HEAD' } : {}).end();
      return;
    }
    registry.metrics().then(
      (text) =>
        response
          .writeHead(200, { 'Content-Type': registry.contentType, 'Cache-Control': 'no-store' })
          .end(request.method === 'HEAD' ? undefined : text),
      (err: unknown) => {
        logger.error({ err }, 'the metrics could not be collected');
        response.writeHead(500).end();
      },
    );
  });
  try {
    server.listen(port, host);
    await once(server, 'listening');
  } catch (err) {
    logger.warn({ err, host, port }, 'no metrics are served: the port cannot be taken');
    return OFF;
  }
  // Whoever has nothing else left to do may end.
  server.unref();
  const { port: taken } = server.address() as AddressInfo;
  return {
    url: `http://${host.includes(':') ? `[${host}]` : host}:${taken}/metrics`,
    async close() {
      server.close();
      server.closeAllConnections();
      if (server.listening) await once(server, 'close');
    },
  };
}

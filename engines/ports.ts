/** Loopback ports: finding a free one, and saying clearly that one is taken. */
import { connect, createServer } from 'node:net';
import type { AddressInfo } from 'node:net';

export const LOOPBACK = '127.0.0.1';

/** A wanted port is in use. The message says which, for what, and which variable changes it. */
export class PortTakenError extends Error {
  readonly port: number;

  constructor(port: number, purpose: string, variable: string) {
    super(
      `port ${port} for ${purpose} is already in use: stop what listens there, or choose another port with ${variable}`,
    );
    this.name = 'PortTakenError';
    this.port = port;
  }
}

/** A port on which nothing listens right now. Somebody else may take it before its use: be ready to try again. */
export async function freePort(): Promise<number> {
  const port = await listenBriefly(0);
  if (port === null) throw new Error('the system has no free port on 127.0.0.1');
  return port;
}

export async function isPortFree(port: number): Promise<boolean> {
  return (await listenBriefly(port)) !== null;
}

/** `wanted` if it is free, any free port if `wanted` is null or 0. Throws `PortTakenError`. */
export async function choosePort(
  wanted: number | null | undefined,
  purpose: string,
  variable: string,
): Promise<number> {
  if (!wanted) return freePort();
  if (await isPortFree(wanted)) return wanted;
  throw new PortTakenError(wanted, purpose, variable);
}

/** Resolves when something accepts a TCP connection at `host:port`; throws when not within `withinMs`. */
export function acceptsConnections(address: string, withinMs = 1_000): Promise<void> {
  const { hostname, port } = new URL(`tcp://${address}`);
  return new Promise((resolve, reject) => {
    const host = hostname.replace(/^\[|\]$/g, '');
    const socket = connect({ host, port: Number(port), timeout: withinMs });
    const settle = (error: Error | null): void => {
      socket.destroy();
      if (error) reject(error);
      else resolve();
    };
    socket.once('connect', () => settle(null));
    socket.once('error', settle);
    socket.once('timeout', () => settle(new Error(`nothing answered at ${address} within ${withinMs} ms`)));
  });
}

/** Listens and stops at once; the port, or null when it cannot be listened on. */
function listenBriefly(port: number): Promise<number | null> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(null));
    server.listen(port, LOOPBACK, () => {
      const { port: bound } = server.address() as AddressInfo;
      server.close(() => resolve(bound));
    });
  });
}

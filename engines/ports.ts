/** Loopback ports: finding a free one, and saying clearly that one is taken. */
import { randomInt } from 'node:crypto';
import { connect, createServer } from 'node:net';
import { codeOf } from '../config/system-error.ts';

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

/**
 * Below the ports that systems give to outgoing connections (Linux from 32768, the others from 49152). One from that
 * range would be free now and taken a moment later by any connection of any program on the machine.
 */
const LISTENING_PORTS = { first: 12_000, last: 32_000 };
const CHOICES = 100;

/** A port on which nothing listens right now. Somebody else may take it before its use: be ready to try again. */
export async function freePort(): Promise<number> {
  for (let choice = 1; choice <= CHOICES; choice += 1) {
    const port = randomInt(LISTENING_PORTS.first, LISTENING_PORTS.last);
    if (await isPortFree(port)) return port;
  }
  throw new Error(
    `${CHOICES} ports between ${LISTENING_PORTS.first} and ${LISTENING_PORTS.last} are all in use`,
  );
}

/** Tries it by listening for a moment. */
export async function isPortFree(port: number): Promise<boolean> {
  return (await refusalOf(port)) === null;
}

/** Why nothing can listen on a port (`EADDRINUSE`), or null. */
function refusalOf(port: number): Promise<string | null> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', (error) => resolve(codeOf(error) ?? 'unknown'));
    server.listen(port, LOOPBACK, () => server.close(() => resolve(null)));
  });
}

/** `wanted` if it is free, any free port if `wanted` is null or 0. Throws `PortTakenError`, or that the system does not allow it. */
export async function choosePort(
  wanted: number | null | undefined,
  purpose: string,
  variable: string,
): Promise<number> {
  if (!wanted) return freePort();
  const refusal = await refusalOf(wanted);
  if (refusal === null) return wanted;
  if (refusal === 'EACCES') {
    throw new Error(
      `port ${wanted} for ${purpose} may not be used by this user: choose one from 1024 on with ${variable}`,
    );
  }
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

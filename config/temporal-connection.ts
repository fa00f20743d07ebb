/** How to connect to the configured Temporal server; the same for client and worker. */
import { readFile } from 'node:fs/promises';
import type { TemporalConfig } from './config.ts';

export interface TemporalConnectionOptions {
  readonly address: string;
  readonly apiKey?: string;
  /** `true`: TLS with the system's authorities and no client certificate. */
  readonly tls?: true | { clientCertPair?: { crt: Buffer; key: Buffer }; serverRootCACertificate?: Buffer };
}

/** Options for `Connection.connect` and `NativeConnection.connect`. Throws when a PEM file cannot be read. */
export async function temporalConnectionOptions(
  config: TemporalConfig<string>,
): Promise<TemporalConnectionOptions> {
  const { address, apiKey, tls } = config;
  return {
    address,
    ...(apiKey === null ? {} : { apiKey }),
    ...(tls === null ? {} : { tls: await readTls(tls) }),
  };
}

async function readTls(
  paths: NonNullable<TemporalConfig['tls']>,
): Promise<NonNullable<TemporalConnectionOptions['tls']>> {
  const { cert, key, ca } = paths;
  if (cert === null && ca === null) return true;
  return {
    ...(cert === null || key === null
      ? {}
      : { clientCertPair: { crt: await readFile(cert), key: await readFile(key) } }),
    ...(ca === null ? {} : { serverRootCACertificate: await readFile(ca) }),
  };
}

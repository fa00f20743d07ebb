/** A connected Temporal client from configuration. */
import { Client, Connection } from '@temporalio/client';
import { temporalConnectionOptions, type TemporalConfig } from '../config/index.ts';

/** Connects within ten seconds or throws. The caller closes `client.connection`. */
export async function connectClient(config: TemporalConfig<string>): Promise<Client> {
  const options = await temporalConnectionOptions(config);
  const connection = await Connection.connect({ ...options, connectTimeout: '10s' });
  return new Client({ connection, namespace: config.namespace });
}

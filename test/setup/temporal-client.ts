/** A client of the engine that the tests share, to look at workflows as an operator does. */
import { Client, Connection } from '@temporalio/client';
import { temporalAddress, temporalNamespace } from './engines.ts';

/** The caller closes `client.connection`. */
export async function temporalClient(): Promise<Client> {
  const connection = await Connection.connect({ address: await temporalAddress() });
  return new Client({ connection, namespace: await temporalNamespace() });
}

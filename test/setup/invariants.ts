/** What must hold over the whole record, whatever has happened: checked at the end of every end-to-end test. */
import { Client, Connection } from '@temporalio/client';
import { audit } from '../../audit/index.ts';
import { readSandboxBooks } from '../../audit/sandbox-books.ts';
import { connectors } from '../../providers/index.ts';
import { eventually } from './eventually.ts';
import type { TestStack } from './stack.ts';

/** Webhooks of the last test may still be on their way; what is wrong after this long is wrong. */
const SETTLED_WITHIN_MS = 10_000;

export interface Settling {
  /** False: workflows were stopped on purpose. */
  readonly engine?: boolean;
  /** False: the simulators were told of money that nobody was to learn of. */
  readonly books?: boolean;
}

/** Every violation found, in words, once the webhooks that are being applied have been; empty when all is well. */
export async function settledViolations(
  { pool, sandbox, taskQueue, engines }: TestStack,
  { engine = true, books = true }: Settling = {},
): Promise<string[]> {
  await eventually(
    'no webhook waits',
    async () => (await pool.query(`select from webhook_events where state = 'received'`)).rowCount,
    (count) => count === 0,
    SETTLED_WITHIN_MS,
  ).catch(() => undefined);
  const { address, namespace } = engines.temporal;
  const connection = await Connection.connect({ address });
  const providers = connectors.map(({ manifest }) => manifest.provider);
  const { findings } = await audit(pool, {
    webhook_grace_s: 0,
    books: books ? await readSandboxBooks(sandbox.controlUrl, providers) : null,
    engine: engine ? { client: new Client({ connection, namespace }), taskQueue, grace_s: 0 } : null,
  }).finally(() => connection.close());
  return findings.flatMap((finding) =>
    finding.violations.map(({ about, message }) => `${finding.id}: ${about}: ${message}`),
  );
}

/** Stores a settlement file as a run with its rows: all of it, or nothing. */
import type pg from 'pg';
import type { IdempotencyClaim, StoredAnswer } from '../db/idempotency.ts';
import type { ProviderAccountRow } from '../db/provider-accounts.ts';
import { claimKey, insertRun, type NewRun } from '../db/reconciliation-runs.ts';
import { insertRows } from '../db/reconciliation-rows.ts';
import type { Manifest } from '../providers/contract.ts';
import { Problem } from './problem.ts';
import { readSettlementFile } from './settlement-file.ts';
import { fullFormat } from './settlement-format.ts';

/** Files that this process reads at once: each holds a connection to the database until it has come in whole. */
const FILES_AT_ONCE = 2;
let reading = 0;

export interface FileImport {
  readonly run: NewRun;
  readonly account: ProviderAccountRow;
  readonly manifest: Manifest | undefined;
  readonly answer: StoredAnswer;
  /** The claim of the request's idempotency key, by the hash of the file. */
  readonly claimFor: (file: string) => IdempotencyClaim | null;
}

export type ImportResult =
  | { readonly type: 'stored'; readonly rows: number }
  | { readonly type: 'key_used'; readonly claim: IdempotencyClaim | null };

/** Throws `Problem` for a file that cannot be read; nothing of it is kept then. */
export async function importFile(
  pool: pg.Pool,
  bytes: AsyncIterable<Buffer>,
  file: FileImport,
): Promise<ImportResult> {
  if (reading >= FILES_AT_ONCE)
    throw new Problem('temporarily_unavailable', 'other files are being read; send it again soon', {
      retryAfter_s: 5,
    });
  reading += 1;
  const client = await pool.connect().catch((error: unknown) => {
    reading -= 1;
    throw error;
  });
  try {
    await client.query('begin');
    const result = await store(client, bytes, file);
    await client.query(result.type === 'stored' ? 'commit' : 'rollback');
    client.release();
    return result;
  } catch (error) {
    // The connection is closed, and with it the transaction.
    client.release(true);
    throw error;
  } finally {
    reading -= 1;
  }
}

async function store(
  client: pg.PoolClient,
  bytes: AsyncIterable<Buffer>,
  { run, account, manifest, answer, claimFor }: FileImport,
): Promise<ImportResult> {
  const ids = { run_id: run.id, account_id: run.account_id };
  // The run first, because its rows name it; its key can be claimed only when all of the file is known.
  await insertRun(client, run, null);
  const { rows, hash } = await readSettlementFile(
    bytes,
    fullFormat(account.settlement_file, onlyCurrency(manifest)),
    (batch) => insertRows(client, ids, batch, null),
  );
  const claim = claimFor(hash);
  if (claim && !(await claimKey(client, run.id, { claim, answer }))) return { type: 'key_used', claim };
  return { type: 'stored', rows };
}

/** The currency of a provider that takes one alone. */
function onlyCurrency(manifest: Manifest | undefined): string | null {
  const all = new Set(manifest?.methods.flatMap(({ amounts }) => amounts.map(({ currency }) => currency)));
  const [first] = all;
  return all.size === 1 && first !== undefined ? first : null;
}

/**
 * `npm run audit`: whether everything that must hold over the record does. Exit code 0 when it does, 1 when something does
 * not, 2 when it could not be looked at.
 */
import { Command, InvalidArgumentError } from 'commander';
import { audit, type AuditReport } from '../audit/index.ts';
import { readSandboxBooks } from '../audit/sandbox-books.ts';
import { loadConfig } from '../config/index.ts';
import { createPool } from '../db/pool.ts';
import { connectors } from '../providers/index.ts';
import { auditLines } from './audit-lines.ts';
import { failWith } from './failure.ts';
import { lastAddresses } from './runtime-file.ts';

function whole(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1) throw new InvalidArgumentError('a whole number is needed');
  return value;
}

interface Flags {
  /** True: those of the last `npm start`. */
  sandbox?: string | true;
  limit: number;
  batch: number;
  json: boolean;
}

const program = new Command('npm run audit --')
  .description(
    'Checks every invariant over the whole database: that of DATABASE_URL, or else of the last `npm start`. It only reads.',
  )
  .option(
    '--sandbox [control-url]',
    "compare with the simulators' own books, too; by default those of the last `npm start`",
  )
  .option('--limit <violations>', 'violations shown of each invariant', whole, 20)
  .option('--batch <invoices>', 'invoices read at once', whole, 500)
  .option('--json', 'print the result as JSON', false);

/** How long connecting is tried and how many connections there are is the pool's affair; one is enough here. */
async function run({ sandbox, limit, batch, json }: Flags): Promise<AuditReport> {
  const { database, dataDir } = loadConfig();
  const last = await lastAddresses(dataDir);
  const url = database.url ?? last?.database_url;
  if (url === undefined) throw new Error('which database? Set DATABASE_URL, or start one with `npm start`');
  const controlUrl = sandbox === true ? last?.control_url : sandbox;
  if (sandbox === true && controlUrl === undefined)
    throw new Error('which sandbox? Give the address of its control API: --sandbox http://127.0.0.1:8090');
  const books =
    controlUrl === undefined
      ? null
      : await readSandboxBooks(
          controlUrl,
          connectors.map(({ manifest }) => manifest.provider),
        );
  const pool = createPool({ url, size: 1, name: 'sarraf-audit', onError: () => undefined });
  try {
    const onProgress = (count: number): void => {
      if (!json && process.stderr.isTTY) process.stderr.write(`\r${count} invoices`);
    };
    return await audit(pool, { batch, limit, books, onProgress });
  } finally {
    await pool.end();
    if (!json && process.stderr.isTTY) process.stderr.write('\r\u001B[K');
  }
}

async function main(): Promise<void> {
  const flags = program.parse().opts<Flags>();
  const started = Date.now();
  const report = await run(flags);
  const duration_ms = Date.now() - started;
  const peak_rss_mb = Math.round(process.resourceUsage().maxRSS / 1024);
  console.log(
    flags.json
      ? JSON.stringify({ ...report, duration_ms, peak_rss_mb }, null, 2)
      : auditLines(report, duration_ms).join('\n'),
  );
  if (!report.ok) process.exitCode = 1;
}

main().catch((error: unknown) => {
  failWith(error);
  process.exitCode = 2;
});

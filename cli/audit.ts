/**
 * `npm run audit`: whether everything that must hold over the record does. Exit code 0 when it does, 1 when something does
 * not, 2 when it could not be looked at.
 */
import { Command, InvalidArgumentError } from 'commander';
import { parsePin, type ChainPin } from '../audit/chain.ts';
import { audit, type AuditReport } from '../audit/index.ts';
import { readSandboxBooks } from '../audit/sandbox-books.ts';
import { ensureSecrets, loadConfig } from '../config/index.ts';
import { sealKey } from '../db/audit-chain.ts';
import { createPool } from '../db/pool.ts';
import { connectors } from '../providers/index.ts';
import { connectClient } from '../temporal/connect.ts';
import { auditLines } from './audit-lines.ts';
import { failWith } from './failure.ts';
import { lastAddresses } from './runtime-file.ts';

function whole(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1) throw new InvalidArgumentError('a whole number is needed');
  return value;
}

function onePin(text: string, before: readonly ChainPin[]): readonly ChainPin[] {
  const pin = parsePin(text);
  if (pin === null)
    throw new InvalidArgumentError('mer_…:number:hash is needed, as GET /v1/audit_chain has it');
  return [...before, pin];
}

/** What changed less than this long ago may still be on its way between the database and the workflow engine. */
const WORKFLOW_GRACE_S = 60;

interface Flags {
  /** True: those of the last `npm start`. */
  sandbox?: string | true;
  limit: number;
  batch: number;
  json: boolean;
  pin: readonly ChainPin[];
  workflows: boolean;
}

const program = new Command('npm run audit --')
  .description(
    'Checks every invariant over the whole database: that of DATABASE_URL, or else of the last `npm start`, and over the workflows of TEMPORAL_ADDRESS. It only reads.',
  )
  .option(
    '--sandbox [control-url]',
    "compare with the simulators' own books, too; by default those of the last `npm start`",
  )
  .option('--limit <violations>', 'violations shown of each invariant', whole, 20)
  .option('--batch <invoices>', 'invoices read at once', whole, 100)
  .option('--pin <pin>', 'where a chain stood: mer_…:number:hash; can be given several times', onePin, [])
  .option('--no-workflows', 'ask the workflow engine nothing')
  .option('--json', 'print the result as JSON', false);

/** What is looked at: given by the environment, or else all of it that of the last `npm start`. */
async function targets({ sandbox, workflows }: Flags) {
  const config = loadConfig();
  const last = await lastAddresses(config.dataDir);
  const url = config.database.url ?? last?.database_url;
  if (url === undefined) throw new Error('which database? Set DATABASE_URL, or start one with `npm start`');
  const isLast = config.database.url === null;
  const controlUrl = sandbox === true ? last?.control_url : sandbox;
  if (sandbox === true && controlUrl === undefined)
    throw new Error('which sandbox? Give the address of its control API: --sandbox http://127.0.0.1:8090');
  const address = config.temporal.address ?? (isLast ? last?.temporal_address : undefined);
  const namespace = isLast && last ? last.temporal_namespace : config.temporal.namespace;
  const { secrets } = isLast ? loadConfig({ ...process.env, ...(await ensureSecrets(config)) }) : config;
  const { taskQueue } = config.temporal;
  return {
    url,
    controlUrl,
    pepper: secrets.apiKeyPepper,
    temporal: workflows && address !== undefined ? { ...config.temporal, address, namespace } : null,
    taskQueue,
  };
}

/** How long connecting is tried and how many connections there are is the pool's affair; one is enough here. */
async function run(flags: Flags): Promise<AuditReport> {
  const { limit, batch, json, pin: pins } = flags;
  const { url, controlUrl, pepper, temporal, taskQueue } = await targets(flags);
  const providers = connectors.map(({ manifest }) => manifest.provider);
  const books = controlUrl === undefined ? null : await readSandboxBooks(controlUrl, providers);
  const client = temporal && (await connectClient(temporal));
  const pool = createPool({ url, size: 1, name: 'sarraf-audit', onError: () => undefined });
  try {
    const onProgress = (count: number): void => {
      if (!json && process.stderr.isTTY) process.stderr.write(`\r${count} invoices`);
    };
    const engine = client && { client, taskQueue, grace_s: WORKFLOW_GRACE_S };
    const seal_key = pepper && sealKey(pepper);
    return await audit(pool, { batch, limit, books, engine, seal_key, pins, onProgress });
  } finally {
    await pool.end();
    await client?.connection.close();
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

/** A Temporal development server of our own: one process, loopback only, in memory or in one SQLite file. */
import { Connection } from '@temporalio/client';
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { EngineFailedError, startEngineProcess, untilReady } from './engine-process.ts';
import { acceptsConnections, choosePort, LOOPBACK } from './ports.ts';
import { removeStalePid } from './stale-pid.ts';
import { missingSearchAttributes } from './temporal-namespace.ts';
import type { SearchAttributes } from './temporal-namespace.ts';

const READY_WITHIN_MS = 30_000;
/** A free port can be taken by somebody else before the server binds it. */
const PORT_ATTEMPTS = 3;

export interface TemporalServerOptions {
  /** The `temporal` program, from `ensureTemporalCli`. */
  readonly cli: string;
  /** Free when null or 0. */
  readonly port?: number | null;
  /** The UI's port: free when null or 0; no UI when left out. */
  readonly uiPort?: number | null;
  /** Keeps workflows between starts; without it they live in memory. */
  readonly dbFile?: string;
  readonly namespace: string;
  readonly searchAttributes: SearchAttributes;
  /**
   * For benchmarks: its queues are cleared every second. Otherwise every thirty, and until then the server keeps each task that it has
   * done in a map and walks through it for each new one.
   */
  readonly forLoad?: boolean;
  /** Directory of `temporal.log`. */
  readonly logDir: string;
}

export interface TemporalServer {
  /** `host:port` of the gRPC API. */
  readonly address: string;
  readonly uiUrl: string | null;
  readonly pid: number;
  /** Resolves when the server has ended, with a sentence about how. */
  readonly ended: Promise<string>;
  stop(): Promise<void>;
}

/**
 * Starts the server and waits until it knows the namespace and its search attributes. Throws `PortTakenError`,
 * or `EngineFailedError` with the end of its log.
 */
export async function startTemporalServer(options: TemporalServerOptions): Promise<TemporalServer> {
  const anyPort = !options.port || (options.uiPort !== undefined && !options.uiPort);
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await startOnce(options);
    } catch (error) {
      const collided = error instanceof EngineFailedError && error.log.includes('address already in use');
      if (!collided || !anyPort || attempt === PORT_ATTEMPTS) throw error;
    }
  }
}

async function startOnce(options: TemporalServerOptions): Promise<TemporalServer> {
  const { cli, dbFile, namespace, searchAttributes, forLoad = false } = options;
  const port = await choosePort(options.port, 'the Temporal server', 'TEMPORAL_PORT');
  const uiPort =
    options.uiPort === undefined
      ? null
      : await choosePort(options.uiPort, 'the Temporal UI', 'TEMPORAL_UI_PORT');
  if (dbFile) await claim(dbFile);

  const command = { name: 'the Temporal server', logFile: join(options.logDir, 'temporal.log') };
  const engine = await startEngineProcess({
    ...command,
    command: cli,
    args: serverArguments({ port, uiPort, dbFile, namespace, searchAttributes, forLoad }),
    stopSignal: 'SIGTERM',
    stopWithinMs: 10_000,
  });
  if (dbFile) await writeFile(pidFile(dbFile), `${engine.pid}\n`);
  const address = `${LOOPBACK}:${port}`;
  await untilReady(engine, command, () => answers(address, namespace, searchAttributes), READY_WITHIN_MS);
  return {
    address,
    uiUrl: uiPort === null ? null : `http://${LOOPBACK}:${uiPort}`,
    pid: engine.pid,
    ended: engine.ended,
    stop: engine.stop,
  };
}

const pidFile = (dbFile: string): string => `${dbFile}.pid`;

/** Two servers on one file would both believe that its workflows are theirs, and the file does not stop them. */
async function claim(dbFile: string): Promise<void> {
  await mkdir(dirname(dbFile), { recursive: true });
  await removeStalePid({
    path: pidFile(dbFile),
    engine: 'Temporal server',
    data: dbFile,
    isEngine: (command) => command.includes(`--db-filename=${dbFile}`),
  });
}

function serverArguments(settings: {
  port: number;
  uiPort: number | null;
  dbFile: string | undefined;
  namespace: string;
  searchAttributes: SearchAttributes;
  forLoad: boolean;
}): string[] {
  const { port, uiPort, dbFile, namespace, searchAttributes, forLoad } = settings;
  return [
    'server',
    'start-dev',
    `--ip=${LOOPBACK}`,
    `--port=${port}`,
    `--namespace=${namespace}`,
    ...(uiPort === null ? ['--headless'] : [`--ui-port=${uiPort}`]),
    ...(dbFile ? [`--db-filename=${dbFile}`] : []),
    // The test clock fast-forwards single workflows; the server refuses that without this setting.
    '--dynamic-config-value=frontend.WorkflowTimeSkippingEnabled=true',
    // One merchant's backlog must not delay another's.
    '--dynamic-config-value=matching.enableFairness=true',
    ...(forLoad ? ['transfer', 'visibility'] : []).map(
      (queue) => `--dynamic-config-value=history.${queue}ProcessorUpdateAckInterval="1s"`,
    ),
    ...Object.entries(searchAttributes).map(([name, type]) => `--search-attribute=${name}=${type}`),
    '--log-format=json',
    '--log-level=warn',
  ];
}

async function answers(
  address: string,
  namespace: string,
  searchAttributes: SearchAttributes,
): Promise<void> {
  // A gRPC client that was refused once waits a second before it tries again; a bare socket does not.
  await acceptsConnections(address);
  const connection = await Connection.connect({ address, connectTimeout: '1s' });
  try {
    const missing = await missingSearchAttributes(connection, namespace, searchAttributes);
    if (missing.length > 0)
      throw new Error(`it does not know the search attributes ${missing.join(', ')} yet`);
  } finally {
    await connection.close();
  }
}

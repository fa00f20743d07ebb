/**
 * Runs once before all test files. The engines are not started here but by the first test that asks for them
 * (`engines.ts`), so that unit tests alone stay fast. What is asked is this small server: jest's own process
 * outlives all its workers, and each of them inherits the address.
 */
import { spawn } from 'node:child_process';
import { createServer } from 'node:http';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const HOST = fileURLToPath(new URL('./engine-host.ts', import.meta.url));
const ROOT = fileURLToPath(new URL('../../', import.meta.url));

/** @type {import('node:child_process').ChildProcess | undefined} */
let host;

/** Starts the process that owns the engines; its first line of output says where they are. */
function startHost() {
  const child = spawn(process.execPath, ['--import', 'tsx/esm', HOST], {
    cwd: ROOT,
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  host = child;
  return new Promise((resolve, reject) => {
    createInterface({ input: child.stdout }).once('line', resolve);
    child.once('error', reject);
    child.once('exit', (code) => reject(new Error(`the test engines did not start (exit code ${code})`)));
  });
}

export default async function setup() {
  /** @type {Promise<string> | undefined} */
  let engines;
  const server = createServer((_request, response) => {
    // A connection that is kept could be closed here in the moment in which the next test file asks on it.
    response.setHeader('connection', 'close');
    engines ??= startHost();
    engines.then(
      (line) => response.setHeader('content-type', 'application/json').end(line),
      (error) => response.writeHead(500).end(String(error.message)),
    );
  });
  // The first answer waits for a download, perhaps.
  server.requestTimeout = 0;
  await new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(undefined)));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no address for the test engines');
  process.env.SARRAF_TEST_ENGINES = `http://127.0.0.1:${address.port}`;

  globalThis.stopTestEngines = async () => {
    server.close();
    server.closeAllConnections();
    if (host === undefined || host.exitCode !== null) return;
    const ended = new Promise((resolve) => host?.once('exit', resolve));
    // The end of its input tells the host to stop the engines; so does our own death.
    host.stdin?.end();
    await ended;
  };
}

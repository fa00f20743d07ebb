/**
 * The sandbox as a process of its own. Environment: `SANDBOX_CONTROL_PORT`, `SANDBOX_<PROVIDER>_PORT` (0 or unset: any
 * free port), `SANDBOX_SEED`. Prints one line of JSON on stdout when ready, logs JSON lines on stderr, ends on SIGTERM.
 */
import { loadSimulators, startSandbox } from './index.ts';
import type { Log } from './simulator.ts';

const log: Log = (event, fields) => {
  process.stderr.write(`${JSON.stringify({ time: new Date().toISOString(), event, ...fields })}\n`);
};

/** A port from the environment. Throws when it is not one. */
function portFrom(variable: string): number {
  const text = process.env[variable] ?? '';
  if (text === '') return 0;
  const port = Number(text);
  if (!Number.isInteger(port) || port < 0 || port > 65_535)
    throw new Error(`${variable} must be a port number`);
  return port;
}

async function main(): Promise<void> {
  const simulators = await loadSimulators();
  const ports = simulators.map(({ name }) => [name, portFrom(`SANDBOX_${name.toUpperCase()}_PORT`)]);
  const sandbox = await startSandbox({
    controlPort: portFrom('SANDBOX_CONTROL_PORT'),
    ports: Object.fromEntries(ports),
    seed: process.env['SANDBOX_SEED'] ?? 'sarraf',
    log,
  });
  const end = (): void => {
    sandbox.stop().then(
      () => process.exit(0),
      () => process.exit(1),
    );
  };
  process.once('SIGTERM', end);
  process.once('SIGINT', end);
  const ready = { ready: true, control_url: sandbox.controlUrl, providers: sandbox.providers };
  process.stdout.write(`${JSON.stringify(ready)}\n`);
}

main().catch((error: unknown) => {
  log('fatal', { message: error instanceof Error ? error.message : String(error) });
  process.exitCode = 1;
});

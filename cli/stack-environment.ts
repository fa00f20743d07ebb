/** What the processes of a stack are told: addresses, ports, secrets and settings, on top of our own environment. */
import { createHmac } from 'node:crypto';
import { ensureSecrets, isLoopback, type Config } from '../config/index.ts';
import { choosePort } from '../engines/ports.ts';
import { operatorKeyOf } from './operator-key.ts';
import type { SimulatorFacts, StackOptions } from './stack.ts';

/** The environment of api and worker: ours, with the addresses and secrets of this run. */
export async function serviceEnvironment(
  config: Config,
  { database, temporal }: StackOptions['engines'] & object,
): Promise<NodeJS.ProcessEnv> {
  const port = await choosePort(config.api.port, 'the API', 'API_PORT');
  const publicUrl = said('PUBLIC_URL') ?? `http://${reachedAt(config.api.host)}:${port}`;
  return {
    ...process.env,
    ...(await ensureSecrets(config)),
    SARRAF_DATA_DIR: config.dataDir,
    LOG_LEVEL: config.log.level,
    DATABASE_URL: database.url,
    TEMPORAL_ADDRESS: temporal.address,
    TEMPORAL_NAMESPACE: temporal.namespace,
    TEMPORAL_TASK_QUEUE: config.temporal.taskQueue,
    ...(temporal.uiUrl ? { TEMPORAL_UI_URL: temporal.uiUrl } : {}),
    API_HOST: config.api.host,
    API_PORT: String(port),
    PUBLIC_URL: publicUrl,
    // Any free port, unless one was chosen.
    API_METRICS_PORT: String(config.metrics.apiPort ?? 0),
    WORKER_METRICS_PORT: String(config.metrics.workerPort ?? 0),
    // The simulators are on this machine.
    PROVIDER_ADDRESSES: said('PROVIDER_ADDRESSES') ?? 'loopback',
    OPERATIONS_ACCESS: said('OPERATIONS_ACCESS') ?? operationsAccess(config, publicUrl),
  };
}

/** What the environment says; empty text says nothing, here as everywhere. */
function said(name: 'PUBLIC_URL' | 'PROVIDER_ADDRESSES' | 'OPERATIONS_ACCESS'): string | undefined {
  return process.env[name]?.trim() || undefined;
}

/** The host of a URL that leads to whoever listens on `host`, from this machine. */
function reachedAt(host: string): string {
  if (host === '0.0.0.0' || host === '::') return '127.0.0.1';
  return host.includes(':') ? `[${host}]` : host;
}

/** The same at each start, because it follows from a secret that is kept; what the environment says of operators comes first. */
export function operatorKeyFor({ API_KEY_PEPPER: pepper = '' }: NodeJS.ProcessEnv): string {
  return operatorKeyOf(createHmac('sha256', pepper).update('the operator of npm start').digest());
}

/** Nobody has to sign in among play money on a machine of their own. */
function operationsAccess({ environment, api }: Config, publicUrl: string): string {
  const isHere = isLoopback(api.host) && isLoopback(new URL(publicUrl).hostname);
  return isHere && environment !== 'production' ? 'open' : 'sign_in';
}

/** Throws `PortTakenError` for a port that was chosen and is not free. */
export async function sandboxEnvironment({ ports, sandboxSeed }: Config): Promise<NodeJS.ProcessEnv> {
  const chosen: [string, number, string][] = [
    ['SANDBOX_CONTROL_PORT', ports.sandboxControl ?? 0, "the simulators' control API"],
    ...Object.entries(ports.simulators).map(([name, port]): [string, number, string] => [
      `SANDBOX_${name.toUpperCase()}_PORT`,
      port,
      `the ${name} simulator`,
    ]),
  ];
  for (const [variable, port, purpose] of chosen) if (port) await choosePort(port, purpose, variable);
  return {
    ...process.env,
    SANDBOX_SEED: String(sandboxSeed),
    ...Object.fromEntries(chosen.map(([variable, port]) => [variable, String(port)])),
  };
}

/** A simulator that comes back listens where it did before, because provider accounts carry its address. */
export function samePorts(ready: Readonly<Record<string, unknown>>): NodeJS.ProcessEnv {
  const providers = Object.entries(ready['providers'] as Record<string, SimulatorFacts>);
  return {
    SANDBOX_CONTROL_PORT: new URL(String(ready['control_url'])).port,
    ...Object.fromEntries(
      providers.map(([name, { base_url }]) => [`SANDBOX_${name.toUpperCase()}_PORT`, new URL(base_url).port]),
    ),
  };
}

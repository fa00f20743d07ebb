/** Starts the provider simulators and their control API in this process: for tests, and for `main.ts`. */
import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { startControl } from './control.ts';
import type { Log, RunningSimulator, Simulator } from './simulator.ts';

const PROVIDERS = new URL('../providers/', import.meta.url);

/** Every simulator there is: a provider's folder has one in its `sandbox.ts`. By name. */
export async function loadSimulators(): Promise<readonly Simulator[]> {
  const folders = await readdir(PROVIDERS);
  const names = folders.filter((name) => existsSync(new URL(`${name}/sandbox.ts`, PROVIDERS)));
  return Promise.all(names.sort().map(loadSimulator));
}

/** The simulator of one provider; throws an error that names its file when there is none. */
export async function loadSimulator(provider: string): Promise<Simulator> {
  const file = `providers/${provider}/sandbox.ts`;
  const loaded: unknown = await import(`../providers/${provider}/sandbox.ts`).catch((error: unknown) => {
    const why = error instanceof Error ? error.message : String(error);
    throw new Error(`${file} cannot be loaded: ${why}`, { cause: error });
  });
  const found = Object.values(Object(loaded) as object).find(isSimulator);
  if (found?.name === provider) return found;
  throw new Error(`${file} exports no simulator called "${provider}"`);
}

function isSimulator(value: unknown): value is Simulator {
  return typeof value === 'object' && value !== null && 'start' in value && 'name' in value;
}

export interface SandboxOptions {
  /** Port of the control API; 0, the default, takes a free one. */
  readonly controlPort?: number;
  /** Ports of the simulators by name; free ones for the rest. */
  readonly ports?: Readonly<Record<string, number>>;
  /** Makes the credentials and the dice of faults; the same seed gives the same ones. */
  readonly seed?: string;
  /** Webhook URLs by provider, as if set in the dashboards. */
  readonly webhookUrls?: Readonly<Record<string, string>>;
  /** Replaces single credentials, by provider. */
  readonly credentials?: Readonly<Record<string, Readonly<Record<string, string>>>>;
  /** Shortens the providers' time-outs for webhooks. */
  readonly webhookTimeoutMs?: number;
  readonly log?: Log;
}

export interface SandboxProvider {
  readonly base_url: string;
  readonly credentials: Readonly<Record<string, string>>;
}

export interface RunningSandbox {
  readonly controlUrl: string;
  readonly providers: Readonly<Record<string, SandboxProvider>>;
  stop(): Promise<void>;
}

/** Resolves when everything listens. When one part cannot start, those that did are stopped again. */
export async function startSandbox(options: SandboxOptions = {}): Promise<RunningSandbox> {
  const log: Log = options.log ?? (() => undefined);
  const running = new Map<string, RunningSimulator>();
  const stopSimulators = async (): Promise<void> => {
    await Promise.all([...running.values()].map((simulator) => simulator.stop()));
  };
  try {
    for (const { name, start } of await loadSimulators()) {
      const simulator = await start({
        port: options.ports?.[name] ?? 0,
        seed: options.seed ?? 'sarraf',
        credentials: options.credentials?.[name] ?? {},
        webhookUrl: options.webhookUrls?.[name] ?? null,
        ...(options.webhookTimeoutMs === undefined ? {} : { webhookTimeoutMs: options.webhookTimeoutMs }),
        log,
      });
      running.set(name, simulator);
    }
    const control = await startControl(running, { port: options.controlPort ?? 0, log });
    return {
      controlUrl: control.origin,
      providers: Object.fromEntries(
        [...running.values()].map(({ name, baseUrl, credentials }) => [
          name,
          { base_url: baseUrl, credentials },
        ]),
      ),
      stop: async () => {
        await control.stop();
        await stopSimulators();
      },
    };
  } catch (error) {
    await stopSimulators();
    throw error;
  }
}

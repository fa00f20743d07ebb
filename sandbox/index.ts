/** Starts the provider simulators and their control API in this process: for tests, and for `main.ts`. */
import { fapshiSimulator } from '../providers/fapshi/sandbox.ts';
import { fibSimulator } from '../providers/fib/sandbox.ts';
import { finanSimulator } from '../providers/finan/sandbox.ts';
import { furatPaySimulator } from '../providers/furatpay/sandbox.ts';
import { myfatoorahSimulator } from '../providers/myfatoorah/sandbox.ts';
import { rehiveSimulator } from '../providers/rehive/sandbox.ts';
import { tabbySimulator } from '../providers/tabby/sandbox.ts';
import { tamaraSimulator } from '../providers/tamara/sandbox.ts';
import { zaincashSimulator } from '../providers/zaincash/sandbox.ts';
import { zaincashV1Simulator } from '../providers/zaincash_v1/sandbox.ts';
import { startControl } from './control.ts';
import type { Log, RunningSimulator, Simulator } from './simulator.ts';

/** Every simulator there is. A new one is one line here. */
export const SIMULATORS: readonly Simulator[] = [
  finanSimulator,
  fapshiSimulator,
  fibSimulator,
  furatPaySimulator,
  myfatoorahSimulator,
  rehiveSimulator,
  tabbySimulator,
  tamaraSimulator,
  zaincashSimulator,
  zaincashV1Simulator,
];

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
    for (const { name, start } of SIMULATORS) {
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

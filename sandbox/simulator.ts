/**
 * What a provider simulator is, and the machinery all of them share. A provider's `sandbox.ts` says what is its own
 * (routes, credentials, error format, webhook rule, how a payment is paid) and gets the rest from here.
 */
import { CallLog } from './call-log.ts';
import type { CallView } from './call-log.ts';
import { SimulatorClock } from './clock.ts';
import { FaultBook } from './faults.ts';
import { startHttpServer } from './http-server.ts';
import type { Reply, Route } from './http-server.ts';
import { EffectLedger } from './ledger.ts';
import type { PaymentControl } from './payment-control.ts';
import { SeededRandom } from './random.ts';
import { WebhookSender } from './webhooks.ts';
import type { DeliveryAttempt, WebhookPolicy } from './webhooks.ts';

/** Structured log line; goes to stderr as JSON in the process, nowhere in tests. */
export type Log = (event: string, fields: Readonly<Record<string, unknown>>) => void;

export interface SimulatorOptions {
  /** Port on 127.0.0.1; 0 takes a free one. */
  readonly port?: number;
  /** Credentials come from it, and so do the dice of faults. */
  readonly seed?: string;
  /** Replaces single credentials made from the seed. */
  readonly credentials?: Readonly<Record<string, string>>;
  readonly webhookUrl?: string | null;
  /** Shortens the provider's own time-out for webhooks, for tests. */
  readonly webhookTimeoutMs?: number;
  readonly log?: Log;
}

/** Switches of one provider that are neither faults nor credentials. */
export type Settings = Record<string, number | boolean>;

/** What a provider's own code is given to build on. */
export interface SimulatorCore<Credentials> {
  readonly credentials: Credentials;
  readonly clock: SimulatorClock;
  readonly ledger: EffectLedger;
  readonly webhooks: WebhookSender;
  readonly settings: Settings;
  readonly log: Log;
  /** `http://127.0.0.1:…`, once listening. */
  origin(): string;
}

/** What a provider's own code hands back. */
export interface SimulatorParts {
  readonly routes: readonly Route[];
  readonly errorReply: (status: number, message: string) => Reply;
  readonly payments: PaymentControl;
  reset(): void;
}

export interface SimulatorDefinition<Credentials extends Record<string, string>> {
  readonly name: string;
  /** What the provider puts before all its paths: `/open` for Finan, empty for most. */
  readonly basePath: string;
  readonly bodyLimitBytes: number;
  readonly credentials: (random: SeededRandom) => Credentials;
  readonly webhooks: WebhookPolicy;
  /** Settings and their defaults; `PUT /{provider}/settings` changes them. */
  readonly settings: Settings;
  readonly build: (core: SimulatorCore<Credentials>) => SimulatorParts;
}

export interface RunningSimulator {
  readonly name: string;
  /** What a merchant configures as the provider's address. */
  readonly baseUrl: string;
  readonly credentials: Readonly<Record<string, string>>;
  readonly clock: SimulatorClock;
  readonly faults: FaultBook;
  readonly ledger: EffectLedger;
  readonly webhooks: WebhookSender;
  readonly payments: PaymentControl;
  readonly settings: Settings;
  /** Names that faults can be limited to. */
  readonly operations: readonly string[];
  callsOf(paymentId: string): readonly CallView[];
  requests(): number;
  /** Forgets payments, money, faults, webhooks and the clock's offset; keeps the webhook URL and the settings. */
  reset(): void;
  stop(): Promise<void>;
}

export interface Simulator {
  readonly name: string;
  start(options?: SimulatorOptions): Promise<RunningSimulator>;
}

/** Turns a provider's definition into a simulator that can be started. */
export function defineSimulator<Credentials extends Record<string, string>>(
  definition: SimulatorDefinition<Credentials>,
): Simulator {
  return { name: definition.name, start: (options = {}) => start(definition, options) };
}

async function start<Credentials extends Record<string, string>>(
  definition: SimulatorDefinition<Credentials>,
  options: SimulatorOptions,
): Promise<RunningSimulator> {
  const log: Log = (event, fields) => options.log?.(event, { provider: definition.name, ...fields });
  const onError = (error: unknown): void => log('error', { message: describe(error) });
  const seed = options.seed ?? 'sarraf';
  const credentials: Credentials = {
    ...definition.credentials(new SeededRandom(`${seed}:${definition.name}:credentials`)),
    ...options.credentials,
  };
  const clock = new SimulatorClock(onError);
  const faults = new FaultBook(new SeededRandom(`${seed}:${definition.name}:faults`));
  const ledger = new EffectLedger(() => clock.now());
  const policy = {
    ...definition.webhooks,
    timeoutMs: options.webhookTimeoutMs ?? definition.webhooks.timeoutMs,
  };
  const webhooks = new WebhookSender(policy, clock, (attempt) => log('webhook', webhookLogFields(attempt)));
  if (typeof options.webhookUrl === 'string') webhooks.setUrl(new URL(options.webhookUrl));
  const settings = { ...definition.settings };

  let origin = '';
  const parts = definition.build({
    credentials,
    clock,
    ledger,
    webhooks,
    settings,
    log,
    origin: () => origin,
  });
  const calls = new CallLog(() => clock.now());
  const server = await startHttpServer({
    port: options.port ?? 0,
    routes: parts.routes,
    bodyLimitBytes: definition.bodyLimitBytes,
    errorReply: parts.errorReply,
    faults,
    onCall: (call) => {
      calls.add(call);
      log('call', { ...call });
    },
    onError,
  });
  origin = server.origin;

  return {
    name: definition.name,
    baseUrl: origin + definition.basePath,
    credentials,
    clock,
    faults,
    ledger,
    webhooks,
    payments: parts.payments,
    settings,
    operations: [...new Set(parts.routes.flatMap((route) => route.operations))],
    callsOf: (paymentId) => calls.of(paymentId),
    requests: () => calls.total(),
    reset: () => {
      clock.reset();
      faults.reset();
      ledger.reset();
      webhooks.reset();
      calls.reset();
      parts.reset();
    },
    stop: async () => {
      clock.stop();
      await server.stop();
    },
  };
}

/** Merchant URLs may carry a token in the query: only origin and path are logged, and no headers. */
function webhookLogFields(attempt: DeliveryAttempt): Record<string, unknown> {
  const { payment_id, event, outcome, mode, duration_ms, error } = attempt;
  const url = attempt.url === null ? null : new URL(attempt.url);
  return {
    payment_id,
    event,
    outcome,
    mode,
    attempt: attempt.attempt,
    status: attempt.response?.status ?? null,
    duration_ms,
    error,
    url: url === null ? null : url.origin + url.pathname,
  };
}

function describe(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}

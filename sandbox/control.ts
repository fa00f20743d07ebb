/**
 * The control API: what tests, the demo and people with curl use to play the customer, the bank and bad luck.
 * Only on loopback and without credentials: it is not part of any provider.
 */
import type { z } from 'zod';
import * as inputs from './control-inputs.ts';
import { HELP } from './control-help.ts';
import { startHttpServer } from './http-server.ts';
import type { Reply, Route, RunningServer, SimulatorRequest } from './http-server.ts';
import { ControlError } from './payment-control.ts';
import type { PaymentView } from './payment-control.ts';
import type { Log, RunningSimulator } from './simulator.ts';

export interface ControlOptions {
  readonly port: number;
  readonly log: Log;
}

/** Starts the control server over simulators that are running already. */
export async function startControl(
  simulators: ReadonlyMap<string, RunningSimulator>,
  options: ControlOptions,
): Promise<RunningServer> {
  return startHttpServer({
    port: options.port,
    routes: controlRoutes(simulators),
    bodyLimitBytes: 64 * 1024,
    errorReply: (status, message) =>
      json(status, {
        error: message,
        providers: [...simulators.keys()],
        allowed: Object.keys(HELP.calls),
        help: 'GET / explains every call',
      }),
    faults: null,
    onCall: () => undefined,
    onError: (error) => options.log('control_error', { message: String(error) }),
  });
}

type ProviderHandler = (simulator: RunningSimulator, request: SimulatorRequest) => unknown;

function controlRoutes(simulators: ReadonlyMap<string, RunningSimulator>): Route[] {
  const route = (method: string, path: string, handle: ProviderHandler): Route => ({
    method,
    path: `/:provider${path}`,
    operations: ['control'],
    handle: (request) => answer(simulators, request, handle),
  });
  return [
    {
      method: 'GET',
      path: '/',
      operations: ['control'],
      handle: () =>
        json(200, {
          ...HELP,
          providers: [...simulators.values()].map(({ name, baseUrl }) => ({ name, base_url: baseUrl })),
        }),
    },
    route('GET', '', overview),
    route('DELETE', '', (simulator) => {
      simulator.reset();
      return overview(simulator);
    }),
    route('PUT', '/webhook_url', (simulator, request) => {
      const { url } = read(inputs.webhookUrlInput, request);
      simulator.webhooks.setUrl(url === null ? null : new URL(url));
      return { webhook_url: simulator.webhooks.url() };
    }),
    route('PUT', '/settings', changeSettings),
    ...paymentRoutes(route),
    ...webhookRoutes(route),
    route('POST', '/faults', armFault),
    route('GET', '/faults', (simulator) => simulator.faults.list()),
    route('DELETE', '/faults', (simulator) => {
      simulator.faults.clear();
      return [];
    }),
    route('POST', '/clock', async (simulator, request) => {
      const { advance_s } = read(inputs.clockInput, request);
      const ran = await simulator.clock.advance(advance_s, () => simulator.webhooks.idle());
      return { ...clockView(simulator), tasks_run: ran };
    }),
    route('GET', '/ledger', (simulator) => simulator.ledger.lines()),
  ];
}

function paymentRoutes(route: (method: string, path: string, handle: ProviderHandler) => Route): Route[] {
  const act = (
    path: string,
    run: (simulator: RunningSimulator, id: string, request: SimulatorRequest) => void,
  ): Route =>
    route('POST', `/payments/:id${path}`, (simulator, request) => {
      const { id } = payment(simulator, request.param('id'));
      run(simulator, id, request);
      return payment(simulator, id);
    });
  return [
    route('GET', '/payments', (simulator, request) => {
      const limit = Number(request.query.get('limit') ?? 200);
      return simulator.payments
        .list(request.query.get('reference'))
        .slice(0, Number.isInteger(limit) && limit > 0 ? limit : 200)
        .map((view) => withCalls(simulator, view));
    }),
    route('GET', '/payments/:id', (simulator, request) => payment(simulator, request.param('id'))),
    act('/pay', (simulator, id, request) => simulator.payments.pay(id, read(inputs.payInput, request))),
    act('/fail', (simulator, id, request) => {
      simulator.payments.fail(id, read(inputs.failInput, request).reason ?? null);
    }),
    act('/expire', (simulator, id, request) => {
      read(inputs.emptyInput, request);
      simulator.payments.expire(id);
    }),
    act('/webhooks', (simulator, id, request) => {
      simulator.payments.sendWebhook(id, read(inputs.extraWebhookInput, request));
    }),
  ];
}

function webhookRoutes(route: (method: string, path: string, handle: ProviderHandler) => Route): Route[] {
  return [
    route('GET', '/webhooks', (simulator, request) => {
      const about = request.query.get('payment_id');
      return simulator.webhooks
        .attempts()
        .filter((attempt) => about === null || attempt.payment_id === about);
    }),
    route('POST', '/webhooks/next', (simulator, request) => {
      const { mode, count } = read(inputs.nextWebhookInput, request);
      simulator.webhooks.arm(mode, count);
      return { armed: simulator.webhooks.armed() };
    }),
    route('POST', '/webhooks/flush', (simulator) => ({ sent: simulator.webhooks.flush() })),
  ];
}

async function answer(
  simulators: ReadonlyMap<string, RunningSimulator>,
  request: SimulatorRequest,
  handle: ProviderHandler,
): Promise<Reply> {
  try {
    const name = request.param('provider');
    const simulator = simulators.get(name);
    if (simulator === undefined) throw new ControlError(404, `no provider ${name}`, [...simulators.keys()]);
    const result = await handle(simulator, request);
    if (request.query.get('wait') === 'true') await simulator.webhooks.idle();
    return json(200, result);
  } catch (error) {
    if (!(error instanceof ControlError)) throw error;
    return json(error.status, { error: error.message, allowed: error.allowed });
  }
}

function overview(simulator: RunningSimulator): Record<string, unknown> {
  const outcomes: Record<string, number> = {};
  for (const { outcome } of simulator.webhooks.attempts()) outcomes[outcome] = (outcomes[outcome] ?? 0) + 1;
  return {
    provider: simulator.name,
    base_url: simulator.baseUrl,
    credentials: simulator.credentials,
    webhook_url: simulator.webhooks.url(),
    settings: simulator.settings,
    operations: simulator.operations,
    clock: clockView(simulator),
    faults: simulator.faults.list(),
    next_webhooks: simulator.webhooks.armed(),
    counts: {
      requests: simulator.requests(),
      payments: simulator.payments.list(null).length,
      ledger_lines: simulator.ledger.lines().length,
      faults_injected: simulator.faults.injected(),
      webhook_attempts: outcomes,
    },
  };
}

function clockView(simulator: RunningSimulator): Record<string, unknown> {
  return { now: new Date(simulator.clock.now()).toISOString(), ahead_s: simulator.clock.offsetS() };
}

function changeSettings(simulator: RunningSimulator, request: SimulatorRequest): unknown {
  const changes = read(inputs.settingsInput, request);
  const known = Object.keys(simulator.settings);
  for (const [name, value] of Object.entries(changes)) {
    if (typeof simulator.settings[name] !== typeof value) {
      throw new ControlError(400, `no setting ${name} of type ${typeof value}`, known);
    }
  }
  return Object.assign(simulator.settings, changes);
}

function armFault(simulator: RunningSimulator, request: SimulatorRequest): unknown {
  const { fault, rule } = read(inputs.faultInput, request);
  if (rule.operation !== null && !simulator.operations.includes(rule.operation)) {
    throw new ControlError(400, `${simulator.name} has no operation ${rule.operation}`, simulator.operations);
  }
  return simulator.faults.arm(fault, rule);
}

function payment(simulator: RunningSimulator, id: string): PaymentView & { readonly calls: unknown } {
  const view = simulator.payments.find(id);
  if (view === null) throw new ControlError(404, `${simulator.name} has no payment ${id}`);
  return withCalls(simulator, view);
}

function withCalls(
  simulator: RunningSimulator,
  view: PaymentView,
): PaymentView & { readonly calls: unknown } {
  return { ...view, calls: simulator.callsOf(view.id) };
}

/** The body checked against a schema; an empty body is `{}`. Throws `ControlError` that says what is wrong. */
function read<Schema extends z.ZodType>(schema: Schema, request: SimulatorRequest): z.output<Schema> {
  const text = request.rawBody.toString('utf8').trim();
  let body: unknown;
  try {
    body = text === '' ? {} : JSON.parse(text);
  } catch {
    throw new ControlError(400, 'the body is not JSON');
  }
  const result = schema.safeParse(body);
  if (result.success) return result.data;
  const problems = result.error.issues.map((issue) => `${issue.path.join('.') || 'body'}: ${issue.message}`);
  throw new ControlError(400, problems.join('; '), allowedBodies(request.path));
}

/** The documented bodies of a call, for the error message of a wrong one. */
function allowedBodies(path: string): readonly string[] {
  const [, , ...rest] = path.split('/');
  const pattern = rest[0] === 'payments' && rest.length === 3 ? ['payments', '{id}', rest[2]] : rest;
  const suffix = `/{provider}/${pattern.join('/')}`;
  return Object.entries(HELP.calls)
    .filter(([call]) => call.split(' ')[1] === suffix)
    .flatMap(([, { bodies }]) => bodies);
}

function json(status: number, body: unknown): Reply {
  return {
    status,
    headers: { 'content-type': 'application/json; charset=utf-8' },
    body: `${JSON.stringify(body, null, 2)}\n`,
  };
}

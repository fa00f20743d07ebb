/**
 * Each call that each function of each connector makes, struck by each fault that a simulator can show: only
 * `ProviderError` is thrown, its kind is true, and the simulator's own books have the effect once.
 */
import { ProviderError } from '../../domain/provider-error.ts';
import type { Connector } from '../../providers/contract.ts';
import type { ProviderHttp } from '../../providers/http.ts';
import { connectors } from '../../providers/index.ts';
import { answering, startScriptedServer } from '../../providers/scripted-server.ts';
import type { Fault } from '../../sandbox/faults.ts';
import type { LedgerKind, LedgerLine } from '../../sandbox/ledger.ts';
import { operationsOf, type Attempt, type Operation } from './operations.ts';
import { captureOf, useSitting } from './sitting.ts';

/**
 * How long an answer is waited for once the provider has the call, in milliseconds; it never comes within it. A limit from the
 * beginning of the call would sometimes run out before it is made, on a busy machine.
 */
const PATIENCE_MS = 20;
const RETRY_AFTER_S = 7;

type Kind = ProviderError['failure']['kind'];

interface Trouble {
  readonly fault: Fault;
  /** How often it strikes; -1: this call and all that follow. */
  readonly times: number;
  /** The kind of a clear refusal before anything was done; null when nobody can tell whether it was done. */
  readonly refusal: Kind | null;
}

const lost = (fault: Fault): Trouble => ({ fault, times: 1, refusal: null });
const refused = (status: number, refusal: Kind, times = 1): Trouble => ({
  fault: { kind: 'status', status, ...(times === 1 ? { retry_after_s: RETRY_AFTER_S } : {}) },
  times,
  refusal,
});

const TROUBLES: Readonly<Record<string, Trouble>> = {
  'an answer beyond the time limit': lost({ kind: 'slow', ms: 400 }),
  'no answer after it was accepted': lost({ kind: 'hang_after_accept' }),
  '500 before it was accepted': lost({ kind: 'status', status: 500 }),
  '500 after it was accepted': lost({ kind: 'status', status: 500, after_accept: true }),
  '502 after it was accepted': lost({ kind: 'status', status: 502, after_accept: true }),
  'a reset before it was accepted': lost({ kind: 'reset' }),
  'a reset after it was accepted': lost({ kind: 'reset_after_accept' }),
  'half of the JSON': lost({ kind: 'truncate' }),
  'a web page instead of JSON': lost({ kind: 'html' }),
  'an empty body': lost({ kind: 'empty' }),
  '503 with Retry-After': refused(503, 'unavailable'),
  '429 with Retry-After': refused(429, 'rate_limited'),
  '401 for good': refused(401, 'bad_credentials', -1),
  '403 for good': refused(403, 'bad_credentials', -1),
};

/** Effects that count. An authorization is confirmed by reading, which may be repeated; so may ending what is unpaid. */
const MOVES: ReadonlySet<LedgerKind> = new Set([
  'payment_created',
  'money_received',
  'authorization_released',
  'refund_requested',
  'money_refunded',
]);

/** Methods that share flow and captures make the same calls. */
const differing = (connector: Connector<unknown>): readonly string[] => {
  const kind = ({ method, flow }: { method: string; flow: string }) =>
    `${flow} ${captureOf(connector, method)}`;
  return [...new Map(connector.manifest.methods.map((one) => [kind(one), one.method])).values()];
};
const methods = connectors.flatMap((connector) =>
  differing(connector).map(
    (method) => [`${connector.manifest.provider}.${method}`, connector, method] as const,
  ),
);

describe.each(methods)('%s', (_, connector, method) => {
  const sitting = useSitting(connector);
  const { rig, context } = sitting;
  const operations = operationsOf(connector, method, sitting).map(
    (operation) => [operation.name, operation] as const,
  );
  const moved = (since: number): LedgerLine[] =>
    rig.simulator.ledger
      .lines()
      .slice(since)
      .filter(({ kind }) => MOVES.has(kind));
  /** What no error may say. */
  const secrets = (): string[] => {
    const { api_credentials, webhook_credential } = sitting.exam;
    return [...api_credentials, webhook_credential].map((name) => rig.simulator.credentials[name] ?? name);
  };
  const mark = (): number => rig.simulator.ledger.lines().length;

  const known = new Map<Operation, readonly boolean[]>();

  /** For each call of the operation when all goes well, in order: did it move something? */
  async function stepsOf(operation: Operation): Promise<readonly boolean[]> {
    const before = known.get(operation);
    if (before) return before;
    const attempt = await operation.begin();
    const steps: boolean[] = [];
    const http: ProviderHttp = {
      send: async (request) => {
        const sent = mark();
        const response = await rig.http.send(request);
        steps.push(moved(sent).length > 0);
        return response;
      },
    };
    const since = mark();
    await attempt.confirm(await attempt.call(context({ http })));
    expect(steps.length).toBeGreaterThan(0);
    expect(happened(operation, moved(since))).toBe(operation.effects.length === 0 ? 0 : 1);
    known.set(operation, steps);
    return steps;
  }

  /** The outcome of the operation when its call number `struck` meets trouble. */
  async function outcomeOf(attempt: Attempt, struck: number, { fault, times }: Trouble): Promise<Outcome> {
    let sent = -1;
    const http: ProviderHttp = {
      send: (request) => {
        sent += 1;
        if (sent !== struck) return rig.http.send(request);
        rig.simulator.faults.arm(fault, { times, operation: null, probability: 1 });
        const waits = fault.kind === 'slow' || fault.kind === 'hang_after_accept';
        return rig.http.send(waits ? { ...request, signal: patience() } : request);
      },
    };
    const outcome = await settled(attempt.call(context({ http })));
    expect(rig.simulator.faults.injected()).toBeGreaterThan(0);
    rig.simulator.faults.clear();
    return outcome;
  }

  /** Ends when the fault has struck and the answer did not come soon after. */
  function patience(): AbortSignal {
    const controller = new AbortController();
    const look = (): void => {
      if (rig.simulator.faults.injected() === 0) setImmediate(look);
      else setTimeout(() => controller.abort(), PATIENCE_MS);
    };
    look();
    return controller.signal;
  }

  /** A call that says that nothing happened may be made again, and then it happens. */
  async function expectNothing(operation: Operation, attempt: Attempt, since: number): Promise<void> {
    const lines = moved(since);
    if (operation.name === 'create') {
      // What is left behind half-made must be nothing that a customer could pay.
      for (const { payment_id } of lines) expect(() => rig.simulator.payments.pay(payment_id, {})).toThrow();
    } else expect(lines).toEqual([]);
    const again = mark();
    await attempt.confirm(await attempt.call(context()));
    expect(happened(operation, moved(again))).toBe(operation.effects.length === 0 ? 0 : 1);
  }

  describe.each(operations)('%s', (__, operation) => {
    it.each(Object.entries(TROUBLES))('survives %s', async (___, trouble) => {
      const steps = await stepsOf(operation);
      for (let struck = 0; struck < steps.length; struck += 1) {
        rig.simulator.reset();
        const attempt = await operation.begin();
        const since = mark();
        const outcome = await outcomeOf(attempt, struck, trouble);
        if (outcome.ok) {
          // It cleared the matter up by itself, or the answer was not needed.
          await attempt.confirm(outcome.value);
        } else {
          const failure = failureIn(outcome.error);
          expect(kindsFor(operation, steps, struck, trouble)).toContain(failure.kind);
          if (
            trouble.fault.kind === 'status' &&
            'retry_after_s' in trouble.fault &&
            failure.kind === trouble.refusal
          )
            expect(failure.retry_after_ms).toBe(RETRY_AFTER_S * 1000);
          expectNoSecrets(outcome.error, secrets());
          if (failure.kind !== 'unknown_outcome') {
            await expectNothing(operation, attempt, since);
            continue;
          }
          await attempt.clearUp();
        }
        const times = happened(operation, moved(since));
        const atLeast = operation.effects.length === 0 || operation.name === 'create' ? 0 : 1;
        expect(times).toBeGreaterThanOrEqual(atLeast);
        expect(times).toBeLessThanOrEqual(operation.effects.length === 0 ? 0 : 1);
        if (operation.name === 'create') continue;
        // Even a caller who forgets to read first moves nothing twice: the key, or the connector's own look, prevents it.
        await settled(attempt.call(context()));
        expect(happened(operation, moved(since))).toBe(times);
      }
    });

    it('is unavailable when the provider cannot be reached, or the caller has given up before', async () => {
      const attempt = await operation.begin();
      const since = mark();
      const { account } = context();
      const nowhere = context({ account: { ...account, base_url: 'http://127.0.0.1:9' } });
      for (const given of [nowhere, context({ signal: AbortSignal.abort() })]) {
        const outcome = await settled(attempt.call(given));
        expect(outcome.ok ? outcome : failureIn(outcome.error).kind).toBe('unavailable');
      }
      await expectNothing(operation, attempt, since);
    });

    it.each([
      ['headers', 400],
      ['body', 400],
      ['headers', 200],
      ['body', 200],
    ] as const)('keeps no secret of the %s that a refusal with %i repeats', async (part, status) => {
      const attempt = await operation.begin();
      const { account } = context();
      const server = await startScriptedServer();
      server.script = (request, response, socket) => {
        const echo =
          part === 'headers' ? Object.values(request.headers).toReversed().join(' ') : request.body;
        answering(status, wordsEverywhere(echo))(request, response, socket);
      };
      try {
        const outcome = await settled(
          attempt.call(context({ account: { ...account, base_url: server.url } })),
        );
        expect(outcome.ok).toBe(false);
        if (!outcome.ok) expectNoSecrets(outcome.error, secrets(), []);
        expect(server.requests.length).toBeGreaterThan(0);
      } finally {
        await server.close();
      }
    });

    it('says which credentials are wrong, and never what they are', async () => {
      for (const name of sitting.exam.api_credentials) {
        const attempt = await operation.begin();
        const since = mark();
        const { account } = context();
        const canary = 'canary-5f2c9b1e7d';
        const wrong = { ...account, credentials: { ...Object(account.credentials), [name]: canary } };
        const outcome = await settled(attempt.call(context({ account: wrong })));
        expect(outcome.ok ? outcome : failureIn(outcome.error).kind).toBe('bad_credentials');
        expect(moved(since)).toEqual([]);
        if (!outcome.ok) expectNoSecrets(outcome.error, [...secrets(), canary]);
      }
    });
  });
});

/** A refusal with the same words in every place where one of these providers has them. */
function wordsEverywhere(said: string): object {
  const detail = { detail: said, description: said, field: said, code: said, Name: said, Error: said };
  return {
    message: said,
    error: said,
    error_description: said,
    err: { msg: said },
    errorType: 'bad_data',
    errors: [detail],
    IsSuccess: false,
    Message: said,
    ValidationErrors: [detail],
  };
}

type Outcome =
  | { readonly ok: true; readonly value: unknown }
  | { readonly ok: false; readonly error: unknown };

function settled(call: Promise<unknown>): Promise<Outcome> {
  return call.then(
    (value): Outcome => ({ ok: true, value }),
    (error: unknown): Outcome => ({ ok: false, error }),
  );
}

function failureIn(error: unknown): ProviderError['failure'] {
  if (error instanceof ProviderError) return error.failure;
  throw error;
}

/** How often the operation has had its effect; a refund may be booked twice, as request and as money. */
function happened({ effects }: Operation, lines: readonly LedgerLine[]): number {
  return Math.max(0, ...effects.map((effect) => lines.filter(({ kind }) => kind === effect).length));
}

/** What may be said of trouble with call number `struck`, by what the calls do when all goes well. */
function kindsFor(
  operation: Operation,
  steps: readonly boolean[],
  struck: number,
  { refusal }: Trouble,
): Kind[] {
  const movedBefore = steps.slice(0, struck).includes(true);
  const mayHaveMoved = movedBefore || steps[struck] === true;
  if (refusal === null) return [mayHaveMoved ? 'unknown_outcome' : 'unavailable'];
  // A create of several calls can end before there is anything to pay; then nothing has happened that counts.
  if (movedBefore) return operation.name === 'create' ? ['unknown_outcome', refusal] : ['unknown_outcome'];
  return [refusal];
}

/** Neither credentials nor who the customer is. */
function expectNoSecrets(
  error: unknown,
  secrets: readonly string[],
  personal: readonly string[] = ['Haddad', 'sara@example.com'],
): void {
  const { message, stack, failure, cause } = error as ProviderError;
  const said = JSON.stringify([message, stack, failure, cause]);
  for (const secret of [...secrets, ...personal]) expect(said).not.toContain(secret);
}

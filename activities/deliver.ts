/**
 * Sends webhooks to merchants' endpoints. Each attempt is one statement that says what is to be sent, one request, and one statement that
 * says how it went; a process that dies in between leaves the delivery waiting, and it is sent again under the same id.
 */
import { cancellationSignal, heartbeat } from '@temporalio/activity';
import type pg from 'pg';
import type { Logger } from 'pino';
import {
  giveUpQueue,
  nextDelivery,
  recordAttempt,
  type Attempt,
  type DeliveryQueue,
  type WaitingDelivery,
} from '../db/deliveries.ts';
import { disableEndpoint, warnOfEndpoint, type EndpointNews } from '../db/endpoint-events.ts';
import type { OutgoingEventRow } from '../db/outgoing-events.ts';
import type { Sealer } from '../db/sealed.ts';
import type { EndpointSecrets, EventAlias } from '../db/webhook-endpoints.ts';
import {
  DISABLE_AFTER_MS,
  pauseAfter,
  retryAfterSeconds,
  verdictOn,
  WARN_AFTER_MS,
} from '../domain/delivery.ts';
import { ProviderError } from '../domain/provider-error.ts';
import type { ProviderHttp } from '../providers/http.ts';
import type { DeliveryGateway } from '../temporal/deliveries.ts';
import type { EndpointLanes } from './endpoint-lanes.ts';
import { signedHeaders } from './sign-webhook.ts';
import { wakeDeliveries } from './wake-deliveries.ts';

export interface DeliveryDependencies {
  readonly pool: pg.Pool;
  readonly sealer: Sealer;
  /** The ways out, by mode: live endpoints are on the internet whatever the installation allows besides. */
  readonly http: Readonly<Record<OutgoingEventRow['mode'], ProviderHttp>>;
  readonly lanes: EndpointLanes;
  readonly deliveries: DeliveryGateway;
  /** The body: the event as the API shows it. */
  readonly render: (
    event: OutgoingEventRow,
    as: { readonly api_version: string; readonly alias: EventAlias | null },
  ) => Promise<string>;
  readonly logger: Logger;
  /** Wall clock, milliseconds. */
  readonly now: () => number;
  readonly random: () => number;
}

export interface DeliverArguments extends DeliveryQueue {
  /** The workflow's clock, milliseconds. */
  readonly now: number;
}

export interface DeliveryActivities {
  /** Sends what is due in one queue. `next_at`: when to come again, by the workflow's clock; null: nothing waits. */
  deliver(input: DeliverArguments): Promise<{ readonly next_at: number | null }>;
}

const TIMEOUT_MS = 15_000;
/** What is left of the activity's time has to be enough for one attempt. */
const GO_ON_FOR_MS = 30_000;
const HEARTBEAT_MS = 3_000;
const EXCERPT_CHARACTERS = 1_000;

export function createDeliveryActivities(dependencies: DeliveryDependencies): DeliveryActivities {
  return {
    async deliver(input) {
      const beat = setInterval(heartbeat, HEARTBEAT_MS);
      try {
        return await deliverQueue(dependencies, input, cancellationSignal());
      } finally {
        clearInterval(beat);
      }
    },
  };
}

/** Sends one after the other until one fails, nothing is left, or it has taken long. */
export async function deliverQueue(
  dependencies: DeliveryDependencies,
  { now, ...queue }: DeliverArguments,
  signal: AbortSignal,
): Promise<{ next_at: number | null }> {
  const { pool, lanes } = dependencies;
  const started = performance.now();
  const clock = (): number => now + Math.round(performance.now() - started);
  while (performance.now() - started < GO_ON_FOR_MS) {
    const delivery = await nextDelivery(pool, queue);
    if (!delivery) return { next_at: null };
    const { enabled, deleted } = delivery.endpoint;
    if (deleted || !enabled) {
      await giveUpQueue(pool, queue, deleted ? 'endpoint_deleted' : 'endpoint_disabled');
      return { next_at: null };
    }
    const due = Date.parse(delivery.next_attempt_at);
    if (due > clock()) return { next_at: due };
    const place = await lanes.enter(queue.endpoint_id);
    if (!place.taken) return { next_at: clock() + Math.round(place.turn_ms) };
    const since = performance.now();
    try {
      await attempt(dependencies, delivery, clock, signal);
    } finally {
      place.leave(performance.now() - since);
    }
  }
  return { next_at: clock() };
}

async function attempt(
  dependencies: DeliveryDependencies,
  delivery: WaitingDelivery,
  clock: () => number,
  signal: AbortSignal,
): Promise<void> {
  const { pool, logger } = dependencies;
  const { endpoint, event, id: delivery_id } = delivery;
  const sent = await send(dependencies, delivery, signal);
  const now = clock();
  const outcome = outcomeOf(dependencies, delivery, sent, now);
  const { status, failure, response_body, at, duration_ms } = sent;
  await recordAttempt(pool, {
    delivery_id,
    endpoint_id: endpoint.id,
    url: endpoint.url,
    at,
    duration_ms,
    status,
    failure,
    response_body,
    outcome,
    now: new Date(now).toISOString(),
  });
  const told = { delivery_id, endpoint_id: endpoint.id, event_id: event.id, status, failure, duration_ms };
  logger.info({ ...told, outcome: outcome.status }, 'webhook sent');
  if (outcome.status !== 'delivered') await lookAfter(dependencies, endpoint.id, verdictOn(status), now);
}

type Sent = Pick<Attempt, 'status' | 'failure' | 'response_body' | 'at' | 'duration_ms'> & {
  readonly retryAfter: string | undefined;
};

/** One request. Never throws for what the endpoint does; that a merchant's server fails is no failure of ours. */
async function send(
  { sealer, http, render, now }: DeliveryDependencies,
  { event, endpoint }: WaitingDelivery,
  signal: AbortSignal,
): Promise<Sent> {
  const { api_version, alias } = endpoint;
  const body = await render(event, { api_version, alias });
  const secrets = sealer.open(endpoint.secrets, endpoint.id) as EndpointSecrets;
  const sent_ms = now();
  const started = performance.now();
  const measured = () => ({
    at: new Date(sent_ms).toISOString(),
    duration_ms: Math.round(performance.now() - started),
  });
  try {
    const { status, headers, text } = await http[event.mode].send({
      method: 'POST',
      url: endpoint.url,
      headers: {
        'content-type': 'application/json',
        'user-agent': 'Sarraf-Webhooks/1.0',
        ...signedHeaders(secrets, { id: event.id, body, now_ms: sent_ms }),
      },
      body,
      operation: 'deliver_webhook',
      mutates: true,
      timeout_ms: TIMEOUT_MS,
      signal,
    });
    const retryAfter = headers['retry-after'];
    return { ...measured(), status, failure: null, response_body: excerpt(text), retryAfter };
  } catch (error) {
    if (!(error instanceof ProviderError)) throw error;
    const { code } = error.failure;
    // We are stopping, and nobody knows what came of it: it is sent again, and that is not the endpoint's fault.
    if (code === 'aborted') throw error;
    return { ...measured(), status: null, failure: code, response_body: null, retryAfter: undefined };
  }
}

/** The beginning of an answer, as Postgres can hold it. */
function excerpt(text: string): string {
  return text.slice(0, EXCERPT_CHARACTERS).replaceAll('\0', '\uFFFD');
}

function outcomeOf(
  { now: wallClock, random }: DeliveryDependencies,
  { tries }: WaitingDelivery,
  { status, retryAfter }: Sent,
  now: number,
): Attempt['outcome'] {
  switch (verdictOn(status)) {
    case 'taken':
      return { status: 'delivered' };
    case 'gone':
      return { status: 'exhausted', reason: 'endpoint_gone' };
    case 'failed': {
      const pause = pauseAfter(tries + 1, retryAfterSeconds(retryAfter, wallClock()), random());
      return pause === null
        ? { status: 'exhausted', reason: 'attempts_exhausted' }
        : { status: 'pending', next_attempt_at: new Date(now + pause).toISOString() };
    }
  }
}

/** An endpoint that is gone, or has failed for days, is disabled; one that has failed for a day is warned of. */
async function lookAfter(
  { pool, deliveries, logger }: DeliveryDependencies,
  endpoint_id: string,
  verdict: ReturnType<typeof verdictOn>,
  now: number,
): Promise<void> {
  const before = (ms: number): string => new Date(now - ms).toISOString();
  const tell = ({ done, queues }: EndpointNews, message: string): boolean => {
    if (done) logger.warn({ endpoint_id, verdict }, message);
    wakeDeliveries({ deliveries, logger }, queues);
    return done;
  };
  const why =
    verdict === 'gone'
      ? ({ reason: 'gone' } as const)
      : ({ reason: 'failing', failing_before: before(DISABLE_AFTER_MS) } as const);
  if (tell(await disableEndpoint(pool, endpoint_id, why), 'a webhook endpoint was disabled')) return;
  tell(
    await warnOfEndpoint(pool, endpoint_id, before(WARN_AFTER_MS)),
    'a webhook endpoint has failed for a day',
  );
}

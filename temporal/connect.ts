/** A Temporal client from configuration. */
import {
  Client,
  Connection,
  defaultGrpcRetryOptions,
  isRetryableError,
  makeGrpcRetryInterceptor,
  type ClientOptions,
  type ConnectionOptions,
} from '@temporalio/client';
import { temporalConnectionOptions, type TemporalConfig } from '../config/index.ts';
import { payloadOptions } from './payload-codec.ts';

/** Connects within ten seconds or throws. The caller closes `client.connection`. */
export async function connectClient(config: TemporalConfig<string>): Promise<Client> {
  const options = await temporalConnectionOptions(config);
  const connection = await Connection.connect({ ...options, connectTimeout: '10s' });
  return clientOn(connection, config);
}

/** A client on a connection that is there, which reads and writes payloads as configured. */
export function clientOn(
  connection: ClientOptions['connection'],
  config: Pick<TemporalConfig, 'namespace' | 'payloads'>,
): Client {
  return new Client({
    ...(connection && { connection }),
    namespace: config.namespace,
    ...payloadOptions(config),
  });
}

/**
 * A signal that meets a workflow in the moment in which it closes is refused as if the server had too much to do, for which the
 * SDK waits about two seconds; but the workflow has closed a moment later. Unless its worker has died over that: then it goes on
 * when the server has given up that worker's task, ten seconds after it began. So these calls are repeated for 13 seconds.
 * Updates are not refused (seen with server 1.32): they wait for the next task.
 */
const IS_CLOSING = /workflow is closing/;
const CLOSING = { pause_ms: 20, longest_pause_ms: 250, attempts: 60 } as const;

/** gRPC: nobody is there. */
const UNAVAILABLE: ReadonlySet<number> = new Set([14]);
/** About three seconds in all, where the SDK's ten attempts take twenty. */
const ATTEMPTS_WHEN_UNAVAILABLE = 6;
const RECONNECT_WITHIN_MS = 2_000;

/**
 * The connection of a process that people wait for. It connects when it is first used, so an API that starts while the
 * server is away says so where it needs it; it gives up soon on a server that is away, and finds it again soon after it
 * is back (by itself gRPC would wait up to two minutes between attempts).
 */
export async function lazyConnection(config: TemporalConfig<string>): Promise<Connection> {
  const retry = defaultGrpcRetryOptions();
  const options: ConnectionOptions = {
    ...(await temporalConnectionOptions(config)),
    channelArgs: {
      'grpc.initial_reconnect_backoff_ms': 250,
      'grpc.max_reconnect_backoff_ms': RECONNECT_WITHIN_MS,
    },
    interceptors: [
      makeGrpcRetryInterceptor({
        ...retry,
        delayFunction: (attempt, status) =>
          IS_CLOSING.test(status.details)
            ? Math.min(CLOSING.pause_ms * attempt, CLOSING.longest_pause_ms)
            : retry.delayFunction(attempt, status),
        retryableDecider(attempt, status) {
          if (IS_CLOSING.test(status.details)) return attempt < CLOSING.attempts;
          if (UNAVAILABLE.has(status.code))
            return attempt < ATTEMPTS_WHEN_UNAVAILABLE && isRetryableError(status);
          return retry.retryableDecider(attempt, status);
        },
      }),
    ],
  };
  return Connection.lazy(options);
}

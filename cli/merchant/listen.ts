/** `sarraf listen`: forwards events to a server on this machine, signed like webhooks, while it is being written. */
import { setTimeout as sleep } from 'node:timers/promises';
import { join } from 'node:path';
import type { Command } from 'commander';
import {
  ConnectionError,
  RateLimitError,
  ServerError,
  signWebhook,
  type Event,
} from '../../client/src/index.ts';
import { loadClientConfig } from '../../config/index.ts';
import { connect, isJson, type MerchantCalls } from './api.ts';
import { UsageError } from './failure.ts';
import { openState, saveState, unseen, withSeen } from './listen-state.ts';

const LOOK_EVERY_MS = 500;
const AWAY_MS = 2_000;
/** As long as Sarraf waits for a real endpoint. */
const ANSWER_WITHIN_MS = 15_000;

interface Options {
  readonly forwardTo: string;
  readonly events: readonly string[];
}

/** Adds the command to the program. */
export function addListen(program: Command): void {
  program
    .command('listen')
    .description('forwards events to a local server, each signed as a webhook; goes on where it stopped')
    .requiredOption('--forward-to <url>', 'such as http://localhost:3000/hooks')
    .option(
      '--events <types>',
      'types such as invoice.paid and groups such as refund.*, with commas',
      words,
      ['*'],
    )
    .addHelpText(
      'after',
      `
Prints the secret to verify with, then a line for each event with the status of the answer. A server that cannot be reached
is waited for; an answer that is no success is shown, and not asked for again. Ctrl-C stops; the next start with the same
URL, key and API goes on with what happened since.

Example:
  sarraf listen --forward-to http://localhost:3000/hooks --events 'invoice.*'`,
    )
    .action(async ({ forwardTo, events }: Options, command: Command) => {
      if (!URL.canParse(forwardTo) || !/^https?:$/.test(new URL(forwardTo).protocol))
        throw new UsageError('--forward-to needs the http or https URL of your server');
      const stop = new AbortController();
      const end = (): void => stop.abort();
      for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, end);
      await listen(await connect(command), { forwardTo, events }, isJson(command), stop.signal);
    });
}

const words = (given: string): string[] => given.split(',').map((word) => word.trim());

async function listen(
  { client, identity }: MerchantCalls,
  { forwardTo, events }: Options,
  json: boolean,
  stop: AbortSignal,
): Promise<void> {
  const place = Buffer.from(forwardTo).toString('base64url').slice(0, 100);
  const path = join(loadClientConfig().dataDir, 'listen', `${identity}-${place}.json`);
  let state = await openState(path, client);
  await saveState(path, state);
  console.log(
    json
      ? JSON.stringify({ type: 'ready', forward_to: forwardTo, secret: state.secret })
      : `Secret    ${state.secret}\nForwards  to ${forwardTo}; Ctrl-C stops`,
  );
  let isAway = false;
  while (!stop.aborted) {
    try {
      for (const event of await unseen(client, state, stop)) {
        if (events.some((pattern) => wants(pattern, event.type))) {
          const answer = await forward(event, forwardTo, state.secret, stop);
          if (answer === null) return;
          tell(event, answer, json);
        }
        state = withSeen(state, event);
        await saveState(path, state);
      }
      if (isAway) console.error('! the API is back');
      isAway = false;
      await sleep(LOOK_EVERY_MS, undefined, { signal: stop });
    } catch (error) {
      if (stop.aborted) return;
      const passes =
        error instanceof ConnectionError || error instanceof ServerError || error instanceof RateLimitError;
      if (!passes) throw error;
      if (!isAway) console.error(`! ${error.message}; trying again`);
      isAway = true;
      await sleep(AWAY_MS, undefined, { signal: stop }).catch(() => undefined);
    }
  }
}

function wants(pattern: string, type: string): boolean {
  return (
    pattern === '*' || pattern === type || (pattern.endsWith('.*') && type.startsWith(pattern.slice(0, -1)))
  );
}

interface Answer {
  /** Null: none came in time. */
  readonly status: number | null;
  readonly ms: number;
}

/** Waits for a server that is not there. Null: it was stopped before there was an answer. */
async function forward(event: Event, url: string, secret: string, stop: AbortSignal): Promise<Answer | null> {
  const body = JSON.stringify(event);
  for (let isMissing = false; !stop.aborted; isMissing = true) {
    const begin = performance.now();
    const ms = (): number => Math.round(performance.now() - begin);
    try {
      const response = await fetch(url, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...(await signWebhook(body, event.id, secret)) },
        body,
        redirect: 'manual',
        signal: AbortSignal.timeout(ANSWER_WITHIN_MS),
      });
      await response.body?.cancel();
      return { status: response.status, ms: ms() };
    } catch (error) {
      if (error instanceof Error && error.name === 'TimeoutError') return { status: null, ms: ms() };
      if (!isMissing) console.error(`! ${url} cannot be reached; waiting for it`);
      await sleep(AWAY_MS, undefined, { signal: stop }).catch(() => undefined);
    }
  }
  return null;
}

function tell({ id, type, created_at }: Event, { status, ms }: Answer, json: boolean): void {
  if (json)
    return console.log(JSON.stringify({ type: 'forwarded', event: id, event_type: type, status, ms }));
  console.log(`${created_at}  ${String(status ?? 'no answer').padEnd(9)}  ${type}  ${id}  (${ms} ms)`);
}

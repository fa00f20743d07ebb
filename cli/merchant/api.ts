/** The API as the command line reaches it: which one, with which key, and how calls are repeated. */
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Command } from 'commander';
import { loadClientConfig } from '../../config/index.ts';
import { lastStart } from '../runtime-file.ts';
import { ApiProblem } from './failure.ts';
import { readInput } from './input.ts';

const PAGE = 100;
const TIMEOUT_MS = 60_000;
/** How often a call is sent in all that gets no answer, 429 or 503. */
const ATTEMPTS = 3;
const PAUSE_MS = 1_000;
const PAUSE_MAX_MS = 10_000;

/** The options of every command. */
export interface GlobalOptions {
  readonly apiUrl?: string;
  readonly apiKeyFile?: string;
  readonly operatorKeyFile?: string;
  readonly json: boolean;
}

export interface MerchantCalls {
  get(path: string): Promise<unknown>;
  patch(path: string, body: object): Promise<unknown>;
  /** Sent with an Idempotency-Key of its own, the same on each repetition. */
  post(path: string, body: object): Promise<unknown>;
  /** A CSV file, in the same way. */
  upload(path: string, csv: string): Promise<unknown>;
}

/**
 * The API that options, environment and the last start name, in this order. The key of the last start is for its address
 * only: it is not sent anywhere else.
 */
export async function connect(command: Command): Promise<MerchantCalls> {
  const { apiKeyFile } = command.optsWithGlobals<GlobalOptions>();
  const given = apiKeyFile === undefined ? loadClientConfig().apiKey : await readInput(apiKeyFile, 'API key');
  return connectWith(
    command,
    given,
    'api_key',
    'API key is known for it: set SARRAF_API_KEY, or give --api-key-file',
  );
}

/** The same with the key of an operator. */
export async function connectAsOperator(command: Command): Promise<MerchantCalls> {
  const { operatorKeyFile } = command.optsWithGlobals<GlobalOptions>();
  const given =
    operatorKeyFile === undefined
      ? loadClientConfig().operatorKey
      : await readInput(operatorKeyFile, 'operator key');
  const missing = 'operator key is known for it: set SARRAF_OPERATOR_KEY, or give --operator-key-file';
  return connectWith(command, given, 'operator_key', missing);
}

async function connectWith(
  command: Command,
  given: string | null,
  known: 'api_key' | 'operator_key',
  missing: string,
): Promise<MerchantCalls> {
  const config = loadClientConfig();
  const last = await lastStart(config.dataDir);
  const url = command.optsWithGlobals<GlobalOptions>().apiUrl ?? config.apiUrl ?? last?.api_url;
  if (url === undefined) {
    throw new Error('no API is known: run npm start, set SARRAF_API_URL, or give --api-url');
  }
  const key = given?.trim() ?? (sameOrigin(url, last?.api_url) ? last?.[known] : undefined);
  if (!key) throw new Error(`the API is ${url}, and no ${missing}`);
  const base = url.replace(/\/+$/, '');
  return {
    get: (path) => send(base + path, 'GET', key),
    patch: (path, body) => send(base + path, 'PATCH', key, json(body)),
    post: (path, body) => send(base + path, 'POST', key, json(body), randomUUID()),
    upload: (path, csv) => send(base + path, 'POST', key, { type: 'text/csv', text: csv }, randomUUID()),
  };
}

/** Follows the pages of a list to their end. */
export async function listAll(
  api: MerchantCalls,
  path: string,
  query: Readonly<Record<string, string>>,
): Promise<unknown[]> {
  const all: { readonly id: string }[] = [];
  for (;;) {
    const last = all.at(-1);
    const part = new URLSearchParams({
      ...query,
      limit: String(PAGE),
      ...(last === undefined ? {} : { starting_after: last.id }),
    });
    const page = (await api.get(`${path}?${part.toString()}`)) as {
      readonly data: readonly { readonly id: string }[];
      readonly has_more: boolean;
    };
    all.push(...page.data);
    if (!page.has_more) return all;
  }
}

/** True when answers are to be printed as JSON. */
export const isJson = (command: Command): boolean => command.optsWithGlobals<GlobalOptions>().json;

interface Body {
  readonly type: 'application/json' | 'text/csv';
  readonly text: string;
}

const json = (body: object): Body => ({ type: 'application/json', text: JSON.stringify(body) });

function sameOrigin(url: string, other: string | undefined): boolean {
  return other !== undefined && URL.canParse(url) && new URL(url).origin === new URL(other).origin;
}

/** Repeated when there was no answer or the API asks for it: every one of these calls is safe to repeat. */
async function send(
  url: string,
  method: string,
  key: string,
  body?: Body,
  repetitionKey?: string,
): Promise<unknown> {
  for (let attempt = 1; ; attempt += 1) {
    const isLast = attempt === ATTEMPTS;
    try {
      const response = await fetch(url, {
        method,
        headers: {
          authorization: `Bearer ${key}`,
          ...(body === undefined ? {} : { 'content-type': body.type }),
          ...(repetitionKey === undefined ? {} : { 'idempotency-key': repetitionKey }),
        },
        ...(body === undefined ? {} : { body: body.text }),
        redirect: 'error',
        signal: AbortSignal.timeout(TIMEOUT_MS),
      });
      const text = await response.text();
      if (response.ok) return JSON.parse(text);
      if ((response.status !== 503 && response.status !== 429) || isLast)
        throw new ApiProblem(response.status, text);
      await sleep(
        Math.min(Number(response.headers.get('retry-after') ?? 1) * 1000 || PAUSE_MS, PAUSE_MAX_MS),
      );
    } catch (error) {
      if (error instanceof ApiProblem) throw error;
      if (isLast) throw new Error(`${url} could not be reached: ${reasonOf(error)}`, { cause: error });
      await sleep(PAUSE_MS);
    }
  }
}

function reasonOf(error: unknown): string {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  return cause instanceof Error ? cause.message || cause.name : String(cause);
}

/** The API as the command line reaches it: which one, and with which key. How calls are repeated is the client's. */
import { createHash } from 'node:crypto';
import type { Command } from 'commander';
import { createClient, type Client } from '../../client/src/index.ts';
import { loadClientConfig } from '../../config/index.ts';
import { lastStart } from '../runtime-file.ts';
import { readInput } from './input.ts';

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
  readonly client: Client;
  /** Stands for this API and this key; says nothing of the key. */
  readonly identity: string;
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
  const client = createClient({ baseUrl: url, apiKey: key });
  return {
    get: (path) => client.request('GET', path),
    patch: (path, body) => client.request('PATCH', path, { body }),
    post: (path, body) => client.request('POST', path, { body }),
    upload: (path, csv) => client.request('POST', path, { body: csv, contentType: 'text/csv' }),
    client,
    identity: createHash('sha256').update(`${url}\n${key}`).digest('hex').slice(0, 16),
  };
}

/** Follows the pages of a list to their end. */
export function listAll(
  { client }: MerchantCalls,
  path: string,
  query: Readonly<Record<string, string>>,
): Promise<unknown[]> {
  return client.list(path, query).toArray();
}

/** True when answers are to be printed as JSON. */
export const isJson = (command: Command): boolean => command.optsWithGlobals<GlobalOptions>().json;

function sameOrigin(url: string, other: string | undefined): boolean {
  return other !== undefined && URL.canParse(url) && new URL(url).origin === new URL(other).origin;
}

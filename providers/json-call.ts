/** A call as most providers take it: JSON there, JSON back, and a refusal in the words of the provider. */
import { z, type ZodType } from 'zod';
import { ProviderError, type ProviderFailure } from '../domain/provider-error.ts';
import { failureFromStatus, isSuccess, readJson, readRefusal, sayable } from './answers.ts';
import type { ProviderContext } from './contract.ts';
import type { ProviderRequest, ProviderResponse } from './http.ts';

export interface JsonCall {
  readonly operation: string;
  readonly method: ProviderRequest['method'];
  /** Below the account's base URL, with the slash in front. */
  readonly path: string;
  /** Left out: none is sent, as some providers insist for GET. */
  readonly body?: Readonly<Record<string, unknown>>;
  readonly mutates: boolean;
}

/** What differs from provider to provider. */
export interface Dialect {
  /** Names and proves the account. */
  readonly headers: Readonly<Record<string, string>>;
  /** What an answer other than 2xx means. */
  readonly refusal: (response: ProviderResponse, request: ProviderRequest) => ProviderFailure;
}

/** Sends once; gives the answer as `schema` says, and the request for errors that follow. Throws `ProviderError`. */
export async function callJson<T>(
  context: ProviderContext<unknown>,
  wanted: JsonCall,
  schema: ZodType<T>,
  { headers, refusal }: Dialect,
): Promise<{ data: T; request: ProviderRequest }> {
  const { response, request } = await sendJson(context, wanted, headers);
  if (isSuccess(response)) return { data: readJson(response, schema, request), request };
  throw new ProviderError(refusal(response, request));
}

/** Sends once; gives the answer whatever its status, for calls whose refusals say more than that they are refusals. */
export async function sendJson(
  { account, http, signal }: ProviderContext<unknown>,
  { operation, method, path, body, mutates }: JsonCall,
  headers: Dialect['headers'],
): Promise<{ response: ProviderResponse; request: ProviderRequest }> {
  const request: ProviderRequest = {
    operation,
    method,
    mutates,
    signal,
    url: account.base_url.replace(/\/+$/, '') + path,
    headers: {
      accept: 'application/json',
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...headers,
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  };
  return { response: await http.send(request), request };
}

const message = z.object({ message: z.string() });

/** For providers without error codes: the kind follows from the status, and their `message` is kept for people. */
export function refusalInMessage(response: ProviderResponse, request: ProviderRequest): ProviderFailure {
  const failure = failureFromStatus(response, request);
  const said = readRefusal(response, message);
  return said?.message ? { ...failure, message: sayable(said.message) } : failure;
}

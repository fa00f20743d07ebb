/** The real API over real HTTP and a real Postgres, for tests; only the workflows and the provider are stand-ins. */
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createHash, randomBytes } from 'node:crypto';
import type pg from 'pg';
import { createApiKey } from '../../db/api-keys.ts';
import { createMerchant, createProviderAccount, type Mode } from '../../db/merchants.ts';
import { createPool } from '../../db/pool.ts';
import { createScopedPool } from '../../db/scoped-pool.ts';
import { createSealer, type Sealer } from '../../db/sealed.ts';
import { answerCheck, type Sent } from '../../test/setup/description.ts';
import { freshDatabase } from '../../test/setup/engines.ts';
import type { Connector } from '../../providers/contract.ts';
import { createProviderHttp } from '../../providers/http.ts';
import type { DeliveryInput, WakeReason } from '../../workflows/contract.ts';
import { createApp } from '../app.ts';
import { createBackground, type Background } from '../background.ts';
import type { ApiDependencies } from '../dependencies.ts';
import { createKeyUses, type KeyUses } from '../key-uses.ts';
import { createApiLogger } from '../log.ts';
import { createRefusalCounts, type RefusalCounts } from '../refusal-counts.ts';
import { answerUnreadable } from '../unreadable.ts';
import { testConnector } from './connector.ts';
import { createTestGateway, type TestGateway } from './gateway.ts';

export const PEPPER = Buffer.alloc(32, 7);
export const OPERATOR_KEY = `sk_operator_${'o'.repeat(43)}`;
export const WEBHOOK_SECRET = 'canary-webhook-secret';

/** A merchant with a key and an account at the test provider. */
export interface TestMerchant {
  readonly id: string;
  readonly key: string;
  readonly account: string;
}

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  /** The body when it is a JSON object; otherwise empty. */
  readonly json: Readonly<Record<string, unknown>>;
}

export interface TestApi {
  readonly url: string;
  /** The owner's: for looking at rows and changing them, whoever's they are. */
  readonly pool: pg.Pool;
  readonly sealer: Sealer;
  readonly gateway: TestGateway;
  readonly background: Background;
  readonly refusals: RefusalCounts;
  readonly keyUses: KeyUses;
  /** What the API was made of, without the changes. */
  readonly dependencies: ApiDependencies;
  readonly merchant: TestMerchant;
  /** Every log line so far. */
  readonly log: string[];
  /** The delivery workflows that were told of something. */
  readonly woken: readonly (DeliveryInput & { readonly reason: WakeReason })[];
  /** Sends a request with the merchant's key; a `body` that is no string is sent as JSON. */
  call(method: string, path: string, options?: CallOptions): Promise<Answer>;
  addMerchant(mode?: Mode): Promise<TestMerchant>;
  stop(): Promise<void>;
}

export interface CallOptions {
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  /** Null: none. */
  readonly key?: string | null;
}

/** Starts the API. `changes` replaces what a test wants to be different. */
export async function startTestApi(
  changes: Partial<ApiDependencies> & { readonly publicPath?: string } = {},
): Promise<TestApi> {
  const database = await freshDatabase();
  const pool = createPool({ url: database.url, size: 10, name: 'api-test', onError: () => undefined });
  // As in production: the API sees what its role may see, and the test sees everything.
  const apiPool = createScopedPool({
    url: database.url,
    size: 10,
    name: 'api',
    onError: () => undefined,
    onUnprotected: () => {
      throw new Error('the API runs without row-level security');
    },
  });
  const sealer = createSealer([{ id: 'k1', key: randomBytes(32) }]);
  const gateway = createTestGateway(pool);
  const background = createBackground();
  const refusals = createRefusalCounts();
  const log: string[] = [];
  const woken: (DeliveryInput & { reason: WakeReason })[] = [];
  const server = createServer();
  const url = await listen(server);
  const providerHttp = createProviderHttp();
  const connectors: readonly Connector<unknown>[] = [testConnector];
  const logger = createApiLogger('debug', { write: (line) => void log.push(line) });
  const keyUses = createKeyUses(apiPool, logger, Date.now);
  const dependencies: ApiDependencies = {
    pool: apiPool,
    sealer,
    apiKeyPepper: PEPPER,
    operatorKeys: [createHash('sha256').update(OPERATOR_KEY).digest()],
    limits: { requestsPerKey: null, failuresPerAddress: null },
    trustedProxies: [],
    keyUses,
    connectors,
    providerHttp,
    reach: 'loopback',
    invoices: gateway,
    deliveries: { wake: async (queue, reason) => void woken.push({ ...queue, reason }) },
    reconciliations: { start: async (run_id) => void gateway.reconciled.push(run_id) },
    fastForward: async () => 'settled' as const,
    sandboxControlUrl: null,
    probes: [],
    publicUrl: url + (changes.publicPath ?? ''),
    logger,
    now: Date.now,
    closing: new AbortController().signal,
    background,
    refusals,
  };
  const app = createApp({ ...dependencies, ...changes });
  server.on('request', app);
  answerUnreadable(server, dependencies.publicUrl);
  const check = answerCheck(changes.connectors ?? connectors);

  const addMerchant = async (mode: Mode = 'sandbox'): Promise<TestMerchant> => {
    const id = await createMerchant(pool, 'A shop');
    const { key } = await createApiKey(pool, { merchant_id: id, mode, label: 'test', pepper: PEPPER });
    const account = await createProviderAccount(pool, sealer, {
      merchant_id: id,
      mode,
      provider: 'bazaar',
      label: 'main',
      base_url: 'http://127.0.0.1:9',
      credentials: { secret: WEBHOOK_SECRET },
    });
    return { id, key, account };
  };
  const merchant = await addMerchant();

  return {
    url,
    pool,
    sealer,
    gateway,
    background,
    refusals,
    keyUses,
    dependencies,
    merchant,
    log,
    woken,
    addMerchant,
    async call(method, path, options = {}) {
      const answer = await send(url + path, method, { key: merchant.key, ...options });
      check(sentOf(method, path, options.body, answer));
      return answer;
    },
    async stop() {
      server.close();
      server.closeAllConnections();
      await background.settled();
      await providerHttp.close();
      await keyUses.stop();
      await apiPool.end();
      await pool.end();
      await database.drop();
    },
  };
}

async function listen(server: Server): Promise<string> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** For the check of the answer; a body that is text is JSON only if it can be read as such. */
function sentOf(method: string, path: string, body: unknown, { status, headers, text }: Answer): Sent {
  const isText = typeof body === 'string' || body instanceof Uint8Array;
  return {
    method,
    path,
    status,
    text,
    contentType: headers.get('content-type'),
    ...(isText || body === undefined ? {} : { request: JSON.parse(JSON.stringify(body)) as unknown }),
  };
}

async function send(url: string, method: string, { body, headers, key }: CallOptions): Promise<Answer> {
  const response = await fetch(url, {
    method,
    headers: {
      ...(key ? { Authorization: `Bearer ${key}` } : {}),
      ...(body === undefined ? {} : { 'Content-Type': 'application/json' }),
      ...headers,
    },
    ...(body === undefined ? {} : { body: bytesOf(body) }),
  });
  const text = await response.text();
  const isJson = /json/.test(response.headers.get('content-type') ?? '');
  return { status: response.status, headers: response.headers, text, json: isJson ? JSON.parse(text) : {} };
}

function bytesOf(body: unknown): string | Uint8Array<ArrayBuffer> {
  if (body instanceof Uint8Array) return new Uint8Array(body);
  return typeof body === 'string' ? body : JSON.stringify(body);
}

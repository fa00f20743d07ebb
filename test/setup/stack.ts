/** The whole of Sarraf for one test file: its own database, task queue and processes, on the shared engines. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client, Connection } from '@temporalio/client';
import type pg from 'pg';
import {
  merchantApi,
  sandboxControl,
  type MerchantApi,
  type SandboxControl,
} from '../../cli/journey/clients.ts';
import { startStack, type Stack, type StackOptions } from '../../cli/stack.ts';
import { loadConfig } from '../../config/index.ts';
import { createPool } from '../../db/pool.ts';
import { connectors } from '../../providers/index.ts';
import { silentReport } from '../../engines/index.ts';
import { forgetSchedules } from '../../temporal/schedules.ts';
import { answerCheck } from './description.ts';
import { freshDatabase, freshTaskQueue, temporalAddress, temporalNamespace } from './engines.ts';

/** Starting it takes a few seconds, and the engines may have to be started first. */
export const STACK_TIMEOUT_MS = 240_000;

export interface TestStack extends Stack {
  readonly merchantApi: MerchantApi;
  readonly control: SandboxControl;
  readonly pool: pg.Pool;
  readonly taskQueue: string;
  readonly logDir: string;
  /** A call to the API as the demo merchant; for answers that are not 2xx too. */
  call(
    method: string,
    path: string,
    body?: unknown,
    headers?: Record<string, string>,
  ): Promise<{ status: number; headers: Headers; body: Readonly<Record<string, unknown>> }>;
  /** Kills the worker with SIGKILL; resolves when another one runs. */
  killWorker(): Promise<void>;
}

/** `temporal`: a server of the test's own, in place of the shared one. */
export async function startTestStack({
  temporal,
  ...options
}: Partial<StackOptions> & {
  temporal?: { readonly address: string; readonly namespace: string };
} = {}): Promise<TestStack> {
  const database = await freshDatabase();
  const dataDir = await mkdtemp(join(tmpdir(), 'sarraf-test-'));
  const taskQueue = freshTaskQueue();
  const config = loadConfig({
    SARRAF_DATA_DIR: dataDir,
    TEMPORAL_TASK_QUEUE: taskQueue,
    API_PORT: '0',
    LOG_LEVEL: 'info',
  });
  const engines = {
    database: { url: database.url, own: false, pid: null },
    temporal: {
      address: temporal?.address ?? (await temporalAddress()),
      namespace: temporal?.namespace ?? (await temporalNamespace()),
      uiUrl: null,
      own: false,
      pid: null,
    },
  };
  const stack = await startStack(config, silentReport, { keep: false, ui: false, engines, ...options });
  const pool = createPool({ url: database.url, size: 3, name: 'test', onError: () => undefined });
  const check = answerCheck(connectors);
  return {
    ...stack,
    merchantApi: merchantApi(stack.apiUrl, stack.merchant.api_key, check),
    control: sandboxControl(stack.sandbox.controlUrl),
    pool,
    taskQueue,
    logDir: join(dataDir, 'logs'),
    async call(method, path, body, headers = {}) {
      const response = await fetch(stack.apiUrl + path, {
        method,
        headers: {
          authorization: `Bearer ${stack.merchant.api_key}`,
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
          ...headers,
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      const text = await response.text();
      const contentType = response.headers.get('content-type');
      check({ method, path, request: body, status: response.status, contentType, text });
      return {
        status: response.status,
        headers: response.headers,
        body: (text === '' ? {} : JSON.parse(text)) as Readonly<Record<string, unknown>>,
      };
    },
    async killWorker() {
      const restarted = stack.worker.restarted();
      stack.worker.kill('SIGKILL');
      await restarted;
    },
    async stop() {
      await pool.end();
      await stack.stop();
      await leaveNothingBehind(engines.temporal, taskQueue);
      await database.drop();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}

async function leaveNothingBehind(
  { address, namespace }: { address: string; namespace: string },
  taskQueue: string,
): Promise<void> {
  const connection = await Connection.connect({ address });
  await forgetSchedules(new Client({ connection, namespace }), taskQueue);
  await connection.close();
}

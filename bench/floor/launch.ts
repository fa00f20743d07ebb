/** Starts the floor's two processes beside a running stack, on the same engines and against the same simulator. */
import pg from 'pg';
import type { Stack } from '../../cli/stack.ts';
import { launch, type Launched } from '../../cli/supervised-process.ts';

export interface Floor {
  readonly url: string;
  readonly worker: Launched;
  readonly server: Launched;
  stop(): Promise<void>;
}

/** Makes the floor's one table and starts its worker and its front. */
export async function startFloor(stack: Stack, logDir: string): Promise<Floor> {
  const { database, temporal } = stack.engines;
  const pool = new pg.Pool({ connectionString: database.url, max: 1 });
  await pool.query(
    'create table floor_paid (id text primary key, received_at timestamptz not null, written_at timestamptz not null default now())',
  );
  await pool.end();
  const finan = stack.sandbox.providers['finan'];
  const env = {
    ...process.env,
    FLOOR_DATABASE_URL: database.url,
    FLOOR_TEMPORAL_ADDRESS: temporal.address,
    FLOOR_PROVIDER: JSON.stringify({ base_url: finan?.base_url, ...finan?.credentials }),
  };
  const worker = await launch({ name: 'floor-worker', script: 'bench/floor/worker.ts', env }, logDir);
  const server = await launch({ name: 'floor-server', script: 'bench/floor/server.ts', env }, logDir);
  await worker.ready;
  const { url } = await server.ready;
  return {
    url: String(url),
    worker,
    server,
    async stop() {
      await server.stop(2_000);
      await worker.stop(10_000);
    },
  };
}

/** The floor's worker process. Environment: FLOOR_DATABASE_URL, FLOOR_TEMPORAL_ADDRESS, FLOOR_PROVIDER (JSON). */
import { fileURLToPath } from 'node:url';
import { NativeConnection, Runtime, Worker, bundleWorkflowCode, DefaultLogger } from '@temporalio/worker';
import pg from 'pg';
import { createFloorActivities } from './activities.ts';
import { FLOOR_QUEUE, required } from './settings.ts';

Runtime.install({ logger: new DefaultLogger('WARN') });
const logger = new DefaultLogger('ERROR');
const pool = new pg.Pool({ connectionString: required('FLOOR_DATABASE_URL'), max: 10 });
const provider = JSON.parse(required('FLOOR_PROVIDER')) as Record<string, string>;
const worker = await Worker.create({
  connection: await NativeConnection.connect({ address: required('FLOOR_TEMPORAL_ADDRESS') }),
  taskQueue: FLOOR_QUEUE,
  workflowBundle: await bundleWorkflowCode({
    workflowsPath: fileURLToPath(new URL('./workflow.ts', import.meta.url)),
    logger,
  }),
  activities: createFloorActivities(pool, provider),
  maxConcurrentWorkflowTaskExecutions: 100,
  maxConcurrentLocalActivityExecutions: 200,
});
process.stdout.write('{"ready":true}\n');
await worker.run();
await pool.end();

/** What one paid invoice costs in Temporal: history events, workflow tasks, activities and timers. */
import pg from 'pg';
import type { Stack } from '../cli/stack.ts';
import { connectClient } from '../temporal/connect.ts';
import { invoiceWorkflowId } from '../workflows/contract.ts';

export interface HistoryCost {
  readonly events: number;
  readonly workflow_tasks: number;
  readonly local_activities: number;
  readonly activities: number;
  readonly timers: number;
  /** Bytes of the history as the server counts them. */
  readonly bytes: number;
}

/** Reads the history of the latest paid invoice. */
export async function historyCost({ engines }: Stack): Promise<HistoryCost> {
  const pool = new pg.Pool({ connectionString: engines.database.url, max: 1 });
  const { rows } = await pool.query<{ id: string }>(
    `select id from invoices where status = 'paid' order by id desc limit 1`,
  );
  await pool.end();
  const { address, namespace } = engines.temporal;
  const client = await connectClient({
    address,
    namespace,
    taskQueue: '',
    buildId: null,
    tls: null,
    apiKey: null,
    uiUrl: null,
    payloads: null,
  });
  try {
    const handle = client.workflow.getHandle(invoiceWorkflowId(rows[0]?.id ?? ''));
    const { events = [] } = await handle.fetchHistory();
    const description = await handle.describe();
    const count = (attributes: string): number =>
      (events ?? []).filter((event) => attributes in event && event[attributes as 'eventId'] != null).length;
    return {
      events: events?.length ?? 0,
      workflow_tasks: count('workflowTaskCompletedEventAttributes'),
      local_activities: count('markerRecordedEventAttributes'),
      activities: count('activityTaskScheduledEventAttributes'),
      timers: count('timerStartedEventAttributes'),
      bytes: description.historySize ?? 0,
    };
  } finally {
    await client.connection.close();
  }
}

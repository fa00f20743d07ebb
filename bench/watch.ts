/**
 * Watches the database for invoices that have been paid. A trigger that exists only in the benchmark's database
 * notifies this process: it costs the same few microseconds whatever is measured, where polling would cost a query.
 */
import pg from 'pg';
import type { PaidWatch } from './load.ts';

const GIVE_UP_MS = 60_000;

/** The triggers: both say `id milliseconds`. */
const TRIGGERS = `
  create function bench_paid() returns trigger language plpgsql as $$
  begin
    perform pg_notify('bench_paid', new.invoice_id || ' ' || extract(epoch from clock_timestamp() - new.received_at) * 1000);
    return null;
  end $$;
  create trigger bench_paid after update on webhook_events for each row when (new.state = 'processed')
    execute function bench_paid();
  create function bench_floor_paid() returns trigger language plpgsql as $$
  begin
    perform pg_notify('bench_paid', new.id || ' ' || extract(epoch from clock_timestamp() - new.received_at) * 1000);
    return null;
  end $$;
  create trigger bench_floor_paid after insert on floor_paid for each row execute function bench_floor_paid();
`;

export interface StoppableWatch extends PaidWatch {
  stop(): Promise<void>;
}

/** Installs the triggers and listens. The tables of Sarraf and of the floor have to be there. */
export async function watchPaid(databaseUrl: string): Promise<StoppableWatch> {
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  await client.query(TRIGGERS);
  const waiting = new Map<string, (ms: number) => void>();
  client.on('notification', ({ payload = '' }) => {
    const [id = '', ms = ''] = payload.split(' ');
    waiting.get(id)?.(Number(ms));
    waiting.delete(id);
  });
  await client.query('listen bench_paid');
  return {
    wait: (id) =>
      new Promise((resolve, reject) => {
        const timer = setTimeout(() => reject(new Error(`${id} was not paid within a minute`)), GIVE_UP_MS);
        waiting.set(id, (ms) => {
          clearTimeout(timer);
          resolve(ms);
        });
      }),
    stop: () => client.end(),
  };
}

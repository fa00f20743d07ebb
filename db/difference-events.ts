/**
 * What merchants are told of reconciliation: cases that it opens and people decide, and the ends of runs. These events belong to no
 * invoice, also where their case has one, so that they neither wait for the invoice's own events nor hold them up.
 */
import { addressing, type DeliveryQueue } from './deliveries.ts';

/** The end of a statement that has opened or decided cases in its part `source`; `events`: rows of `case_id` and `event_id`. */
export const tellOfCases = (source: string, type: 'case.opened' | 'case.resolved', events: string): string =>
  told(`
    select u.event_id, c.merchant_id, c.mode, '${type}',
      jsonb_build_object('case_id', c.id, 'amount', c.amount, 'currency', c.currency), now()
    from ${source} c join ${events} on u.case_id = c.id`);

/** The end of a statement that has ended a run in its part `source`; `event`: the id of the event. */
export const tellOfRun = (source: string, event: string): string =>
  told(`
    select ${event}::text, r.merchant_id, r.mode, 'reconciliation_run.' || r.status, jsonb_build_object('run_id', r.id), now()
    from ${source} r`);

/** What such a statement answers. */
export interface ToldRow {
  readonly queues: DeliveryQueue[];
}

const told = (events: string): string => `
  told as (
    insert into outgoing_events (id, merchant_id, mode, type, data, created_at) ${events}
    returning id, merchant_id, mode, invoice_id, type
  ), ${addressing()}
  select coalesce((select jsonb_agg(jsonb_build_object('endpoint_id', endpoint_id, 'subject', subject)) from addressed), '[]')
    as queues`;

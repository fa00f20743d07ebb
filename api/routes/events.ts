/** Events: what a merchant is told of, one per change of a status and one per transfer. Webhooks carry the same. */
import type { Request, Response } from 'express';
import { loadEventObjects } from '../../db/event-objects.ts';
import type { Owner } from '../../db/invoices.ts';
import type { Listed } from '../../db/lists.ts';
import { findOutgoingEvent, listOutgoingEvents } from '../../db/outgoing-events.ts';
import { OUTGOING_TYPES } from '../../domain/outgoing.ts';
import { sendJson } from '../answer.ts';
import { contextOf, ownerOf } from '../context.ts';
import type { Columns } from '../csv.ts';
import type { ApiDependencies } from '../dependencies.ts';
import { oneOf } from '../fields.ts';
import { listHandler, objectId } from '../lists.ts';
import { idParameter } from '../path.ts';
import { moneyOf, presentEvent, type EventWithObject } from '../present-event.ts';
import { notFound } from '../problem.ts';
import { rangeOf, timeRange } from '../range-filters.ts';

export const eventFilters = {
  type: oneOf(OUTGOING_TYPES, 'unknown_type', 'a type of event').optional(),
  invoice: objectId('inv', 'an invoice').optional(),
  payment: objectId('pay', 'a payment').optional(),
  ...timeRange,
};

export function eventRoutes(dependencies: ApiDependencies) {
  const { pool, now } = dependencies;
  const present = (event: EventWithObject) => presentEvent(event, dependencies, now());
  const complete = async (_owner: Owner, events: readonly EventWithObject[]): Promise<EventWithObject[]> => {
    const objects = await loadEventObjects(
      pool,
      events.map(({ row }) => row),
    );
    return events.map(({ row }, index) => ({ row, object: objects[index] ?? null }));
  };

  const list = listHandler({
    prefix: 'evt',
    name: 'events',
    filters: eventFilters,
    find: (owner, id) => findOutgoingEvent(pool, owner, id),
    async read(owner, { type, invoice, payment, ...range }, page): Promise<Listed<EventWithObject>> {
      const { created_gte, created_lte } = rangeOf(range);
      const ids = { invoice_id: invoice ?? null, payment_id: payment ?? null };
      const filter = { type: type ?? null, ...ids, created_gte, created_lte };
      const { rows, has_more } = await listOutgoingEvents(pool, owner, filter, page);
      return { rows: rows.map((row) => ({ row, object: null })), has_more };
    },
    id: ({ row }) => row.id,
    complete,
    present,
    columns,
  });

  const read = async (request: Request, response: Response): Promise<void> => {
    const owner = ownerOf(response);
    const row = await findOutgoingEvent(pool, owner, idParameter(request, response, 'evt'));
    if (!row) throw notFound('event');
    contextOf(response).invoice_id = row.invoice_id;
    const [event] = await complete(owner, [{ row, object: null }]);
    sendJson(response, 200, JSON.stringify(event && present(event)));
  };

  return { list, read };
}

const columns: Columns<EventWithObject> = {
  id: ({ row }) => row.id,
  mode: ({ row }) => row.mode,
  type: ({ row }) => row.type,
  invoice: ({ row }) => row.invoice_id,
  payment: ({ row }) => row.payment_id,
  operation: ({ row }) => row.data.operation_id ?? null,
  case: ({ row }) => row.data.case_id ?? null,
  incident: ({ row }) => row.data.incident_id ?? null,
  amount: ({ row }) => row.data.amount ?? null,
  currency: ({ row }) => row.currency,
  display: ({ row }) => moneyOf(row).display,
  capture_before: ({ row }) => row.data.capture_before ?? null,
  late: ({ row }) => row.data.late ?? false,
  created_at: ({ row }) => row.created_at,
};

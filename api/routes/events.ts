/** Events: what a merchant is told of, one per change of a status and one per transfer. */
import type { Request, Response } from 'express';
import { findOutgoingEvent, listOutgoingEvents, type OutgoingEventRow } from '../../db/outgoing-events.ts';
import { OPERATION_STATUSES } from '../../domain/operations.ts';
import type { OutgoingType } from '../../domain/outgoing.ts';
import { INVOICE_STATUSES, PAYMENT_STATUSES } from '../../domain/status.ts';
import { sendJson } from '../answer.ts';
import { contextOf, ownerOf } from '../context.ts';
import type { Columns } from '../csv.ts';
import type { ApiDependencies } from '../dependencies.ts';
import { oneOf } from '../fields.ts';
import { listHandler, objectId } from '../lists.ts';
import { idParameter } from '../path.ts';
import { notFound } from '../problem.ts';
import { shown } from '../shown.ts';

const OPERATIONS = ['capture', 'void', 'refund'] as const;
const TYPES: readonly OutgoingType[] = [
  ...INVOICE_STATUSES.map((status) => `invoice.${status}` as const),
  ...PAYMENT_STATUSES.map((status) => `payment.${status}` as const),
  'payment.money_received',
  'payment.authorization_expiring',
  ...OPERATIONS.flatMap((kind) => OPERATION_STATUSES.map((status) => `${kind}.${status}` as const)),
  'case.opened',
  'case.resolved',
];

const filters = {
  type: oneOf(TYPES, 'unknown_type', 'a type of event').optional(),
  invoice: objectId('inv', 'an invoice').optional(),
};

export function eventRoutes({ pool }: ApiDependencies) {
  const list = listHandler({
    prefix: 'evt',
    name: 'events',
    filters,
    find: (owner, id) => findOutgoingEvent(pool, owner, id),
    read: (owner, { type, invoice }, page) =>
      listOutgoingEvents(pool, owner, { type: type ?? null, invoice_id: invoice ?? null }, page),
    id: ({ id }) => id,
    present,
    columns,
  });

  const read = async (request: Request, response: Response): Promise<void> => {
    const row = await findOutgoingEvent(pool, ownerOf(response), idParameter(request, response, 'evt'));
    if (!row) throw notFound('event');
    contextOf(response).invoice_id = row.invoice_id;
    sendJson(response, 200, JSON.stringify(present(row)));
  };

  return { list, read };
}

function present({ id, mode, type, invoice_id, payment_id, currency, data, created_at }: OutgoingEventRow) {
  const { operation_id = null, case_id = null, capture_before, amount, late } = data;
  return {
    object: 'event',
    id,
    mode,
    type,
    invoice: invoice_id,
    payment: payment_id,
    operation: operation_id,
    case: case_id,
    // Only where money moves, or is held.
    ...(amount === null ? { amount, display: null } : shown(amount, currency)),
    currency,
    // Only in the warning that an authorization is about to end.
    ...(capture_before === undefined ? {} : { capture_before }),
    late,
    created_at,
  };
}

const columns: Columns<OutgoingEventRow> = {
  id: ({ id }) => id,
  mode: ({ mode }) => mode,
  type: ({ type }) => type,
  invoice: ({ invoice_id }) => invoice_id,
  payment: ({ payment_id }) => payment_id,
  operation: ({ data }) => data.operation_id ?? null,
  case: ({ data }) => data.case_id ?? null,
  amount: ({ data }) => data.amount,
  currency: ({ currency }) => currency,
  display: (row) => present(row).display,
  capture_before: ({ data }) => data.capture_before ?? null,
  late: ({ data }) => data.late,
  created_at: ({ created_at }) => created_at,
};

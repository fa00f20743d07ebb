/** Deliveries: what was sent to webhook endpoints, with every attempt; and to have one sent again. */
import type { Request, Response } from 'express';
import {
  DELIVERY_STATUSES,
  findDelivery,
  listAttempts,
  listDeliveries,
  resendDelivery,
  type DeliveryRow,
} from '../../db/delivery-list.ts';
import type { Owner } from '../../db/invoices.ts';
import { sendJson } from '../answer.ts';
import { jsonBody, parseBody } from '../body.ts';
import { contextOf, ownerOf } from '../context.ts';
import type { Columns } from '../csv.ts';
import type { ApiDependencies } from '../dependencies.ts';
import { noFields, oneOf } from '../fields.ts';
import { listHandler, objectId } from '../lists.ts';
import { idParameter } from '../path.ts';
import { presentAttempt, presentDelivery } from '../present-delivery.ts';
import { notFound } from '../problem.ts';
import { createDeliveryWaker } from '../wake-deliveries.ts';
import { endpointDisabled } from './webhook-endpoint-actions.ts';

export const deliveryFilters = {
  webhook_endpoint: objectId('whe', 'a webhook endpoint').optional(),
  event: objectId('evt', 'an event').optional(),
  status: oneOf(DELIVERY_STATUSES, 'unknown_status', 'a status of deliveries').optional(),
};

export function deliveryRoutes(dependencies: ApiDependencies) {
  const { pool, logger } = dependencies;
  const wake = createDeliveryWaker(dependencies);

  const list = listHandler({
    prefix: 'dlv',
    name: 'deliveries',
    filters: deliveryFilters,
    find: (owner, id) => findDelivery(pool, owner, id),
    read: (owner, { webhook_endpoint, event, status }, page) =>
      listDeliveries(
        pool,
        owner,
        { endpoint_id: webhook_endpoint ?? null, event_id: event ?? null, status: status ?? null },
        page,
      ),
    id: ({ id }) => id,
    present: presentDelivery,
    columns,
  });

  const mustFind = async (owner: Owner, id: string): Promise<DeliveryRow> => {
    const row = await findDelivery(pool, owner, id);
    if (!row) throw notFound('delivery');
    return row;
  };

  const show = async (response: Response, row: DeliveryRow): Promise<void> => {
    contextOf(response).invoice_id = row.invoice_id;
    const attempts = await listAttempts(pool, row.id);
    const shown = { ...presentDelivery(row), attempts: attempts.map(presentAttempt) };
    sendJson(response, 200, JSON.stringify(shown));
  };

  const read = async (request: Request, response: Response): Promise<void> => {
    await show(response, await mustFind(ownerOf(response), idParameter(request, response, 'dlv')));
  };

  const resend = async (request: Request, response: Response): Promise<void> => {
    const id = idParameter(request, response, 'dlv');
    const owner = ownerOf(response);
    parseBody(noFields, jsonBody(request));
    await mustFind(owner, id);
    const queue = await resendDelivery(pool, owner, id);
    if (!queue) throw endpointDisabled();
    wake([queue], 'resend');
    logger.info({ delivery: id, webhook_endpoint: queue.endpoint_id }, 'a delivery is sent again');
    await show(response, await mustFind(owner, id));
  };

  return { list, read, resend };
}

const columns: Columns<DeliveryRow> = {
  id: ({ id }) => id,
  mode: ({ mode }) => mode,
  webhook_endpoint: ({ endpoint_id }) => endpoint_id,
  event: ({ event_id }) => event_id,
  event_type: ({ event_type }) => event_type,
  invoice: ({ invoice_id }) => invoice_id,
  status: ({ status }) => status,
  reason: ({ reason }) => reason,
  attempts: ({ attempts }) => attempts,
  last_status: ({ last_attempt }) => last_attempt?.status ?? null,
  last_failure: ({ last_attempt }) => last_attempt?.failure ?? null,
  next_attempt_at: ({ next_attempt_at }) => next_attempt_at,
  delivered_at: ({ delivered_at }) => delivered_at,
  created_at: ({ created_at }) => created_at,
};

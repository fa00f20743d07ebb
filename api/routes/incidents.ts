/** Incidents: when a provider account had trouble, and which payments wait because of it. */
import type { Request, Response } from 'express';
import { affectedPayments, findIncident, listIncidents, type IncidentRow } from '../../db/incidents.ts';
import { sendJson } from '../answer.ts';
import { ownerOf } from '../context.ts';
import type { Columns } from '../csv.ts';
import type { ApiDependencies } from '../dependencies.ts';
import { oneOf } from '../fields.ts';
import { listHandler, objectId } from '../lists.ts';
import { idParameter } from '../path.ts';
import { incidentDetail, presentIncident, statusOf } from '../present-incident.ts';
import { serviceId } from '../present.ts';
import { notFound } from '../problem.ts';
import { shown } from '../shown.ts';

export const incidentFilters = {
  status: oneOf(['open', 'recovered'], 'invalid_format', 'open or recovered').optional(),
  provider_account: objectId('pacc', 'a provider account').optional(),
};

export function incidentRoutes({ pool }: Pick<ApiDependencies, 'pool'>) {
  const list = listHandler({
    prefix: 'inc',
    name: 'incidents',
    filters: incidentFilters,
    find: (owner, id) => findIncident(pool, owner, id),
    read: (owner, { status, provider_account }, page) =>
      listIncidents(pool, owner, { status: status ?? null, account_id: provider_account ?? null }, page),
    id: ({ id }) => id,
    present: presentIncident,
    columns,
  });

  const read = async (request: Request, response: Response): Promise<void> => {
    const row = await findIncident(pool, ownerOf(response), idParameter(request, response, 'inc'));
    if (!row) throw notFound('incident');
    const { rows, has_more } = await affectedPayments(pool, row);
    const data = rows.map(({ id, invoice_id, method, status, currency, amount, created_at }) => ({
      payment: id,
      invoice: invoice_id,
      payment_service: serviceId(row.provider, method),
      status,
      ...shown(amount, currency),
      currency,
      created_at,
    }));
    const affected_payments = { object: 'list', data, has_more };
    sendJson(response, 200, JSON.stringify({ ...presentIncident(row), affected_payments }));
  };

  return { list, read };
}

const columns: Columns<IncidentRow> = {
  id: ({ id }) => id,
  mode: ({ mode }) => mode,
  status: statusOf,
  provider_account: ({ account_id }) => account_id,
  provider: ({ provider }) => provider,
  cause: ({ cause }) => cause,
  detail: incidentDetail,
  since: ({ opened_at }) => opened_at,
  recovered_at: ({ recovered_at }) => recovered_at,
  recovery: ({ recovery }) => recovery,
};

/** Webhooks that merchants are sent: what became of each, and sending them again. */
import {
  deliveriesAcross,
  endpointLine,
  endpointsAcross,
  eventData,
  type DeliveryLine,
} from '../../db/ops-deliveries.ts';
import {
  DELIVERY_STATUSES,
  findDelivery,
  listAttempts,
  RESEND_MAX,
  resendDelivery,
  resendFailed,
  type DeliveryRow,
  type DeliveryStatus,
} from '../../db/delivery-list.ts';
import { isId } from '../../db/ids.ts';
import type { Owner } from '../../db/invoices.ts';
import { leaveNote } from '../../db/ops-record.ts';
import { html } from '../../pages/html.ts';
import { deliveryBody, deliveryState, endpointsTable } from '../../pages/ops/delivery.ts';
import { moment } from '../../pages/ops/frame.ts';
import { words } from '../../pages/ops/statuses.ts';
import type { ApiDependencies } from '../dependencies.ts';
import { invalidFields, notFound } from '../problem.ts';
import { endpointDisabled } from '../routes/webhook-endpoint-actions.ts';
import { createDeliveryWaker } from '../wake-deliveries.ts';
import { about, mustOwn, noteOf, requireReason } from './acting.ts';
import { choicesOf } from './days.ts';
import { listPage, type ListColumn } from './list.ts';
import type { OpsAction, OpsPart, Visit } from './page.ts';

export const deliveriesPart: OpsPart = (dependencies) => {
  const { pool } = dependencies;
  const list = listPage<DeliveryLine>({
    path: '/ops/deliveries',
    nav: 'Deliveries out',
    title: 'Deliveries out',
    prefix: 'dlv',
    topics: ['deliveries'],
    filters: [
      {
        name: 'endpoint',
        label: 'Endpoint',
        type: 'text',
        hint: 'Its id, whe_…',
        check: (value) => (isId('whe', value) ? null : 'This is no id of an endpoint.'),
      },
      { name: 'status', label: 'Status', type: 'select', choices: choicesOf(DELIVERY_STATUSES) },
    ],
    columns: COLUMNS,
    id: ({ id }) => id,
    read: (scope, { endpoint = null, status = null }, page) =>
      deliveriesAcross(pool, scope, { endpoint, status: status as DeliveryStatus | null }, page),
    empty: (isFiltered) =>
      isFiltered
        ? {
            title: 'No delivery fits',
            text: 'Take a filter away, choose another merchant or the other mode.',
          }
        : {
            title: 'No deliveries yet',
            text: 'They appear when something happens that a merchant’s endpoint asks for.',
          },
    head: async (visit) => {
      const rows = await endpointsAcross(pool, visit.scope);
      return endpointsTable(
        rows.map((row) => ({
          ...row,
          href: visit.href('/ops/deliveries', { endpoint: row.id }),
          resend: visit.may('operator') && row.enabled ? visit.href(`/ops/endpoints/${row.id}/resend`) : null,
        })),
      );
    },
  });
  return {
    pages: [
      list,
      {
        path: '/ops/deliveries/:id',
        nav: null,
        async show(visit) {
          const { row } = await mustFind(dependencies, visit);
          const [attempts, endpoint, data] = await Promise.all([
            listAttempts(pool, row.id),
            endpointLine(pool, row.endpoint_id),
            eventData(pool, row.event_id),
          ]);
          return {
            title: `${row.event_type} to a merchant`,
            topics: [`deliveries:${row.id}`],
            body: deliveryBody(
              { row, attempts, endpoint, data },
              {
                list: visit.href('/ops/deliveries'),
                endpoint: visit.href('/ops/deliveries', { endpoint: row.endpoint_id }),
                invoice: row.invoice_id === null ? null : visit.href(`/ops/invoices/${row.invoice_id}`),
                resend:
                  visit.may('operator') && endpoint?.enabled === true
                    ? visit.href(`/ops/deliveries/${row.id}/resend`)
                    : null,
              },
            ),
          };
        },
      },
    ],
    actions: [resendOne(dependencies), resendAll(dependencies)],
  };
};

async function mustFind(
  dependencies: ApiDependencies,
  visit: Visit,
): Promise<{ readonly row: DeliveryRow; readonly owner: Owner }> {
  const owner = await mustOwn(dependencies, visit, 'dlv');
  const row = await findDelivery(dependencies.pool, owner, visit.params['id'] ?? '');
  if (row === null) throw notFound('delivery');
  return { row, owner };
}

function resendOne(dependencies: ApiDependencies): OpsAction {
  const { pool } = dependencies;
  const wake = createDeliveryWaker(dependencies);
  const back = ({ href, params }: Visit): string => href(`/ops/deliveries/${params['id'] ?? ''}`);
  return {
    path: '/ops/deliveries/:id/resend',
    role: 'operator',
    async ask(visit) {
      const { row } = await mustFind(dependencies, visit);
      return {
        title: `Send ${row.event_type} again?`,
        text: about(
          'The merchant gets it once more with the same id, so that they can tell it is a repetition.',
          [
            ['Event', row.event_type],
            ['Status', words(row.status)],
            ['Attempts', String(row.attempts)],
          ],
        ),
        button: { label: 'Send it again', isDanger: false },
        back: back(visit),
      };
    },
    async run(visit, { reason }) {
      requireReason(reason);
      const { row, owner } = await mustFind(dependencies, visit);
      const queue = await resendDelivery(pool, owner, row.id);
      if (queue === null) throw endpointDisabled();
      await leaveNote(pool, owner, 'delivery.resent', row.id, noteOf(visit, reason));
      wake([queue], 'resend');
      return { tone: 'busy', said: 'It is on its way again.', href: back(visit) };
    },
  };
}

function resendAll(dependencies: ApiDependencies): OpsAction {
  const { pool, now } = dependencies;
  const wake = createDeliveryWaker(dependencies);
  const find = async (visit: Visit) => {
    const owner = await mustOwn(dependencies, visit, 'whe');
    const row = await endpointLine(pool, visit.params['id'] ?? '');
    if (row === null || row.deleted) throw notFound('webhook endpoint');
    return { row, owner };
  };
  const back = ({ href, params }: Visit): string => href('/ops/deliveries', { endpoint: params['id'] ?? '' });
  return {
    path: '/ops/endpoints/:id/resend',
    role: 'operator',
    async ask(visit) {
      const { row } = await find(visit);
      const since = row.failing_since ?? new Date(now() - 86_400_000).toISOString();
      return {
        title: 'Send all that failed again?',
        text: about(
          `What was given up or waits for another attempt is sent again, the oldest first, ${RESEND_MAX.toLocaleString('en')} at most.`,
          [
            ['Endpoint', row.url],
            ['Merchant', row.merchant],
            ['Given up', String(row.exhausted)],
            ['Waiting', String(row.waiting)],
          ],
        ),
        fields: [
          {
            name: 'since',
            label: 'Made since (UTC)',
            type: 'text',
            value: since.slice(0, 19) + 'Z',
            required: true,
            hint: 'Such as 2027-01-31T12:00:00Z',
          },
        ],
        button: { label: 'Send them again', isDanger: false },
        back: back(visit),
      };
    },
    async run(visit, { reason, form }) {
      requireReason(reason);
      const { row, owner } = await find(visit);
      if (!row.enabled) throw endpointDisabled();
      const since = momentIn(form.get('since') ?? '');
      const { count, queues, has_more } = await resendFailed(pool, row.id, since);
      await leaveNote(pool, owner, 'delivery.resent', row.id, noteOf(visit, reason, { since, count }));
      wake(queues, 'resend');
      const more = has_more ? ' There are more: send them again once these are through.' : '';
      return {
        tone: count === 0 ? 'good' : 'busy',
        said: count === 0 ? 'None had failed since then.' : `${count} are on their way again.${more}`,
        href: back(visit),
      };
    },
  };
}

function momentIn(text: string): string {
  const value = text.trim();
  const isMoment = /^20\d\d-\d\d-\d\d(?:T\d\d:\d\d(?::\d\d(?:\.\d+)?)?Z)?$/.test(value);
  const at = isMoment ? Date.parse(value) : NaN;
  if (!Number.isNaN(at)) return new Date(at).toISOString();
  const expected = 'a moment in UTC, such as 2027-01-31T12:00:00Z';
  throw invalidFields([
    { pointer: '/since', code: 'invalid_format', detail: `must be ${expected}`, expected },
  ]);
}

const COLUMNS: readonly ListColumn<DeliveryLine>[] = [
  {
    title: 'Event',
    name: 'event_type',
    show: ({ id, event_type }, { href }) =>
      html`<a href="${href(`/ops/deliveries/${id}`)}">${event_type}</a>`,
    cell: ({ event_type }) => event_type,
  },
  {
    title: 'Status',
    name: 'status',
    show: ({ status, reason }) =>
      html`${deliveryState(status)}${reason === null ? null : html` <span class="soft small">${words(reason)}</span>`}`,
    cell: ({ status }) => status,
  },
  {
    title: 'Where',
    name: 'url',
    show: ({ url }) => html`<span class="mono">${url}</span>`,
    cell: ({ url }) => url,
  },
  {
    title: 'Attempts',
    name: 'attempts',
    isNumber: true,
    show: ({ attempts }) => String(attempts),
    cell: ({ attempts }) => attempts,
  },
  {
    title: 'Last answer',
    name: 'last_answer',
    show: ({ last_attempt }) => lastAnswer(last_attempt),
    cell: ({ last_attempt }) => lastAnswer(last_attempt),
  },
  {
    title: 'Next attempt',
    name: 'next_attempt_at',
    show: ({ next_attempt_at }) => moment(next_attempt_at),
    cell: ({ next_attempt_at }) => next_attempt_at,
  },
  { title: 'Merchant', name: 'merchant', show: ({ merchant }) => merchant, cell: ({ merchant }) => merchant },
  {
    title: 'Made',
    name: 'created_at',
    show: ({ created_at }) => moment(created_at),
    cell: ({ created_at }) => created_at,
  },
];

function lastAnswer(last: DeliveryRow['last_attempt']): string {
  if (last === null) return '–';
  return last.failure ?? `HTTP ${String(last.status)}`;
}

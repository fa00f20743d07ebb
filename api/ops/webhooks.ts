/** Webhooks that providers have sent: those that were taken, with what they say, and those that were refused, with why. */
import { findRefused, listRefused, type RefusedWebhookRow } from '../../db/refused-webhooks.ts';
import {
  findWebhook,
  listWebhooks,
  markWebhookDead,
  reviveWebhook,
  WEBHOOK_STATES,
  type WebhookDetail,
  type WebhookLine,
  type WebhookState,
} from '../../db/ops-webhooks.ts';
import { isId } from '../../db/ids.ts';
import { findInvoice } from '../../db/invoices.ts';
import type { OfMerchant } from '../../db/ops-record.ts';
import { html } from '../../pages/html.ts';
import { moment } from '../../pages/ops/frame.ts';
import { refusedBody, refusalCounts, webhookBody, webhookState } from '../../pages/ops/webhook.ts';
import type { ApiDependencies } from '../dependencies.ts';
import { factsOf } from '../present.ts';
import { notFound, Problem } from '../problem.ts';
import { about, askEngine, maySee, noteOf, requireReason } from './acting.ts';
import { choicesOf, DAYS, daysOf } from './days.ts';
import { listPage, type ListColumn, type ListFilter } from './list.ts';
import type { OpsAction, OpsPart, Visit } from './page.ts';
import { parsedBody } from './parsed-body.ts';

const REASONS = ['missing_signature', 'bad_signature', 'stale_timestamp', 'wrong_account'];

export const webhooksPart: OpsPart = (dependencies) => {
  const { pool, connectors, refusals } = dependencies;
  const provider: ListFilter = {
    name: 'provider',
    label: 'Provider',
    type: 'select',
    choices: choicesOf(connectors.map(({ manifest }) => manifest.provider)),
  };
  const taken = listPage<WebhookLine>({
    path: '/ops/webhooks',
    nav: 'Webhooks in',
    title: 'Webhooks in',
    prefix: 'whk',
    topics: ['webhooks'],
    filters: [
      provider,
      { name: 'state', label: 'State', type: 'select', choices: choicesOf(WEBHOOK_STATES) },
      ...DAYS,
    ],
    columns: TAKEN,
    id: ({ id }) => id,
    read: (scope, given, page) =>
      listWebhooks(
        pool,
        scope,
        {
          provider: given['provider'] ?? null,
          state: (given['state'] ?? null) as WebhookState | null,
          ...daysOf(given),
        },
        page,
      ),
    empty: (isFiltered) =>
      isFiltered
        ? { title: 'No webhook fits', text: 'Take a filter away, choose another merchant or the other mode.' }
        : {
            title: 'No webhooks yet',
            text: 'Providers send them when something happens to a payment. Only those whose proof holds are listed here.',
          },
    head: ({ href }) =>
      html`<p>
        Their proof holds.
        <a href="${href('/ops/webhooks/refused')}">Those that were refused</a> are on a page of their own.
      </p>`,
  });
  const refused = listPage<RefusedWebhookRow & OfMerchant>({
    path: '/ops/webhooks/refused',
    nav: null,
    title: 'Refused webhooks',
    prefix: 'whr',
    topics: ['refused'],
    filters: [provider, { name: 'reason', label: 'Verdict', type: 'select', choices: choicesOf(REASONS) }],
    columns: REFUSED,
    id: ({ id }) => id,
    read: (scope, given, page) =>
      listRefused(
        pool,
        scope,
        { provider: given['provider'] ?? null, reason: given['reason'] ?? null },
        page,
      ),
    empty: (isFiltered) =>
      isFiltered
        ? {
            title: 'No refused webhook fits',
            text: 'Take a filter away, choose another merchant or the other mode.',
          }
        : {
            title: 'None was refused',
            text: 'Whatever comes with a proof that does not hold is kept here without its content.',
          },
    head: ({ href, operator }) =>
      html`<p>
          <a href="${href('/ops/webhooks')}">Webhooks that were taken</a>. Of refused ones only the last of
          each account are kept, without their bodies and signatures.
        </p>
        ${operator.merchant_id === null ? refusalCounts(refusals.all()) : null}`,
  });

  return {
    pages: [
      taken,
      refused,
      {
        path: '/ops/webhooks/:id',
        nav: null,
        async show(visit) {
          const id = visit.params['id'] ?? '';
          if (isId('whr', id)) {
            const row = await findRefused(pool, id);
            if (row === null || !maySee(visit, row)) throw notFound('webhook');
            return {
              title: 'Refused webhook',
              body: refusedBody(row, {
                list: visit.href('/ops/webhooks/refused'),
                account: visit.href(`/ops/providers/${row.account_id}`),
              }),
            };
          }
          const row = await mustFind(dependencies, visit);
          const may = visit.may('operator') && row.erased_at === null;
          const to = (what: string): string => visit.href(`/ops/webhooks/${row.id}/${what}`);
          return {
            title: `Webhook of ${row.provider}`,
            topics: [`webhooks:${row.id}`],
            body: webhookBody(row, parsedBody(row.body, row.headers['content-type']), {
              list: visit.href('/ops/webhooks'),
              invoice: row.invoice_id === null ? null : visit.href(`/ops/invoices/${row.invoice_id}`),
              account: visit.href(`/ops/providers/${row.account_id}`),
              drive: may && row.state !== 'processed' ? to('drive') : null,
              dead: may && row.state === 'received' ? to('dead') : null,
            }),
          };
        },
      },
    ],
    actions: [drive(dependencies), dead(dependencies)],
  };
};

async function mustFind({ pool }: ApiDependencies, visit: Visit): Promise<WebhookDetail> {
  const id = visit.params['id'] ?? '';
  const row = isId('whk', id) ? await findWebhook(pool, id) : null;
  if (row === null || !maySee(visit, row)) throw notFound('webhook');
  return row;
}

const back = ({ href, params }: Visit): string => href(`/ops/webhooks/${params['id'] ?? ''}`);

const linesOf = (row: WebhookDetail): readonly (readonly [string, string])[] => [
  ['Provider', row.provider],
  ['Received', row.received_at],
  ['State', row.reason === null ? row.state : `${row.state}: ${row.reason}`],
];

/** Tells the workflow of it once more. What it says is checked as if it had just come, so nothing is counted twice. */
function drive(dependencies: ApiDependencies): OpsAction {
  const { pool, invoices } = dependencies;
  return {
    path: '/ops/webhooks/:id/drive',
    role: 'operator',
    async ask(visit) {
      const row = await mustFind(dependencies, visit);
      return {
        title: 'Drive this webhook again?',
        text: about(
          'It is matched with its payment and applied as if it had just come. What it says that is on record already changes nothing.',
          linesOf(row),
        ),
        button: { label: 'Drive it again', isDanger: false },
        back: back(visit),
      };
    },
    async run(visit, { reason }) {
      requireReason(reason);
      const before = await mustFind(dependencies, visit);
      if (!(await reviveWebhook(pool, before.id, noteOf(visit, reason, { before: before.state }))))
        throw new Problem('webhook_not_waiting', 'it was applied, or its content is gone');
      const row = await mustFind(dependencies, visit);
      const invoice = row.invoice_id === null ? null : await findInvoice(pool, row, row.invoice_id);
      if (invoice === null)
        return {
          tone: 'busy',
          said: 'It waits: no payment here is the one that it is about yet.',
          href: back(visit),
        };
      await askEngine(() => invoices.webhookArrived(factsOf(invoice), row.id));
      return { tone: 'busy', said: 'It is driven again; this page shows how it ends.', href: back(visit) };
    },
  };
}

function dead(dependencies: ApiDependencies): OpsAction {
  const { pool } = dependencies;
  return {
    path: '/ops/webhooks/:id/dead',
    role: 'operator',
    async ask(visit) {
      const row = await mustFind(dependencies, visit);
      return {
        title: 'Mark this webhook dead?',
        text: about('It is not tried any more, by nobody. It can be driven again later.', linesOf(row)),
        button: { label: 'Mark it dead', isDanger: true },
        back: back(visit),
      };
    },
    async run(visit, { reason }) {
      requireReason(reason);
      const row = await mustFind(dependencies, visit);
      const words = `${visit.operator.name}: ${reason}`;
      if (!(await markWebhookDead(pool, row.id, words, noteOf(visit, reason))))
        throw new Problem('webhook_not_waiting', `it does not wait: it is ${row.state}`);
      return { tone: 'good', said: 'It is marked dead.', href: back(visit) };
    },
  };
}

/** When it came and whence, whatever became of it. */
const ARRIVED: readonly ListColumn<Pick<RefusedWebhookRow, 'id' | 'received_at' | 'provider' | 'label'>>[] = [
  {
    title: 'Received',
    name: 'received_at',
    show: ({ id, received_at }, { href }) =>
      html`<a href="${href(`/ops/webhooks/${id}`)}">${moment(received_at)}</a>`,
    cell: ({ received_at }) => received_at,
  },
  {
    title: 'Provider',
    name: 'provider',
    show: ({ provider, label }) => `${provider} (${label})`,
    cell: ({ provider }) => provider,
  },
];

const TAKEN: readonly ListColumn<WebhookLine>[] = [
  ...ARRIVED,
  {
    title: 'State',
    name: 'state',
    show: ({ state, reason }) =>
      html`${webhookState(state)}${reason === null ? null : html` <span class="soft small">${reason}</span>`}`,
    cell: ({ state }) => state,
  },
  {
    title: 'Event',
    name: 'event_key',
    show: ({ event_key }) => html`<span class="mono">${event_key.slice(0, 60)}</span>`,
    cell: ({ event_key }) => event_key,
  },
  {
    title: 'Invoice',
    name: 'invoice',
    show: ({ invoice_id }, { href }) =>
      invoice_id === null
        ? '–'
        : html`<a class="mono" href="${href(`/ops/invoices/${invoice_id}`)}">${invoice_id.slice(0, 14)}…</a>`,
    cell: ({ invoice_id }) => invoice_id,
  },
  {
    title: 'Times sent',
    name: 'copies',
    isNumber: true,
    show: ({ copies }) => String(copies),
    cell: ({ copies }) => copies,
  },
  { title: 'Merchant', name: 'merchant', show: ({ merchant }) => merchant, cell: ({ merchant }) => merchant },
];

const REFUSED: readonly ListColumn<RefusedWebhookRow & OfMerchant>[] = [
  ...ARRIVED,
  {
    title: 'Verdict',
    name: 'reason',
    show: ({ reason }) => reason.replaceAll('_', ' '),
    cell: ({ reason }) => reason,
  },
  { title: 'From', name: 'address', show: ({ address }) => address ?? '–', cell: ({ address }) => address },
  {
    title: 'Bytes',
    name: 'size',
    isNumber: true,
    show: ({ size }) => String(size),
    cell: ({ size }) => size,
  },
  {
    title: 'Others since',
    name: 'not_kept',
    isNumber: true,
    show: ({ not_kept }) => String(not_kept),
    cell: ({ not_kept }) => not_kept,
  },
  { title: 'Merchant', name: 'merchant', show: ({ merchant }) => merchant, cell: ({ merchant }) => merchant },
];

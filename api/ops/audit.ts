/** The audit trail: who did what when, and whether the chain that seals it is whole. */
import { verifyChain } from '../../audit/chain.ts';
import {
  ENTRY_COLUMNS,
  ENTRY_JOINS,
  findAuditEntry,
  findChainHead,
  type AuditEntryRow,
} from '../../db/audit-entries.ts';
import { sealKey } from '../../db/audit-chain.ts';
import { sealLatest } from '../../db/audit-seal.ts';
import { firstIdAt } from '../../db/ids.ts';
import { listAcross, type OfMerchant } from '../../db/ops-record.ts';
import { ACTOR_TYPES, AUDIT_ACTIONS } from '../../domain/audit-trail.ts';
import { html, type Html } from '../../pages/html.ts';
import { buttonLink, card, facts, notice, table } from '../../pages/look/components.ts';
import { moment } from '../../pages/ops/frame.ts';
import { jsonGrid } from '../../pages/ops/json-grid.ts';
import { words } from '../../pages/ops/statuses.ts';
import type { ApiDependencies } from '../dependencies.ts';
import { notFound, Problem } from '../problem.ts';
import { maySee, mustOwn } from './acting.ts';
import { choicesOf, DAYS, daysOf } from './days.ts';
import { listPage, type ListColumn } from './list.ts';
import type { OpsPart, View, Visit } from './page.ts';

/** Longer chains are verified on the command line. */
const LINKS_MAX = 2_000;
const FINDINGS = 50;

export const auditPart: OpsPart = (dependencies) => {
  const { pool, apiKeyPepper, now } = dependencies;
  const key = sealKey(apiKeyPepper);
  const list = listPage<AuditEntryRow & OfMerchant>({
    path: '/ops/audit',
    nav: 'Audit trail',
    title: 'Audit trail',
    prefix: 'aud',
    topics: ['audit'],
    filters: [
      { name: 'actor_type', label: 'Who', type: 'select', choices: choicesOf(ACTOR_TYPES) },
      { name: 'actor', label: 'Name or id', type: 'text' },
      { name: 'action', label: 'Action', type: 'select', choices: choicesOf(AUDIT_ACTIONS) },
      {
        name: 'object',
        label: 'Object',
        type: 'text',
        hint: 'Any id; an invoice’s has all that happened to it',
      },
      ...DAYS,
    ],
    columns: COLUMNS,
    id: ({ id }) => id,
    async read(scope, given, page) {
      const { actor_type = null, actor = null, action = null, object = null } = given;
      const { from, until } = daysOf(given);
      const { merchant_id, mode } = scope;
      // What happened to invoices is entered when it is sealed; of one merchant the latest need not wait for that.
      if (merchant_id !== null && page.after === null)
        await sealLatest(pool, key, { merchant_id, mode }, now());
      const isInvoice = object?.startsWith('inv_') === true;
      return listAcross<AuditEntryRow>(
        pool,
        scope,
        {
          table: 'audit_entries',
          alias: 'a',
          columns: ENTRY_COLUMNS,
          joins: ENTRY_JOINS,
          conditions: [
            ['a.actor_type = $', actor_type],
            ['a.actor_id = $', actor],
            ['a.action = $', action],
            ['a.object_id = $', isInvoice ? null : object],
            ['(a.invoice_id = $ or a.object_id = $)', isInvoice ? object : null],
            ['a.id >= $', from && firstIdAt('aud', Date.parse(from))],
            ['a.id < $', until && firstIdAt('aud', Date.parse(until))],
          ],
        },
        page,
      );
    },
    empty: (isFiltered) =>
      isFiltered
        ? { title: 'No entry fits', text: 'Take a filter away, choose another merchant or the other mode.' }
        : {
            title: 'No entries yet',
            text: 'Everything that people, keys, providers and Sarraf itself do is entered here.',
          },
    head: (visit) => chainHead(dependencies, visit),
  });

  return {
    pages: [
      list,
      {
        path: '/ops/audit/verify',
        nav: null,
        show: (visit) => verification(dependencies, key, visit),
      },
      {
        path: '/ops/audit/:id',
        nav: null,
        async show(visit) {
          const owner = await mustOwn(dependencies, visit, 'aud');
          const row = await findAuditEntry(pool, owner, visit.params['id'] ?? '');
          if (row === null) throw notFound('audit entry');
          return { title: words(row.action.replace('.', ': ')), body: entryBody(row, visit) };
        },
      },
    ],
    actions: [],
  };
};

async function chainHead({ pool }: ApiDependencies, { scope, href }: Visit): Promise<Html> {
  if (scope.merchant_id === null)
    return html`<p class="soft">Choose a merchant to see where its chain ends and to verify it.</p>`;
  const head = await findChainHead(pool, scope.merchant_id);
  if (head === null) return html`<p class="soft">Nothing of this merchant is sealed yet.</p>`;
  return card(
    html`<h2>The chain</h2>
      ${facts([
        { term: 'Links', text: String(head.sequence) },
        { term: 'Last sealed', text: moment(head.sealed_at) },
        { term: 'Hash of the last', text: html`<span class="mono">${head.hash.toString('hex')}</span>` },
      ])}
      <div class="buttons">${buttonLink('plain', 'Verify the chain', href('/ops/audit/verify'))}</div>`,
  );
}

/** Reads all of a merchant's chain again and holds it against what it has sealed. */
async function verification({ pool, logger }: ApiDependencies, key: Uint8Array, visit: Visit): Promise<View> {
  const { merchant_id, mode } = visit.scope;
  if (merchant_id === null || !maySee(visit, { merchant_id, mode }))
    throw new Problem('malformed_request', 'choose a merchant: each has a chain of its own');
  const head = await findChainHead(pool, merchant_id);
  if (head !== null && head.sequence > LINKS_MAX)
    throw new Problem(
      'malformed_request',
      `this chain has ${head.sequence} links, more than a page can wait for: run "npx sarraf audit"`,
    );
  const client = await pool.connect();
  const found = await verifyChain(client, merchant_id, { limit: FINDINGS, seal_key: key }).finally(() =>
    client.release(),
  );
  logger.info(
    { merchant_id, operator: visit.operator.name, findings: found.length },
    'an audit chain was verified',
  );
  const result =
    found.length === 0
      ? notice('good', {
          title: 'The chain is whole',
          text: `All ${head?.sequence ?? 0} links follow from each other, each seal is ours, and what they sealed is as it was.`,
        })
      : html`${notice('bad', { title: 'The chain is broken', text: 'Something was changed behind the back of Sarraf, or the key is another one than it was.' })}
        ${card(
          table(
            'What was found',
            [{ title: 'Where' }, { title: 'What' }],
            found.map(({ about, message }) => [html`<span class="mono">${about}</span>`, message]),
          ),
        )}`;
  return {
    title: 'Verification of the audit chain',
    body: html`<p class="soft"><a href="${visit.href('/ops/audit')}">The audit trail</a></p>
      <div role="status">${result}</div>
      <p class="soft small">
        Whoever has the key and the database could write a new chain. Keep the hash of the last link
        elsewhere:
        <span class="mono">${head?.hash.toString('hex') ?? '–'}</span>
      </p>`,
  };
}

function entryBody(row: AuditEntryRow, visit: Visit): Html {
  return html`<p class="soft">
      <a href="${visit.href('/ops/audit')}">The audit trail</a> · <span class="mono">${row.id}</span>
    </p>
    ${card(
      facts([
        { term: 'When', text: moment(row.created_at) },
        { term: 'Who', text: whoOf(row) },
        { term: 'Action', text: row.action },
        { term: 'Object', text: html`<span class="mono">${row.object_id}</span>` },
        {
          term: 'Invoice',
          text:
            row.invoice_id === null
              ? '–'
              : html`<a class="mono" href="${visit.href(`/ops/invoices/${row.invoice_id}`)}"
                  >${row.invoice_id}</a
                >`,
        },
        { term: 'Sealed in link', text: row.link === null ? 'not sealed yet' : String(row.link) },
      ]),
    )}
    ${card(
      html`<h2>Details</h2>
        ${jsonGrid('details', 'Details', row.details, JSON.stringify(row.details, null, 2))}`,
    )}`;
}

const whoOf = ({ actor_type, actor_id }: AuditEntryRow): string =>
  actor_type === 'person' ? (actor_id ?? 'a person') : [words(actor_type), actor_id ?? ''].join(' ').trim();

const COLUMNS: readonly ListColumn<AuditEntryRow & OfMerchant>[] = [
  {
    title: 'When',
    name: 'created_at',
    show: ({ id, created_at }, { href }) =>
      html`<a href="${href(`/ops/audit/${id}`)}">${moment(created_at)}</a>`,
    cell: ({ created_at }) => created_at,
  },
  { title: 'Who', name: 'actor', show: whoOf, cell: ({ actor_id }) => actor_id },
  { title: 'Action', name: 'action', show: ({ action }) => action, cell: ({ action }) => action },
  {
    title: 'Reason',
    name: 'reason',
    show: ({ details }) => {
      const reason = reasonIn(details);
      return reason === null ? '–' : html`<span class="long">${reason}</span>`;
    },
    cell: ({ details }) => reasonIn(details),
  },
  {
    title: 'Object',
    name: 'object_id',
    show: ({ object_id }) => html`<span class="mono">${object_id}</span>`,
    cell: ({ object_id }) => object_id,
  },
  {
    title: 'Sealed in',
    name: 'sealed_in',
    isNumber: true,
    show: ({ link }) => String(link ?? '–'),
    cell: ({ link }) => link,
  },
  { title: 'Merchant', name: 'merchant', show: ({ merchant }) => merchant, cell: ({ merchant }) => merchant },
];

function reasonIn(details: AuditEntryRow['details']): string | null {
  const { reason } = details;
  return typeof reason === 'string' ? reason : null;
}

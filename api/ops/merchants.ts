/** Merchants and their API keys, for administrators. */
import { createMerchantKey, endMerchantKey } from './merchant-keys.ts';
import { listApiKeys } from '../../db/api-keys.ts';
import { isId, newId } from '../../db/ids.ts';
import type { Owner } from '../../db/invoices.ts';
import { findAnyMerchant, insertMerchant, listMerchants } from '../../db/operator.ts';
import type { MerchantRow } from '../../db/merchants.ts';
import { html } from '../../pages/html.ts';
import { badge, buttonLink, card, emptyState, facts, table } from '../../pages/look/components.ts';
import { live, moment } from '../../pages/ops/frame.ts';
import { statusOf } from '../present-key.ts';
import { invalidFields, notFound, Problem } from '../problem.ts';
import { about, noteOf, requireReason } from './acting.ts';
import { listPage, type ListColumn } from './list.ts';
import type { OpsAction, OpsDependencies, OpsPart, View, Visit } from './page.ts';

const NAME_MAX = 200;
const KEYS = 200;

export const merchantsPart: OpsPart = (dependencies) => {
  const { pool } = dependencies;
  const list = listPage<MerchantRow>({
    path: '/ops/merchants',
    nav: 'Merchants',
    title: 'Merchants',
    prefix: 'mer',
    topics: ['keys'],
    filters: [{ name: 'name', label: 'Name', type: 'search', hint: 'All of it' }],
    columns: COLUMNS,
    id: ({ id }) => id,
    async read({ merchant_id }, { name = null }, page) {
      if (merchant_id === null) return listMerchants(pool, name, page);
      const one = await findAnyMerchant(pool, merchant_id);
      return { rows: one === null || (name !== null && one.name !== name) ? [] : [one], has_more: false };
    },
    empty: (isFiltered) =>
      isFiltered
        ? { title: 'No merchant fits', text: 'Give the whole name, or take the filter away.' }
        : { title: 'No merchants yet', text: 'Make the first one.' },
    head: (visit) =>
      visit.operator.merchant_id === null
        ? html`<div class="buttons actions">
            ${buttonLink('plain', 'Make a merchant', visit.href('/ops/new-merchant'))}
          </div>`
        : null,
  });
  return {
    pages: [
      { ...list, role: 'admin' },
      {
        path: '/ops/merchants/:id',
        nav: null,
        role: 'admin',
        show: (visit) => merchantView(dependencies, visit),
      },
    ],
    actions: [
      makeMerchant(dependencies),
      createMerchantKey(dependencies, mustFindMerchant),
      endMerchantKey(dependencies),
    ],
  };
};

/** The merchant in the address, in the mode that is shown. Throws the problem of an unknown one. */
async function mustFindMerchant(
  { pool }: OpsDependencies,
  { params, operator, scope }: Visit,
): Promise<{ readonly merchant: MerchantRow; readonly owner: Owner }> {
  const id = params['id'] ?? '';
  const isTheirs = isId('mer', id) && (operator.merchant_id ?? id) === id;
  const merchant = isTheirs ? await findAnyMerchant(pool, id) : null;
  if (merchant === null) throw notFound('merchant');
  return { merchant, owner: { merchant_id: id, mode: scope.mode } };
}

async function merchantView(dependencies: OpsDependencies, visit: Visit): Promise<View> {
  const { pool, now } = dependencies;
  const { merchant, owner } = await mustFindMerchant(dependencies, visit);
  const { rows, has_more } = await listApiKeys(
    pool,
    owner,
    { label: null, active: null },
    { limit: KEYS, after: null, before: null },
  );
  const keys =
    rows.length === 0
      ? emptyState('No keys', `This merchant has no key for the mode ${owner.mode}.`)
      : html`${table(
          `API keys, ${owner.mode}`,
          [
            { title: 'Key' },
            { title: 'Label' },
            { title: 'Status' },
            { title: 'May' },
            { title: 'Last used' },
            { title: 'Ends' },
            { title: 'What can be done' },
          ],
          rows.map((key) => {
            const status = statusOf(key, now());
            return [
              html`<span class="mono">${key.id}</span>`,
              key.label,
              badge(status, status === 'active' ? 'good' : 'bad'),
              key.scopes.join(', '),
              moment(key.last_used_at),
              moment(key.expires_at ?? key.revoked_at),
              status === 'active'
                ? html`<a class="button inline" href="${visit.href(`/ops/keys/${key.id}/revoke`)}"
                    >Revoke<span class="hidden"> ${key.id}</span></a
                  >`
                : '–',
            ];
          }),
        )}
        ${has_more ? html`<p class="soft small">Older keys are not shown.</p>` : null}`;
  return {
    title: merchant.name,
    topics: ['keys'],
    body: html`<p class="soft">
        <a href="${visit.href('/ops/merchants')}">All merchants</a> · <span class="mono">${merchant.id}</span>
      </p>
      <div class="buttons actions">
        ${buttonLink('plain', `Make a key (${owner.mode})`, visit.href(`/ops/merchants/${merchant.id}/new-key`))}
        ${buttonLink('plain', 'Its invoices', visit.href('/ops/invoices', { merchant: merchant.id }))}
      </div>
      ${card(
        facts([
          { term: 'Made', text: moment(merchant.created_at) },
          { term: 'Late money', text: merchant.late_money },
          { term: 'Excess money', text: merchant.excess_money },
          { term: 'Shown to customers as', text: merchant.branding.display_name ?? merchant.name },
        ]),
      )}
      ${live('keys', card(keys))}`,
  };
}

/** The same form sent twice makes one. */
function makeMerchant(dependencies: OpsDependencies): OpsAction {
  const { pool } = dependencies;
  const mustSeeAll = ({ operator }: Visit): void => {
    if (operator.merchant_id !== null)
      throw new Problem('role_missing', 'only an administrator of all merchants can make another one');
  };
  return {
    path: '/ops/new-merchant',
    role: 'admin',
    async ask(visit) {
      mustSeeAll(visit);
      return {
        title: 'Make a merchant?',
        text: about('It begins without keys and without provider accounts.', []),
        fields: [{ name: 'name', label: 'Name', type: 'text', required: true, maxlength: NAME_MAX }],
        hidden: { once: newId('req') },
        button: { label: 'Make it', isDanger: false },
        back: visit.href('/ops/merchants'),
      };
    },
    async run(visit, { reason, form }) {
      mustSeeAll(visit);
      requireReason(reason);
      const name = (form.get('name') ?? '').trim();
      if (name === '' || name.length > NAME_MAX || name.includes('\0')) {
        const expected = `a name of 1 to ${NAME_MAX} characters`;
        throw invalidFields([
          { pointer: '/name', code: 'required', detail: `must be ${expected}`, expected },
        ]);
      }
      const once = form.get('once') ?? '';
      if (!isId('req', once))
        throw new Problem('malformed_request', 'the form is incomplete: go back and open it again');
      const { merchant } = await insertMerchant(
        pool,
        name,
        { key: `ops:${once}`, request_hash: Buffer.from(name) },
        noteOf(visit, reason, { name }),
      );
      return {
        tone: 'good',
        said: `${merchant.name} is made.`,
        href: visit.href(`/ops/merchants/${merchant.id}`),
      };
    },
  };
}

const COLUMNS: readonly ListColumn<MerchantRow>[] = [
  {
    title: 'Merchant',
    name: 'name',
    show: ({ id, name }, { href }) => html`<a href="${href(`/ops/merchants/${id}`)}">${name}</a>`,
    cell: ({ name }) => name,
  },
  { title: 'Id', name: 'id', show: ({ id }) => html`<span class="mono">${id}</span>`, cell: ({ id }) => id },
  {
    title: 'Made',
    name: 'created_at',
    show: ({ created_at }) => moment(created_at),
    cell: ({ created_at }) => created_at,
  },
];

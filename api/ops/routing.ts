/** Routing rules: read by everybody, changed by administrators, and tried on a payment that is not made. */
import { findAnyMerchant } from '../../db/operator.ts';
import { isId } from '../../db/ids.ts';
import type { Owner } from '../../db/invoices.ts';
import { routingsAcross } from '../../db/ops-providers.ts';
import { findRouting } from '../../db/routing.ts';
import { allCurrencies } from '../../domain/currency.ts';
import { html } from '../../pages/html.ts';
import { buttonLink, card, emptyState } from '../../pages/look/components.ts';
import { live } from '../../pages/ops/frame.ts';
import { previewPart, rulesPart, type Tried } from '../../pages/ops/routing.ts';
import { notFound, Problem } from '../problem.ts';
import { createRuleKeeper, type RuleKeeper } from '../routing-rules.ts';
import { shown } from '../shown.ts';
import { amountFrom } from './amounts.ts';
import type { OpsDependencies, OpsPart, View, Visit } from './page.ts';
import { routingActions } from './routing-actions.ts';

export const routingPart: OpsPart = (dependencies) => {
  const keeper = createRuleKeeper(dependencies);
  return {
    pages: [
      { path: '/ops/routing', nav: 'Routing', show: (visit) => overview(dependencies, visit) },
      {
        path: '/ops/routing/:id',
        nav: null,
        show: (visit) => oneMerchant(dependencies, keeper, visit),
      },
    ],
    actions: routingActions(dependencies, keeper, ownRules),
  };
};

const show = (minor: number, currency: string): string => shown(minor, currency).display;

async function overview({ pool }: OpsDependencies, { scope, href, may }: Visit): Promise<View> {
  const rows = (await routingsAcross(pool, scope)).filter(({ rules }) => rules.length > 0);
  const { merchant_id } = scope;
  const what = may('admin') ? 'Set and try its rules' : 'See and try its rules';
  const open = (id: string) => buttonLink('inline', what, href(`/ops/routing/${id}`));
  const empty = emptyState(
    'No rules',
    merchant_id === null
      ? 'Payments name their service themselves. Choose a merchant above to set its rules.'
      : 'The payments of this merchant name their service themselves.',
    merchant_id === null ? null : open(merchant_id),
  );
  const body =
    rows.length === 0
      ? card(empty)
      : html`${rows.map((row) =>
          card(
            html`${rulesPart(`Rules of ${row.merchant}`, row, show, null)}
              <p>${open(row.merchant_id)}</p>`,
          ),
        )}`;
  return { title: 'Routing', topics: ['providers'], body: live('routing', body) };
}

/** The merchant in the address, in the mode that is shown. Throws the problem of an unknown one. */
async function ownRules({ pool }: OpsDependencies, { params, operator, scope }: Visit) {
  const id = params['id'] ?? '';
  const isTheirs = isId('mer', id) && (operator.merchant_id ?? id) === id;
  const merchant = isTheirs ? await findAnyMerchant(pool, id) : null;
  if (merchant === null) throw notFound('merchant');
  const owner: Owner = { merchant_id: id, mode: scope.mode };
  return { merchant, owner, routing: await findRouting(pool, owner) };
}

async function oneMerchant(dependencies: OpsDependencies, keeper: RuleKeeper, visit: Visit): Promise<View> {
  const { merchant, owner, routing } = await ownRules(dependencies, visit);
  const at = `/ops/routing/${merchant.id}`;
  const links = visit.may('admin')
    ? {
        edit: (place: number) => visit.href(`${at}/edit`, { rule: String(place) }),
        remove: (place: number) => visit.href(`${at}/remove`, { rule: String(place) }),
      }
    : null;
  const add = buttonLink('main', 'Add a rule', visit.href(`${at}/add`));
  const rules =
    routing.rules.length === 0
      ? emptyState(
          'No rules',
          `The payments of ${merchant.name} name their service themselves.`,
          links === null ? null : add,
        )
      : html`${rulesPart('Rules, the first that matches decides', routing, show, links)}
        ${links === null ? html`<p class="soft small">Administrators change them.</p>` : html`<div class="buttons">${add}</div>`}`;
  return {
    title: `Routing of ${merchant.name}`,
    body: html`<p class="soft">
        <a href="${visit.href('/ops/routing')}">All rules</a> · <span class="mono">${merchant.id}</span> ·
        ${owner.mode}
      </p>
      <div class="stack">
        ${card(rules)}
        ${card(
          previewPart(await tried(keeper, owner, visit), {
            path: at,
            hidden: { merchant: visit.query.get('merchant'), mode: visit.query.get('mode') },
            currencies: allCurrencies(),
            account: (id) => visit.href(`/ops/providers/${id}`),
          }),
        )}
      </div>`,
  };
}

/** A customer of whom everything is known, in the shape that services ask for. */
const KNOWN = { name: 'Known', email: 'known@example.com', phone: '+000000000' };

/** What was asked in the address, and what the rules say to it. */
async function tried(keeper: RuleKeeper, owner: Owner, { query }: Visit): Promise<Tried> {
  const value = (name: string): string => (query.get(name) ?? '').trim().slice(0, 64);
  const asked = {
    amount: value('amount'),
    currency: value('currency'),
    country: value('country').toUpperCase(),
    capture: value('capture'),
    customer: value('customer'),
  };
  if (asked.amount === '') return { asked, answer: null };
  try {
    const amount = amountFrom(asked.amount, asked.currency, '/amount');
    if (asked.country !== '' && !/^[A-Z]{2}$/.test(asked.country))
      return { asked, answer: { problem: 'The country is two letters, such as IQ.' } };
    const route = await keeper.preview(owner, {
      currency: asked.currency,
      remaining: amount,
      capture_method: asked.capture === 'manual' ? 'manual' : 'automatic',
      customer: {
        ...(asked.customer === 'unknown' ? {} : KNOWN),
        ...(asked.country === '' ? {} : { country: asked.country }),
      },
      description: null,
    });
    return { asked, answer: { route, amount: shown(amount, asked.currency).display } };
  } catch (error) {
    if (!(error instanceof Problem) || error.status >= 500) throw error;
    const [first] = error.errors ?? [];
    const isNoRule = first?.pointer === '/payment_service';
    return {
      asked,
      answer: {
        problem: isNoRule
          ? 'No rule matches such a payment: it has to name its service itself.'
          : `The ${first?.pointer.slice(1) ?? 'question'} ${first?.detail ?? error.message}.`,
      },
    };
  }
}

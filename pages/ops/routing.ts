/** Routing rules as a table, and what they would pick for a payment that nobody makes. */
import type { RouteCandidate, RoutingRow, SkippedService } from '../../db/routing.ts';
import type { RoutingRule } from '../../domain/routing.ts';
import { html, type Html } from '../html.ts';
import { button, field, notice, table } from '../look/components.ts';
import { moment } from './frame.ts';
import { words } from './statuses.ts';

type Show = (minor: number, currency: string) => string;

export interface RuleLinks {
  /** Of the rule in this place, from 0 on. */
  readonly edit: (place: number) => string;
  readonly remove: (place: number) => string;
}

/** `links` null: the rules are only looked at here. */
export function rulesPart(
  caption: string,
  { rules, revision, updated_at }: RoutingRow,
  show: Show,
  links: RuleLinks | null,
): Html {
  const columns = [
    { title: '#', isNumber: true },
    { title: 'Rule' },
    { title: 'Takes' },
    { title: 'How' },
    { title: 'Services, in order' },
    { title: 'When one cannot be reached' },
    ...(links === null ? [] : [{ title: 'What can be done' }]),
  ];
  return html`${table(
      caption,
      columns,
      rules.map((rule, place) => [
        String(place + 1),
        rule.name ?? '–',
        conditions(rule, show),
        words(rule.strategy),
        html`<ol class="plain">
          ${rule.services.map(({ payment_service, provider_account, weight }) => html`<li>${payment_service}${rule.strategy === 'weighted' ? ` (${weight} parts)` : ''}${provider_account === null ? null : html` <span class="mono soft">${provider_account}</span>`}</li>`)}
        </ol>`,
        rule.fallback ? 'the next is tried' : 'the payment fails',
        ...(links === null ? [] : [doings(place, links)]),
      ]),
    )}
    <p class="soft small">Revision ${String(revision)}, changed ${moment(updated_at)}</p>`;
}

function doings(place: number, { edit, remove }: RuleLinks): Html {
  const which = html`<span class="hidden"> rule ${String(place + 1)}</span>`;
  return html`<span class="buttons"
    ><a class="button inline" href="${edit(place)}">Edit${which}</a
    ><a class="button inline" href="${remove(place)}">Remove${which}</a></span
  >`;
}

function conditions({ currency, amount_gte, amount_lte, countries }: RoutingRule, show: Show): string {
  const parts = [
    amount_gte === null ? '' : `from ${show(amount_gte, currency)}`,
    amount_lte === null ? '' : `up to ${show(amount_lte, currency)}`,
    countries === null ? '' : `in ${countries.join(', ')}`,
  ].filter((part) => part !== '');
  return parts.length === 0 ? `all in ${currency}` : `${currency} ${parts.join(', ')}`;
}

export interface Tried {
  readonly asked: Readonly<Record<'amount' | 'currency' | 'country' | 'capture' | 'customer', string>>;
  /** Null: nothing was asked yet. */
  readonly answer:
    | { readonly problem: string }
    | {
        readonly amount: string;
        readonly route: {
          readonly rule: RoutingRule;
          readonly index: number;
          readonly candidates: readonly RouteCandidate[];
          readonly skipped: readonly SkippedService[];
        };
      }
    | null;
}

interface Around {
  readonly path: string;
  /** What has to stay in the address. */
  readonly hidden: Readonly<Record<string, string | null>>;
  readonly currencies: readonly string[];
  /** The page of a provider account. */
  readonly account: (id: string) => string;
}

/** Works without script: the question is the address. */
export function previewPart({ asked, answer }: Tried, { path, hidden, currencies, account }: Around): Html {
  const kept = Object.entries(hidden).filter(([, value]) => value !== null && value !== '');
  return html`<h2 id="try">What would a payment take?</h2>
    <form class="filters" method="get" action="${`${path}#try`}" aria-label="Try the rules">
      ${kept.map(([name, value]) => html`<input type="hidden" name="${name}" value="${value}" />`)}
      ${field({ name: 'amount', label: 'Amount', type: 'text', value: asked.amount, required: true, hint: 'As people write it, such as 25,000' })}
      ${field({ name: 'currency', label: 'Currency', type: 'text', value: asked.currency, choices: currencies.map(same) })}
      ${field({ name: 'country', label: 'Customer’s country', type: 'text', value: asked.country, maxlength: 2, hint: 'Two letters; empty: not known' })}
      ${field({
        name: 'customer',
        label: 'Customer’s details',
        type: 'text',
        value: asked.customer,
        choices: [
          { value: 'known', label: 'name, phone, email' },
          { value: 'unknown', label: 'none is known' },
        ],
      })}
      ${field({
        name: 'capture',
        label: 'Captured',
        type: 'text',
        value: asked.capture,
        choices: [
          { value: 'automatic', label: 'by itself' },
          { value: 'manual', label: 'by the merchant' },
        ],
      })}
      <div class="buttons">${button('main', 'Try it')}</div>
    </form>
    <div role="status">${answered(answer, account)}</div>`;
}

const same = (value: string): { value: string; label: string } => ({ value, label: value });

function answered(answer: Tried['answer'], account: Around['account']): Html | null {
  if (answer === null) return null;
  if ('problem' in answer) return notice('busy', { text: answer.problem });
  const { amount, route } = answer;
  const { rule, index, candidates, skipped } = route;
  const which = rule.name === null ? `Rule ${index + 1}` : `Rule ${index + 1} (${rule.name})`;
  const [first] = candidates;
  return html`${
    first === undefined
      ? notice('bad', {
          title: `Nothing could take ${amount} now`,
          text: `${which} matches, and each of its services is passed over.`,
        })
      : notice('good', {
          title: `${amount} would take ${first.payment_service}`,
          text: `${which} matches. Nothing was made; where chance decides, the next payment may take another.`,
        })
  }
  ${
    candidates.length === 0
      ? null
      : table(
          'In this order',
          [{ title: 'Service' }, { title: 'Account' }, { title: 'Why it stands there' }],
          candidates.map(({ payment_service, provider_account, reason }) => [
            payment_service,
            html`<a class="mono" href="${account(provider_account)}">${provider_account}</a>`,
            reason,
          ]),
        )
  }
  ${
    skipped.length === 0
      ? null
      : table(
          'Passed over',
          [{ title: 'Service' }, { title: 'Why' }],
          skipped.map(({ payment_service, detail }) => [payment_service, detail]),
        )
  }`;
}

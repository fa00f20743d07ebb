/** Changing routing rules, one at a time; what is stored is always the whole list, and only over the one that was looked at. */
import type { MerchantRow } from '../../db/merchants.ts';
import type { Owner } from '../../db/invoices.ts';
import type { RoutingRow } from '../../db/routing.ts';
import { allCurrencies } from '../../domain/currency.ts';
import { STRATEGIES, type RoutingRule } from '../../domain/routing.ts';
import type { Field } from '../../pages/look/components.ts';
import { parseBody } from '../body.ts';
import { paymentServices } from '../payment-service.ts';
import { invalidFields, notFound, Problem } from '../problem.ts';
import { routingBody, ruleOf, type RuleKeeper } from '../routing-rules.ts';
import { about, noteOf, requireReason } from './acting.ts';
import { amountFrom, decimal } from './amounts.ts';
import { choicesOf } from './days.ts';
import type { Done, OpsAction, OpsDependencies, Visit } from './page.ts';

interface Own {
  readonly merchant: MerchantRow;
  readonly owner: Owner;
  readonly routing: RoutingRow;
}
type Find = (dependencies: OpsDependencies, visit: Visit) => Promise<Own>;

const SERVICES_CHARACTERS = 4_000;

export function routingActions(dependencies: OpsDependencies, keeper: RuleKeeper, find: Find): OpsAction[] {
  const services = [...paymentServices(dependencies.connectors).keys()];
  const back = (visit: Visit): string => visit.href(`/ops/routing/${visit.params['id'] ?? ''}`);
  const titles = { add: 'Add a rule', edit: 'Edit a rule', remove: 'Remove a rule' } as const;

  /** Replaces the rules that the person has seen, and no others. */
  const store = async (
    visit: Visit,
    { owner }: Own,
    rules: readonly RoutingRule[],
    { revision, reason, said }: { revision: number; reason: string; said: string },
  ): Promise<Done> => {
    const row = await keeper.replace(owner, rules, revision, noteOf(visit, reason, { rules }));
    dependencies.logger.info(
      { revision: row.revision, rules: rules.length, operator: visit.operator.name },
      'the routing was changed',
    );
    return { tone: 'good', said, href: back(visit) };
  };

  const write = (kind: 'add' | 'edit'): OpsAction => ({
    path: `/ops/routing/:id/${kind}`,
    role: 'admin',
    async ask(visit) {
      const { merchant, routing } = await find(dependencies, visit);
      const place = kind === 'edit' ? placeIn(visit, routing.rules) : routing.rules.length;
      const rule = kind === 'edit' ? (routing.rules[place] ?? null) : null;
      return {
        title: rule === null ? titles.add : `Edit rule ${place + 1} of ${merchant.name}?`,
        text: about('Payments that name no service take the first rule that matches, from this change on.', [
          ['Merchant', merchant.name],
          ['Mode', routingMode(visit)],
        ]),
        fields: fieldsOf(rule, place, services),
        hidden: { revision: String(routing.revision) },
        button: { label: rule === null ? 'Add it' : 'Change it', isDanger: false },
        back: back(visit),
      };
    },
    async run(visit, { reason, form }) {
      requireReason(reason);
      const own = await find(dependencies, visit);
      const { rules } = own.routing;
      const revision = revisionIn(form, own.routing);
      const from = kind === 'edit' ? placeIn(visit, rules) : rules.length;
      const rest = rules.filter((_, place) => place !== from);
      const rule = ruleIn(form);
      const to = newPlace(form, rest.length);
      const said = kind === 'add' ? 'The rule is added.' : 'The rule is changed.';
      try {
        return await store(visit, own, rest.toSpliced(to, 0, rule), { revision, reason, said });
      } catch (error) {
        throw asFields(error, to, form);
      }
    },
  });

  const remove: OpsAction = {
    path: '/ops/routing/:id/remove',
    role: 'admin',
    async ask(visit) {
      const { merchant, routing } = await find(dependencies, visit);
      const place = placeIn(visit, routing.rules);
      const rule = routing.rules[place];
      return {
        title: `Remove rule ${place + 1} of ${merchant.name}?`,
        text: about(
          'Payments take the next rule that matches; where none does, they have to name their service.',
          [
            ['Rule', rule?.name ?? '–'],
            ['Currency', rule?.currency ?? '–'],
            ['Services', rule?.services.map(({ payment_service }) => payment_service).join(', ') ?? '–'],
          ],
        ),
        hidden: { revision: String(routing.revision) },
        button: { label: 'Remove it', isDanger: true },
        back: back(visit),
      };
    },
    async run(visit, { reason, form }) {
      requireReason(reason);
      const own = await find(dependencies, visit);
      const revision = revisionIn(form, own.routing);
      const gone = placeIn(visit, own.routing.rules);
      const rules = own.routing.rules.filter((_, place) => place !== gone);
      return store(visit, own, rules, { revision, reason, said: 'The rule is removed.' });
    },
  };
  return [write('add'), write('edit'), remove];
}

const routingMode = ({ scope }: Visit): string => scope.mode;

/** The place of the rule that is meant, from 0 on. */
function placeIn({ query }: Visit, rules: readonly RoutingRule[]): number {
  const text = query.get('rule') ?? '';
  const place = /^\d{1,2}$/.test(text) ? Number(text) : -1;
  if (rules[place] === undefined) throw notFound('rule');
  return place;
}

/** The revision that the person has seen. Places of another one may be those of other rules. */
function revisionIn(form: URLSearchParams, { revision }: RoutingRow): number {
  const seen = Number(form.get('revision') ?? '');
  if (seen === revision) return seen;
  throw new Problem(
    'routing_changed',
    `somebody has changed the rules meanwhile: they are of revision ${revision} by now, not ${seen}; go back, look at them, and do it again`,
  );
}

function fieldsOf(rule: RoutingRule | null, place: number, services: readonly string[]): Field[] {
  const show = (minor: number | null | undefined): string =>
    rule === null || minor === null || minor === undefined ? '' : decimal(minor, rule.currency);
  return [
    {
      name: 'place',
      label: 'Place',
      type: 'number',
      value: String(place + 1),
      hint: '1 is tried first',
      required: true,
    },
    {
      name: 'name',
      label: 'Name',
      type: 'text',
      value: rule?.name ?? '',
      maxlength: 100,
      hint: 'Shown on payments; may be empty',
    },
    {
      name: 'currency',
      label: 'Currency',
      type: 'text',
      value: rule?.currency ?? '',
      choices: choicesOf(allCurrencies()),
    },
    {
      name: 'amount_gte',
      label: 'From amount',
      type: 'text',
      value: show(rule?.amount_gte),
      hint: 'As people write it; empty: any',
    },
    {
      name: 'amount_lte',
      label: 'Up to amount',
      type: 'text',
      value: show(rule?.amount_lte),
      hint: 'This much included; empty: any',
    },
    {
      name: 'countries',
      label: 'Customers in',
      type: 'text',
      value: rule?.countries?.join(', ') ?? '',
      maxlength: 1_000,
      hint: 'Two letters each, such as IQ, SA; empty: anywhere',
    },
    {
      name: 'strategy',
      label: 'Order of the services',
      type: 'text',
      value: rule?.strategy ?? 'in_order',
      choices: choicesOf(STRATEGIES),
    },
    {
      name: 'fallback',
      label: 'When one cannot be reached',
      type: 'text',
      value: rule?.fallback === false ? 'false' : 'true',
      choices: [
        { value: 'true', label: 'the next is tried' },
        { value: 'false', label: 'the payment fails' },
      ],
    },
    {
      name: 'services',
      label: 'Services, one on each line',
      type: 'text',
      value: rule?.services.map((one) => lineOf(one, rule.strategy)).join('\n') ?? '',
      lines: 4,
      maxlength: SERVICES_CHARACTERS,
      required: true,
      hint: `A service, then its account (pacc_…) where several are linked, then its weight where it counts. There are ${services.join(', ')}.`,
    },
  ];
}

const lineOf = (
  { payment_service, provider_account, weight }: RoutingRule['services'][number],
  strategy: RoutingRule['strategy'],
): string =>
  [payment_service, provider_account ?? '', strategy === 'weighted' ? String(weight) : '']
    .filter((part) => part !== '')
    .join(' ');

/** The rule that was filled in, held against what the API takes. Throws `Problem` with the fields of the form. */
function ruleIn(form: URLSearchParams): RoutingRule {
  const value = (name: string): string => (form.get(name) ?? '').trim();
  const currency = value('currency');
  const amountIn = (name: string): number | null =>
    value(name) === '' ? null : amountFrom(value(name), currency, `/${name}`);
  const countries = value('countries')
    .split(/[\s,]+/)
    .filter((code) => code !== '');
  const rule = {
    name: value('name') || null,
    currency,
    amount_gte: amountIn('amount_gte'),
    amount_lte: amountIn('amount_lte'),
    countries: countries.length === 0 ? null : countries.map((code) => code.toUpperCase()),
    strategy: value('strategy'),
    fallback: value('fallback') !== 'false',
    services: linesIn(form).map(serviceIn),
  };
  try {
    const [only] = parseBody(routingBody, { rules: [rule] }).rules;
    if (only === undefined) throw new Error('one rule was read as none');
    return ruleOf(only);
  } catch (error) {
    throw asFields(error, 0, form);
  }
}

const linesIn = (form: URLSearchParams): string[] =>
  (form.get('services') ?? '')
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');

/** A weight that is no number is left to the check of all fields. */
function serviceIn(line: string): Record<string, unknown> {
  const [payment_service = '', ...more] = line.split(/[\s,]+/);
  const account = more.find((part) => part.startsWith('pacc_')) ?? null;
  const [weight] = more.filter((part) => part !== account);
  return {
    payment_service,
    provider_account: account,
    ...(weight === undefined ? {} : { weight: /^\d+$/.test(weight) ? Number(weight) : weight }),
  };
}

function newPlace(form: URLSearchParams, others: number): number {
  const text = (form.get('place') ?? '').trim();
  const place = /^\d{1,2}$/.test(text) ? Number(text) : 0;
  if (place >= 1 && place <= others + 1) return place - 1;
  const expected = `a place from 1 to ${others + 1}`;
  throw invalidFields([{ pointer: '/place', code: 'out_of_range', detail: `must be ${expected}`, expected }]);
}

/** What is wrong with the rule in this place, by the fields of the form. What is wrong with another one is said as a whole. */
function asFields(error: unknown, place: number, form: URLSearchParams): unknown {
  if (!(error instanceof Problem) || error.errors === undefined) return error;
  const at = `/rules/${place}/`;
  const others = error.errors.filter(
    ({ pointer }) => pointer.startsWith('/rules/') && !pointer.startsWith(at),
  );
  const [other] = others;
  if (other !== undefined) {
    const number = Number(other.pointer.split('/')[2]) + 1;
    return new Problem(
      'malformed_request',
      `with this change, rule ${number} could not stay: it ${other.detail}`,
    );
  }
  const lines = linesIn(form);
  return invalidFields(
    error.errors.map((one) => {
      if (!one.pointer.startsWith(at)) return one;
      const [name = '', line] = one.pointer.slice(at.length).split('/');
      if (name !== 'services' || line === undefined) return { ...one, pointer: `/${name}` };
      const which = lines[Number(line)]?.split(/\s/)[0] ?? '';
      return {
        ...one,
        pointer: '/services',
        detail: `has a line that cannot be used: ${which} ${one.detail}`,
      };
    }),
  );
}

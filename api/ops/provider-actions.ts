/** What people do with a provider account: the breaker, its webhook, its credentials. */
import type { Owner } from '../../db/invoices.ts';
import { findProviderAccount, type ProviderAccountRow } from '../../db/provider-accounts.ts';
import { forceBreaker } from '../../db/provider-health.ts';
import type { Connector } from '../../providers/contract.ts';
import { html } from '../../pages/html.ts';
import { credentialFields } from '../account-credentials.ts';
import { invalidFields, notFound, Problem } from '../problem.ts';
import { createRotator } from '../routes/account-rotation.ts';
import { createWebhookRegistrar } from '../routes/account-webhooks.ts';
import { about, mustOwn, noteOf, requireReason } from './acting.ts';
import type { OpsAction, OpsDependencies, Visit } from './page.ts';

const HOUR_S = 3_600;
const OVERLAP_HOURS_MAX = 720;

interface Found {
  readonly row: ProviderAccountRow;
  readonly owner: Owner;
  readonly connector: Connector<unknown> | undefined;
}

export function providerActions(dependencies: OpsDependencies): OpsAction[] {
  const find = async (visit: Visit): Promise<Found> => {
    const owner = await mustOwn(dependencies, visit, 'pacc');
    const row = await findProviderAccount(dependencies.pool, owner, visit.params['id'] ?? '');
    if (row === null) throw notFound('provider account');
    const connector = dependencies.connectors.find(({ manifest }) => manifest.provider === row.provider);
    return { row, owner, connector };
  };
  return [breaker(dependencies, find), register(dependencies, find), rotate(dependencies, find)];
}

type Find = (visit: Visit) => Promise<Found>;

const back = ({ href, params }: Visit): string => href(`/ops/providers/${params['id'] ?? ''}`);
const called = ({ provider, label }: ProviderAccountRow): string => `${provider} (${label})`;

const STATES = ['open', 'closed', 'automatic'] as const;
const BREAKER: Readonly<
  Record<(typeof STATES)[number], readonly [title: string, text: string, said: string]>
> = {
  open: [
    'Keep the breaker open?',
    'No call goes to this provider until somebody decides otherwise: payments that name it are refused, and routing passes it over. What is under way waits.',
    'The breaker is kept open.',
  ],
  closed: [
    'Keep the breaker closed?',
    'Calls go out however many fail, until somebody decides otherwise.',
    'The breaker is kept closed.',
  ],
  automatic: [
    'Leave the breaker to itself?',
    'It opens when calls fail and closes when they are answered again.',
    'The breaker is left to itself.',
  ],
};

function breaker({ pool, logger, finder }: OpsDependencies, find: Find): OpsAction {
  const stateIn = ({ query }: Visit) => {
    const state = STATES.find((one) => one === query.get('state'));
    if (state === undefined) throw notFound('state of the breaker');
    return state;
  };
  return {
    path: '/ops/providers/:id/breaker',
    role: 'operator',
    async ask(visit) {
      const state = stateIn(visit);
      const { row } = await find(visit);
      const [title, text] = BREAKER[state];
      return {
        title,
        text: about(text, [['Account', called(row)]]),
        button: { label: title.replace('?', ''), isDanger: state === 'open' },
        back: back(visit),
      };
    },
    async run(visit, { reason }) {
      requireReason(reason);
      const state = stateIn(visit);
      const { row, owner } = await find(visit);
      const forced = state === 'automatic' ? null : { state, reason: `${visit.operator.name}: ${reason}` };
      if (!(await forceBreaker(pool, owner, row.id, forced, noteOf(visit, reason, { state }))))
        throw notFound('provider account');
      finder.forget(row.id);
      logger.warn(
        { provider_account: row.id, state, operator: visit.operator.name },
        'the circuit breaker of an account was set',
      );
      return { tone: 'good', said: BREAKER[state][2], href: back(visit) };
    },
  };
}

function register(dependencies: OpsDependencies, find: Find): OpsAction {
  const registrar = createWebhookRegistrar(dependencies);
  return {
    path: '/ops/providers/:id/webhook',
    role: 'operator',
    async ask(visit) {
      const { row, connector } = await find(visit);
      if (connector?.registerWebhook === undefined) throw notFound('call that registers webhooks');
      const { url } = await registrar.open(row, row.id);
      return {
        title: 'Register the webhook at the provider?',
        text: about(
          'The provider is told where to send webhooks. A registration that is there already is brought up to date.',
          [
            ['Account', called(row)],
            ['Address', html`<span class="mono">${url}</span>`],
          ],
        ),
        button: { label: 'Register it', isDanger: false },
        back: back(visit),
      };
    },
    async run(visit, { reason }) {
      requireReason(reason);
      const { row, owner } = await find(visit);
      const opened = await registrar.open(owner, row.id);
      const registered = await registrar.register(owner, opened, (details) => noteOf(visit, reason, details));
      if (registered === null) throw notFound('call that registers webhooks');
      return { tone: 'good', said: 'The webhook is registered.', href: back(visit) };
    },
  };
}

/** Secrets travel in this form only: neither addresses nor answers nor the trail have them. */
function rotate(dependencies: OpsDependencies, find: Find): OpsAction {
  const rotateFor = createRotator(dependencies);
  const fieldOf = (name: string): string => `credential_${name}`;
  return {
    path: '/ops/providers/:id/rotate',
    role: 'admin',
    async ask(visit) {
      const { row, connector } = await find(visit);
      if (connector === undefined) throw notFound('provider account');
      return {
        title: `Rotate the credentials of ${called(row)}?`,
        text: about(
          'Calls use the new ones at once. Webhooks that are proved with the old ones are believed for the overlap. What is left empty stays as it is.',
          [['Account', called(row)]],
        ),
        fields: [
          ...credentialFields(connector).map(({ name, description }) => ({
            name: fieldOf(name),
            label: name,
            type: 'password' as const,
            hint: description,
            autocomplete: 'new-password',
            maxlength: 5_000,
          })),
          {
            name: 'overlap_h',
            label: 'Overlap in hours',
            type: 'number' as const,
            value: '24',
            hint: `0 to ${OVERLAP_HOURS_MAX}`,
          },
        ],
        button: { label: 'Rotate them', isDanger: true },
        back: back(visit),
      };
    },
    async run(visit, { reason, form }) {
      requireReason(reason);
      const { row, owner, connector } = await find(visit);
      if (connector === undefined) throw notFound('provider account');
      const given = credentialFields(connector).flatMap(({ name }) => {
        const value = (form.get(fieldOf(name)) ?? '').trim();
        return value === '' ? [] : [[name, value] as const];
      });
      const body = { credentials: Object.fromEntries(given), overlap_s: overlapIn(form) };
      try {
        await rotateFor(owner, row.id, body, null, (details) => noteOf(visit, reason, details));
      } catch (error) {
        if (!(error instanceof Problem) || error.errors === undefined) throw error;
        throw invalidFields(
          error.errors.map((one) => ({
            ...one,
            pointer: one.pointer.replace('/credentials/', '/credential_'),
          })),
        );
      }
      dependencies.finder.forget(row.id);
      return { tone: 'good', said: 'The credentials are rotated.', href: back(visit) };
    },
  };
}

function overlapIn(form: URLSearchParams): number {
  const text = (form.get('overlap_h') ?? '').trim();
  const hours = /^\d{1,3}$/.test(text) ? Number(text) : NaN;
  if (hours <= OVERLAP_HOURS_MAX) return hours * HOUR_S;
  const expected = `a number of hours from 0 to ${OVERLAP_HOURS_MAX}`;
  throw invalidFields([
    { pointer: '/overlap_h', code: 'out_of_range', detail: `must be ${expected}`, expected },
  ]);
}

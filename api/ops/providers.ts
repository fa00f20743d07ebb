/** Provider accounts: how they stand, and the page of each. */
import { accountsAcross, callBuckets } from '../../db/ops-providers.ts';
import { findProviderAccount } from '../../db/provider-accounts.ts';
import { findMerchant } from '../../db/merchants.ts';
import { html } from '../../pages/html.ts';
import { badge, card, emptyState, table } from '../../pages/look/components.ts';
import { live } from '../../pages/ops/frame.ts';
import {
  accountActions,
  accountLive,
  accountSetup,
  breakerState,
  type AccountView,
} from '../../pages/ops/provider.ts';
import { credentialNames, openCredentials } from '../account-credentials.ts';
import type { ApiDependencies } from '../dependencies.ts';
import { webhookUrl } from '../present-account.ts';
import { notFound } from '../problem.ts';
import { mustOwn } from './acting.ts';
import type { OpsPart, View, Visit } from './page.ts';
import { providerActions } from './provider-actions.ts';
import { registrationsPage } from './registrations.ts';

export const providersPart: OpsPart = (dependencies) => ({
  pages: [
    {
      path: '/ops/providers',
      nav: 'Providers',
      show: (visit) => overview(dependencies, visit),
    },
    {
      path: '/ops/providers/:id',
      nav: null,
      async show(visit) {
        const view = await accountView(dependencies, visit);
        return {
          title: `${view.row.provider} (${view.row.label})`,
          topics: [`providers:${view.row.id}`],
          body: html`<p class="soft">
              <a href="${visit.href('/ops/providers')}">All providers</a> ·
              <span class="mono">${view.row.id}</span>
            </p>
            ${accountActions(view)} ${live('account', accountLive(view))} ${accountSetup(view)}`,
        };
      },
    },
    registrationsPage(dependencies),
  ],
  actions: providerActions(dependencies),
});

async function overview({ pool }: ApiDependencies, { scope, href }: Visit): Promise<View> {
  const rows = await accountsAcross(pool, scope);
  const columns = [
    { title: 'Account' },
    { title: 'Breaker' },
    { title: 'Paid of ended, last hour', isNumber: true },
    { title: 'Calls', isNumber: true },
    { title: 'Failed', isNumber: true },
    { title: '95 of 100', isNumber: true },
    { title: 'Webhook' },
    { title: 'Merchant' },
  ];
  const body =
    rows.length === 0
      ? card(
          emptyState(
            'No provider accounts',
            'Link one with POST /v1/provider_accounts, or choose another merchant or the other mode.',
          ),
        )
      : card(
          table(
            'Provider accounts',
            columns,
            rows.map((row) => {
              const all = Object.values(row.performance);
              const sum = (of: (one: (typeof all)[number]) => number): number =>
                all.reduce((total, one) => total + of(one), 0);
              const slow = Math.max(0, ...all.map(({ calls }) => calls.p95_ms ?? 0));
              const ended = sum(({ payments }) => payments.ended);
              const paid = sum(({ payments }) => payments.paid);
              return [
                html`<a href="${href(`/ops/providers/${row.id}`)}">${row.provider} (${row.label})</a>`,
                breakerState(row),
                ended === 0 ? '–' : `${((100 * paid) / ended).toFixed(1)} %`,
                String(sum(({ calls }) => calls.count)),
                String(sum(({ calls }) => calls.failed)),
                slow === 0 ? '–' : `${slow} ms`,
                row.webhook_id === null ? '–' : badge('registered', 'good'),
                row.merchant,
              ];
            }),
          ),
        );
  return { title: 'Providers', topics: ['providers'], body: live('providers', body) };
}

async function accountView(dependencies: ApiDependencies, visit: Visit): Promise<AccountView> {
  const { pool, sealer, connectors, publicUrl } = dependencies;
  const owner = await mustOwn(dependencies, visit, 'pacc');
  const row = await findProviderAccount(pool, owner, visit.params['id'] ?? '');
  if (row === null) throw notFound('provider account');
  const connector = connectors.find(({ manifest }) => manifest.provider === row.provider);
  const [merchant, buckets] = await Promise.all([
    findMerchant(pool, owner.merchant_id),
    callBuckets(pool, row.id),
  ]);
  const byCall = connector?.registerWebhook !== undefined;
  const url = webhookUrl(publicUrl, row);
  const to = (role: 'operator' | 'admin', what: string, more = {}): string | null =>
    visit.may(role) ? visit.href(`/ops/providers/${row.id}/${what}`, more) : null;
  const breaker = (state: string): string | null =>
    (row.forced?.state ?? 'automatic') === state ? null : to('operator', 'breaker', { state });
  return {
    row,
    merchant: merchant.name,
    buckets,
    credentials: credentialNames(connector, () => openCredentials(sealer, row)),
    webhooks: { url, byCall, steps: connector?.webhookSetup?.(url).steps ?? [] },
    links: {
      open: breaker('open'),
      closed: breaker('closed'),
      automatic: breaker('automatic'),
      reconcile: to('operator', 'reconcile'),
      upload: to('operator', 'settlement-file'),
      register: byCall ? to('operator', 'webhook') : null,
      registrations: connector?.findWebhooks === undefined ? null : to('operator', 'registrations'),
      rotate: connector === undefined ? null : to('admin', 'rotate'),
    },
  };
}

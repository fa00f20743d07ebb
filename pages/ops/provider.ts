/** Provider accounts: how each stands, and how the calls of one have gone. */
import type { CallBucket } from '../../db/ops-providers.ts';
import type { ProviderAccountRow } from '../../db/provider-accounts.ts';
import type { ServicePerformance } from '../../db/service-performance.ts';
import { html, type Html } from '../html.ts';
import { badge, buttonLink, card, facts, notice, table } from '../look/components.ts';
import { moment } from './frame.ts';
import { words } from './statuses.ts';

/** What is decided by a person, or else what the workers say. */
export function breakerState({ forced, health, enabled }: ProviderAccountRow): Html {
  if (!enabled) return badge('disabled');
  if (forced !== null)
    return badge(
      forced.state === 'open' ? 'kept open: no calls' : 'kept closed: all calls',
      forced.state === 'open' ? 'bad' : 'busy',
    );
  if (health === null) return badge('healthy', 'good');
  switch (health.state) {
    case 'closed':
      return badge('healthy', 'good');
    case 'half_open':
      return badge('trying again', 'busy');
    case 'open':
      return badge('open: calls are refused', 'bad');
  }
}

export function performanceTable(
  provider: string,
  performance: Readonly<Record<string, ServicePerformance>>,
): Html {
  const rows = Object.entries(performance);
  if (rows.length === 0) return html`<p class="soft">Nothing was measured in the last hour.</p>`;
  const number = (title: string) => ({ title, isNumber: true });
  return table(
    'The last hour by payment service',
    [
      { title: 'Service' },
      number('Asked for'),
      number('Accepted'),
      number('Paid of ended'),
      number('Open'),
      number('Calls'),
      number('Failed calls'),
      number('Median'),
      number('95 of 100'),
      { title: 'Failures' },
    ],
    rows.map(([method, { payments, calls, failures }]) => [
      `${provider}.${method}`,
      String(payments.requested),
      share(payments.created, payments.requested),
      share(payments.paid, payments.ended),
      String(payments.open),
      String(calls.count),
      share(calls.failed, calls.count),
      took(calls.p50_ms),
      took(calls.p95_ms),
      Object.entries(failures)
        .map(([kind, count]) => `${words(kind)} ${count}`)
        .join(', ') || '–',
    ]),
  );
}

const share = (part: number, whole: number): string =>
  whole === 0 ? '–' : `${((100 * part) / whole).toFixed(1)} %`;
const took = (ms: number | null): string => (ms === null ? '–' : `${ms} ms`);

export interface AccountView {
  readonly row: ProviderAccountRow;
  readonly merchant: string;
  readonly buckets: readonly CallBucket[];
  readonly credentials: { readonly set: readonly string[]; readonly unset: readonly string[] } | null;
  readonly webhooks: {
    readonly url: string;
    /** How the provider learns of it: by a call, or by a person. */
    readonly byCall: boolean;
    readonly steps: readonly string[];
  };
  /** Null: it cannot be done, or the operator may not. */
  readonly links: Readonly<
    Record<
      'open' | 'closed' | 'automatic' | 'rotate' | 'register' | 'registrations' | 'reconcile' | 'upload',
      string | null
    >
  >;
}

/** What changes by itself. */
export function accountLive({ row, merchant, buckets }: AccountView): Html {
  const { forced, health } = row;
  return html`${
    forced &&
    notice('busy', {
      title: `A person keeps the breaker ${forced.state}`,
      text: html`“${forced.reason}”, since ${moment(forced.since)}`,
    })
  }
  ${card(
    facts([
      { term: 'Breaker', text: breakerState(row) },
      { term: 'Since', text: moment(forced?.since ?? health?.since ?? null) },
      { term: 'Next call let through', text: moment(health?.retry_at ?? null) },
      { term: 'Merchant', text: merchant },
      { term: 'Address', text: html`<span class="mono">${row.base_url}</span>` },
      { term: 'Linked', text: moment(row.created_at) },
      { term: 'Credentials rotated', text: moment(row.rotated_at) },
      {
        term: 'Earlier credentials count until',
        text:
          row.previous_until.length === 0
            ? '–'
            : row.previous_until.map((one) => one.slice(0, 19)).join(', '),
      },
    ]),
  )}
  ${card(
    html`<h2>Calls of the last two hours</h2>
      ${charts(buckets)}`,
  )}
  ${card(
    html`<h2>Services</h2>
      ${performanceTable(row.provider, row.performance)}`,
  )}`;
}

export function accountActions({ links }: AccountView): Html {
  const entries: readonly (readonly [string, string | null])[] = [
    ['Keep the breaker open', links.open],
    ['Keep it closed', links.closed],
    ['Leave it to itself', links.automatic],
    ['Start a reconciliation run', links.reconcile],
    ['Send a settlement file', links.upload],
    ['See what is registered', links.registrations],
    ['Register the webhook', links.register],
    ['Rotate credentials', links.rotate],
  ];
  return html`<div class="buttons actions">
    ${entries.flatMap(([label, href]) => (href === null ? [] : [buttonLink('plain', label, href)]))}
  </div>`;
}

export function accountSetup({ credentials, webhooks, row }: AccountView): Html {
  return html`<div class="columns">
    ${card(
      html`<h2>Webhooks</h2>
        ${facts([
          { term: 'They go to', text: html`<span class="mono">${webhooks.url}</span>` },
          {
            term: 'Registered',
            text:
              row.webhook_id === null
                ? webhooks.byCall
                  ? 'not by Sarraf'
                  : 'by a person'
                : html`<span class="mono">${row.webhook_id}</span>`,
          },
        ])}
        ${
          webhooks.steps.length === 0
            ? null
            : html`<ol>
                ${webhooks.steps.map((step) => html`<li>${step}</li>`)}
              </ol>`
        }`,
    )}
    ${card(
      html`<h2>Credentials</h2>
        ${
          credentials === null
            ? notice('bad', { text: 'They cannot be decrypted: rotate them, giving all of them.' })
            : facts([
                { term: 'Set', text: credentials.set.join(', ') || 'none' },
                { term: 'Not set', text: credentials.unset.join(', ') || 'none' },
              ])
        }
        <p class="soft small">Their values are never shown.</p>`,
    )}
  </div>`;
}

/** Two charts with the same times below each other, and the numbers for those who do not see them. */
function charts(buckets: readonly CallBucket[]): Html {
  if (buckets.every(({ calls }) => calls === 0)) return html`<p class="soft">There were none.</p>`;
  const most = Math.max(...buckets.map(({ calls }) => calls));
  const slowest = Math.max(1, ...buckets.map(({ p95_ms }) => p95_ms ?? 0));
  const bar = (index: number, part: number, kind: string): Html => {
    const height = Math.round(part * 100);
    return html`<rect
      class="${kind}"
      x="${String(index * 10 + 1)}"
      y="${String(100 - height)}"
      width="8"
      height="${String(height)}"
    />`;
  };
  const chart = (label: string, bars: readonly Html[]): Html =>
    html`<svg
      class="spark"
      role="img"
      aria-label="${label}"
      viewBox="${`0 0 ${buckets.length * 10} 100`}"
      preserveAspectRatio="none"
    >
      ${bars}
    </svg>`;
  const [first, last] = [buckets[0], buckets.at(-1)];
  const scale = html`<p class="scale">
    <span>${first?.at.slice(11, 16) ?? ''}</span><span>${last?.at.slice(11, 16) ?? ''} UTC</span>
  </p>`;
  return html`<h3>Calls and failed calls, ${String(most)} at most</h3>
    ${chart(
      `Calls in stretches of five minutes, ${most} at most`,
      buckets.flatMap(({ calls, failed }, index) => [
        bar(index, calls / most, 'calls'),
        bar(index, failed / most, 'failed'),
      ]),
    )}
    ${scale}
    <h3>How long 95 of 100 took, ${String(slowest)} ms at most</h3>
    ${chart(
      `How long 95 of 100 calls took, ${slowest} milliseconds at most`,
      buckets.map(({ p95_ms }, index) => bar(index, (p95_ms ?? 0) / slowest, 'time')),
    )}
    ${scale}
    <details id="call-numbers">
      <summary>The same in numbers</summary>
      ${table(
        'Calls by five minutes',
        [
          { title: 'From' },
          { title: 'Calls', isNumber: true },
          { title: 'Failed', isNumber: true },
          { title: 'Median', isNumber: true },
          { title: '95 of 100', isNumber: true },
        ],
        buckets
          .filter(({ calls }) => calls > 0)
          .map(({ at, calls, failed, p50_ms, p95_ms }) => [
            moment(at),
            String(calls),
            String(failed),
            took(p50_ms),
            took(p95_ms),
          ]),
      )}
    </details>`;
}

/** The first operations page. Every chart has the same figures as a table beside it. */
import type { MoneyOfDay, ServiceRate } from '../../db/ops-overview.ts';
import { html, type Html } from '../html.ts';
import { amount, badge, card, emptyState, notice, table } from '../look/components.ts';
import { live } from './frame.ts';

export interface Need {
  /** How many, in figures; null: it is not a number of things, but one that is broken. */
  readonly count: string | null;
  readonly text: string;
  readonly href: string | null;
}

export interface OverviewView {
  readonly days: readonly string[];
  readonly money: readonly MoneyOfDay[];
  /** False: some of the days are being counted, and the page asks again. */
  readonly is_whole: boolean;
  readonly rates: readonly ServiceRate[];
  readonly needs: readonly Need[];
  readonly show: (minor: number, currency: string) => string;
  readonly ofDay: (currency: string, day: string) => string;
  readonly ofProvider: (provider: string) => string;
}

export function overviewBody(view: OverviewView): Html {
  const currencies = [...new Set(view.money.map(({ currency }) => currency))];
  const charts =
    currencies.length === 0
      ? card(
          html`<h2>Money in</h2>
            ${emptyState('No money yet', `None has come in during the last ${view.days.length} days.`)}`,
        )
      : html`<div class="columns">${currencies.map((currency) => chartCard(view, currency))}</div>`;
  return live(
    'overview',
    html`${needsCard(view.needs)}
      ${view.is_whole ? null : html`<p class="soft" data-again>Some of these days are still being counted.</p>`}
      ${charts}
      <div class="stack">${ratesCard(view)}</div>`,
  );
}

function needsCard(needs: readonly Need[]): Html {
  if (needs.length === 0)
    return notice('good', {
      title: 'Nothing needs you',
      text: 'No open cases, nothing stuck, nothing failing.',
    });
  return card(
    html`<h2>What needs somebody</h2>
      <ul class="needs">
        ${needs.map(({ count, text, href }) => {
          const words = href === null ? html`${text}` : html`<a href="${href}">${text}</a>`;
          return html`<li>
            ${count === null ? badge('broken', 'bad') : html`<span class="count">${count}</span>`}
            <span>${words}</span>
          </li>`;
        })}
      </ul>`,
  );
}

const CHART = { width: 700, height: 190, gap: 8, least: 3 } as const;

function chartCard({ days, money, show, ofDay }: OverviewView, currency: string): Html {
  const rows = money.filter((row) => row.currency === currency);
  const sumOf = (day: string): { amount: number; transfers: number } => {
    const found = rows.filter((row) => row.day === day);
    return {
      amount: found.reduce((sum, row) => sum + row.amount, 0),
      transfers: found.reduce((sum, row) => sum + row.transfers, 0),
    };
  };
  const sums = days.map((day) => ({ day, ...sumOf(day) }));
  const most = Math.max(1, ...sums.map((sum) => sum.amount));
  const total = sums.reduce((sum, day) => sum + day.amount, 0);
  const step = CHART.width / days.length;
  const bars = sums.map(({ day, amount: minor, transfers }, index) => {
    const height =
      minor === 0 ? CHART.least : Math.max(CHART.least * 2, Math.round((minor / most) * CHART.height));
    const label = `${day}: ${show(minor, currency)} in ${transfers} transfers`;
    return html`<a href="${ofDay(currency, day)}" aria-label="${label}">
      <title>${label}</title>
      <rect
        class="ground"
        x="${String(Math.round(index * step))}"
        y="0"
        width="${String(Math.round(step))}"
        height="${String(CHART.height)}"
        fill="transparent"
      />
      <rect
        class="${minor === 0 ? 'none' : 'money'}"
        x="${String(Math.round(index * step + CHART.gap / 2))}"
        y="${String(CHART.height - height)}"
        width="${String(Math.round(step - CHART.gap))}"
        height="${String(height)}"
        rx="3"
      />
    </a>`;
  });
  return card(
    html`<h2>Money in, ${currency}</h2>
      <p>
        ${amount(show(total, currency), 'inline')} <span class="soft">in ${String(days.length)} days</span>
      </p>
      <svg
        class="chart"
        viewBox="${`0 0 ${CHART.width} ${CHART.height}`}"
        preserveAspectRatio="none"
        role="group"
        aria-label="${`Money in by day, ${currency}`}"
      >
        ${bars}
      </svg>
      <div class="chart-days" aria-hidden="true">
        <span>${days[0] ?? ''}</span><span>${days.at(-1) ?? ''}</span>
      </div>
      <details id="${`table-${currency}`}">
        <summary>By day and provider</summary>
        ${table(
          `Money in, ${currency}, by day and provider`,
          [
            { title: 'Day' },
            { title: 'Provider' },
            { title: 'Transfers', isNumber: true },
            { title: 'Amount', isNumber: true },
          ],
          [...rows]
            .reverse()
            .map((row) => [row.day, row.provider, String(row.transfers), amount(show(row.amount, currency))]),
        )}
      </details>`,
  );
}

function ratesCard({ rates, ofProvider }: OverviewView): Html {
  if (rates.length === 0)
    return card(
      html`<h2>How providers do</h2>
        ${emptyState('No payments today', 'Success rates and times appear with the first payments of the last 24 hours.')}`,
    );
  return card(
    table(
      'How providers did in the last 24 hours',
      [
        { title: 'Service' },
        { title: 'Asked for', isNumber: true },
        { title: 'Ended', isNumber: true },
        { title: 'Success', isNumber: true },
        { title: 'Usually paid after', isNumber: true },
        { title: '95 of 100 paid within', isNumber: true },
      ],
      rates.map(({ provider, method, requested, ended, paid, p50_s, p95_s }) => [
        html`<a href="${ofProvider(provider)}">${`${provider}.${method}`}</a>`,
        String(requested),
        String(ended),
        ended === 0 ? '–' : successBadge(paid / ended),
        duration(p50_s),
        duration(p95_s),
      ]),
    ),
  );
}

function successBadge(rate: number): Html {
  return badge(
    `${(rate * 100).toFixed(rate === 1 ? 0 : 1)} %`,
    rate >= 0.9 ? 'good' : rate >= 0.6 ? 'busy' : 'bad',
  );
}

/** Seconds as people say them. */
function duration(seconds: number | null): string {
  if (seconds === null) return '–';
  if (seconds < 90) return `${Math.max(0, Math.round(seconds))} s`;
  return seconds < 5_400 ? `${Math.round(seconds / 60)} min` : `${(seconds / 3600).toFixed(1)} h`;
}

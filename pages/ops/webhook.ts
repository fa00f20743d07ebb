/** One webhook that a provider has sent, or that somebody has pretended to be. */
import type { RefusedWebhookRow } from '../../db/refused-webhooks.ts';
import type { WebhookDetail, WebhookState } from '../../db/ops-webhooks.ts';
import { html, type Html } from '../html.ts';
import { badge, buttonLink, card, facts, notice, table } from '../look/components.ts';
import { live, moment } from './frame.ts';
import { jsonGrid } from './json-grid.ts';
import { refusalSteps } from './refusal-steps.ts';
import { words } from './statuses.ts';

export function webhookState(state: WebhookState): Html {
  if (state === 'ignored') return badge(state);
  return badge(state, state === 'processed' ? 'good' : state === 'dead' ? 'bad' : 'busy');
}

interface Links {
  readonly list: string;
  readonly account: string;
  readonly invoice: string | null;
  /** Null: it cannot be done, or the operator may not. */
  readonly drive: string | null;
  readonly dead: string | null;
}

export function webhookBody(
  row: WebhookDetail,
  { value, raw }: { readonly value: unknown; readonly raw: string },
  { list, account, invoice, drive, dead }: Links,
): Html {
  const standing = html`<div class="buttons actions">
      ${drive && buttonLink('plain', 'Drive it again', drive)}
      ${dead && buttonLink('danger', 'Mark it dead', dead)}
    </div>
    ${card(
      facts([
        { term: 'State', text: html`${webhookState(row.state)} ${row.reason ?? ''}` },
        { term: 'Verdict', text: 'its proof held when it came' },
        { term: 'Received', text: moment(row.received_at) },
        { term: 'Ended', text: moment(row.processed_at) },
        { term: 'Times sent', text: String(row.copies) },
        { term: 'Account', text: html`<a href="${account}">${row.provider} (${row.label})</a>` },
        { term: 'Merchant', text: row.merchant },
        { term: 'Event', text: html`<span class="mono">${row.event_key}</span>` },
        {
          term: 'Invoice',
          text:
            invoice === null
              ? 'not known'
              : html`<a class="mono" href="${invoice}">${row.invoice_id ?? ''}</a>`,
        },
        { term: 'Payment', text: html`<span class="mono">${row.payment_id ?? 'not known'}</span>` },
        { term: 'Provider’s id', text: html`<span class="mono">${row.provider_payment_id ?? '–'}</span>` },
      ]),
    )}`;
  const content =
    row.erased_at === null
      ? jsonGrid('body', 'What it says', value, raw)
      : notice('info', {
          title: 'Its content is gone',
          text: 'It was kept for as long as it may be, or the customer’s data was erased.',
        });
  return html`<p class="soft"><a href="${list}">All webhooks</a> · <span class="mono">${row.id}</span></p>
    ${live('webhook', standing)}
    ${card(
      html`<h2>What it says</h2>
        ${content}`,
    )}
    ${card(
      html`<h2>Headers</h2>
        <p class="soft small">Signatures and secrets are not kept.</p>
        ${facts(Object.entries(row.headers).map(([term, text]) => ({ term, text })))}`,
    )}`;
}

export function refusedBody(
  row: RefusedWebhookRow,
  { list, account }: { readonly list: string; readonly account: string },
): Html {
  return html`<p class="soft">
      <a href="${list}">All refused webhooks</a> · <span class="mono">${row.id}</span>
    </p>
    ${card(
      html`<h2>${`Refused: ${words(row.reason)}`}</h2>
        ${refusalSteps(row.reason)}`,
    )}
    ${card(
      html`<h2>What it looked like</h2>
        ${facts([
          { term: 'Received', text: moment(row.received_at) },
          { term: 'Account', text: html`<a href="${account}">${row.provider} (${row.label})</a>` },
          { term: 'From', text: row.address ?? 'not known' },
          { term: 'Calls itself', text: row.user_agent ?? '–' },
          { term: 'Content type', text: row.content_type ?? '–' },
          { term: 'Bytes', text: String(row.size) },
          {
            term: 'SHA-256 of the body',
            text: html`<span class="mono">${row.body_sha256.toString('hex')}</span>`,
          },
          { term: 'Headers it had', text: html`<span class="mono">${row.header_names.join(', ')}</span>` },
          { term: 'Others before it', text: `${row.not_kept} that were counted only` },
        ])}
        <p class="soft small">
          Nobody has vouched for its body, so it is not kept; the hash tells whether it is one that you have.
        </p>`,
    )}`;
}

/** What this process has refused since it started, by provider and reason. */
export function refusalCounts(counts: Readonly<Record<string, number>>): Html | null {
  const rows = Object.entries(counts).sort(([, one], [, other]) => other - one);
  if (rows.length === 0) return null;
  return card(
    table(
      'Refused since this process started',
      [{ title: 'Provider' }, { title: 'Verdict' }, { title: 'Count', isNumber: true }],
      rows.map(([name, count]) => {
        const [provider = '', reason = ''] = name.split('.');
        return [provider, words(reason), String(count)];
      }),
    ),
  );
}

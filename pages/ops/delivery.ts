/** Webhooks that merchants are sent, and the endpoints that take them. */
import type { AttemptRow, DeliveryRow, DeliveryStatus } from '../../db/delivery-list.ts';
import type { EndpointLine } from '../../db/ops-deliveries.ts';
import { html, type Html } from '../html.ts';
import { badge, buttonLink, card, facts, table } from '../look/components.ts';
import { live, moment } from './frame.ts';
import { jsonGrid } from './json-grid.ts';
import { words } from './statuses.ts';

export function deliveryState(status: DeliveryStatus): Html {
  return badge(
    status === 'exhausted' ? 'given up' : status === 'pending' ? 'waits' : status,
    status === 'delivered' ? 'good' : status === 'pending' ? 'busy' : 'bad',
  );
}

type ShownEndpoint = EndpointLine & { readonly href: string; readonly resend: string | null };

/** The endpoints with what waits for them; nothing where there are none. */
export function endpointsTable(rows: readonly ShownEndpoint[]): Html | null {
  if (rows.length === 0) return null;
  const columns = [
    { title: 'Endpoint' },
    { title: 'Merchant' },
    { title: 'State' },
    { title: 'Waiting', isNumber: true },
    { title: 'Given up', isNumber: true },
    { title: 'What can be done' },
  ];
  const body = table(
    'Endpoints',
    columns,
    rows.map((row) => [
      html`<a class="mono" href="${row.href}">${row.url}</a>`,
      row.merchant,
      endpointState(row),
      atMost(row.waiting),
      atMost(row.exhausted),
      row.resend === null
        ? '–'
        : html`<a class="button inline" href="${row.resend}"
            >Resend failed<span class="hidden"> to ${row.url}</span></a
          >`,
    ]),
  );
  return live('endpoints', card(body));
}

const atMost = (count: number): string => (count >= 1_000 ? '1,000 or more' : String(count));

function endpointState({ enabled, disabled_reason, failing_since }: EndpointLine): Html {
  if (!enabled) return badge(`disabled: ${words(disabled_reason ?? 'requested')}`, 'bad');
  return failing_since === null
    ? badge('takes them', 'good')
    : html`${badge('fails', 'bad')} <span class="soft small">since ${moment(failing_since)}</span>`;
}

interface OneDelivery {
  readonly row: DeliveryRow;
  readonly attempts: readonly AttemptRow[];
  readonly endpoint: EndpointLine | null;
  readonly data: unknown;
}

export function deliveryBody(
  { row, attempts, endpoint, data }: OneDelivery,
  links: {
    readonly list: string;
    readonly endpoint: string;
    readonly invoice: string | null;
    readonly resend: string | null;
  },
): Html {
  const tried =
    attempts.length === 0
      ? html`<p class="soft">Not tried yet.</p>`
      : table(
          'Attempts',
          [
            { title: '#', isNumber: true },
            { title: 'When' },
            { title: 'Answer' },
            { title: 'Took', isNumber: true },
            { title: 'What the endpoint said' },
          ],
          attempts.map(({ number, at, status, failure, duration_ms, response_body }) => [
            String(number),
            moment(at),
            failure ?? `HTTP ${String(status)}`,
            `${duration_ms} ms`,
            html`<span class="mono">${(response_body ?? '–').slice(0, 500)}</span>`,
          ]),
        );
  const standing = html`${card(
    facts([
      {
        term: 'Status',
        text: html`${deliveryState(row.status)} ${row.reason === null ? '' : words(row.reason)}`,
      },
      {
        term: 'Endpoint',
        text: html`<a class="mono" href="${links.endpoint}">${endpoint?.url ?? row.endpoint_id}</a>`,
      },
      { term: 'Merchant', text: endpoint?.merchant ?? '–' },
      { term: 'Event', text: html`${row.event_type} <span class="mono soft">${row.event_id}</span>` },
      {
        term: 'Invoice',
        text:
          links.invoice === null
            ? '–'
            : html`<a class="mono" href="${links.invoice}">${row.invoice_id ?? ''}</a>`,
      },
      { term: 'Next attempt', text: moment(row.next_attempt_at) },
      { term: 'Made', text: moment(row.created_at) },
      { term: 'Delivered', text: moment(row.delivered_at) },
    ]),
  )}${card(tried)}`;
  return html`<p class="soft">
      <a href="${links.list}">All deliveries</a> · <span class="mono">${row.id}</span>
    </p>
    ${links.resend && html`<div class="buttons actions">${buttonLink('plain', 'Send it again', links.resend)}</div>`}
    ${live('delivery', standing)}
    ${card(
      html`<h2>What the event tells</h2>
        ${jsonGrid('event', 'What the event tells', data, JSON.stringify(data, null, 2))}`,
    )}`;
}

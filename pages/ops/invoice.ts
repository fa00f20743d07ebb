/** The page of one invoice. */
import type { CaseRow } from '../../db/cases.ts';
import type { InvoiceRow } from '../../db/invoices.ts';
import type { StoryDelivery } from '../../db/ops-story.ts';
import type { PaymentRow } from '../../db/payments.ts';
import type { WorkflowFacts } from '../../temporal/inspect.ts';
import { html, type Html } from '../html.ts';
import { amount, badge, buttonLink, card, facts, notice, table, type Fact } from '../look/components.ts';
import { amountBar } from './amount-bar.ts';
import { comparedPart, type ComparedView } from './compared.ts';
import { live, moment } from './frame.ts';
import { statusBadge, words } from './statuses.ts';
import { timelineList, type Moment } from './timeline.ts';

export interface PaymentLine {
  readonly payment: PaymentRow;
  readonly actions: readonly { readonly kind: keyof typeof VERBS; readonly href: string }[];
}

export interface InvoiceView {
  readonly invoice: InvoiceRow;
  readonly show: (minor: number) => string;
  readonly payments: readonly PaymentLine[];
  readonly cases: readonly (CaseRow & {
    readonly links: readonly { readonly decision: string; readonly href: string }[];
  })[];
  readonly deliveries: readonly (StoryDelivery & { readonly resend: string | null })[];
  readonly moments: readonly Moment[];
  readonly workflow: WorkflowFacts | 'no_answer' | null;
  readonly temporal: string | null;
  readonly compared: ComparedView;
  readonly cancel: string | null;
  readonly list: string;
}

export function invoicePageBody(view: InvoiceView): Html {
  const parts = html`${casesPart(view)}
    <div class="columns">${standing(view)}${workflowPart(view)}</div>
    <div class="stack">
      ${comparedPart(view.compared)} ${card(paymentsPart(view))}${operationsPart(view)}${deliveriesPart(view)}
      ${card(
        html`<h2>Timeline</h2>
          <p class="soft small">The newest first. Times are UTC.</p>
          ${timelineList(view.moments)}`,
      )}
    </div>`;
  return html`<p class="soft">
      <a href="${view.list}">All invoices</a> · <span class="mono">${view.invoice.id}</span>
    </p>
    ${actionsPart(view)} ${live('invoice', parts)}`;
}

function actionsPart({ cancel }: InvoiceView): Html | null {
  return cancel === null
    ? null
    : html`<div class="buttons actions">${buttonLink('danger', 'Cancel the invoice', cancel)}</div>`;
}

function standing({ invoice, show }: InvoiceView): Html {
  const { customer } = invoice;
  const who = [customer.name, customer.phone, customer.email].filter((part) => part !== undefined).join(', ');
  const lines: Fact[] = [
    { term: 'Status on record', text: statusBadge(invoice.status) },
    { term: 'Due', text: moment(invoice.due_at) },
    { term: 'Made', text: moment(invoice.created_at) },
    { term: 'Customer', text: invoice.erased_at === null ? who || '–' : 'erased' },
    { term: 'Description', text: invoice.description ?? '–' },
    { term: 'Captured', text: invoice.capture_method === 'manual' ? 'by the merchant' : 'by itself' },
    { term: 'Late and excess money', text: `${words(invoice.late_money)}, ${words(invoice.excess_money)}` },
    ...(invoice.amount_late > 0 ? [{ term: 'Came late', text: amount(show(invoice.amount_late)) }] : []),
  ];
  const amounts = {
    due: invoice.amount,
    received: invoice.amount_received,
    refunded: invoice.amount_refunded,
    authorized: invoice.amount_authorized,
  };
  return card(
    html`<h2>How it stands</h2>
      ${amountBar(amounts, show)}${facts(lines)}`,
  );
}

function workflowPart({ workflow, temporal, invoice }: InvoiceView): Html {
  const link =
    temporal === null
      ? null
      : html`<p><a href="${temporal}" rel="noreferrer" target="_blank">Open it in the Temporal UI</a></p>`;
  const body = (): Html => {
    if (workflow === 'no_answer')
      return notice('bad', {
        title: 'The workflow engine does not answer',
        text: 'What is on record is right all the same.',
      });
    if (workflow === null)
      return html`<p class="soft">Nothing is kept of a workflow: all that happened is on record here.</p>`;
    const said = /^\*\*(\w+)\*\*/.exec(workflow.says ?? '')?.[1] ?? null;
    const differs = said !== null && said !== invoice.status;
    return html`${
      differs
        ? notice('bad', {
            title: 'The workflow says something else than the record',
            text: `It says ${words(said)}; on record is ${words(invoice.status)}. If this stays, check with the provider.`,
          })
        : null
    }
    ${facts([
      { term: 'Workflow', text: words(workflow.status.toLowerCase()) },
      { term: 'It says', text: said === null ? 'nothing: no worker has answered' : badge(words(said)) },
      {
        term: 'Under way',
        text:
          workflow.activities.length === 0 ? 'nothing' : workflow.activities.map(activityWords).join('; '),
      },
    ])}
    ${workflow.says === null ? null : html`<pre class="says soft">${workflow.says.replaceAll('**', '').replace(/\n\n/g, '\n')}</pre>`}`;
  };
  return card(
    html`<h2>What the workflow says now</h2>
      ${body()}${link}`,
  );
}

const activityWords = ({ name, attempt, failure }: WorkflowFacts['activities'][number]): string =>
  `${name}, attempt ${attempt}${failure === null ? '' : ` (${failure})`}`;

function casesPart({ cases, show }: InvoiceView): Html {
  const open = cases.filter(({ resolved_at }) => resolved_at === null);
  return html`${open.map(({ kind, currency, amount: minor, links }) =>
    notice('busy', {
      title: `A person has to decide: ${words(kind)}${currency === null ? '' : ` of ${show(minor)}`}`,
      text: html`<span class="buttons"
        >${links.map(({ decision, href }) => buttonLink('inline', words(decision), href))}</span
      >`,
    }),
  )}`;
}

function paymentsPart({ payments, show }: InvoiceView): Html {
  if (payments.length === 0)
    return html`<h2>Payments</h2>
      <p class="soft">None has been asked for yet.</p>`;
  const columns = [
    { title: 'Payment' },
    { title: 'Service' },
    { title: 'Status' },
    { title: 'Amount', isNumber: true },
    { title: 'Received', isNumber: true },
    { title: 'Provider’s id' },
    { title: 'What can be done' },
  ];
  return table(
    'Payments',
    columns,
    payments.map(({ payment, actions }) => [
      html`<span class="mono">${payment.id}</span>`,
      `${payment.provider}.${payment.method}`,
      html`${statusBadge(payment.status)}${payment.failure && html`<p class="soft small">${payment.failure.message}</p>`}`,
      amount(show(payment.amount)),
      amount(show(payment.amount_received)),
      html`<span class="mono">${payment.provider_payment_id ?? '–'}</span>`,
      actions.length === 0
        ? '–'
        : html`<span class="buttons"
            >${actions.map(({ kind, href }) => html`<a class="button inline" href="${href}">${VERBS[kind]}<span class="hidden"> ${payment.id}</span></a>`)}</span
          >`,
    ]),
  );
}

const VERBS = { capture: 'Capture', void: 'Void', refund: 'Refund', cancel: 'Cancel' } as const;

function operationsPart({ payments, show }: InvoiceView): Html | null {
  const rows = payments.flatMap(({ payment }) => payment.operations);
  if (rows.length === 0) return null;
  return card(
    table(
      'Captures, voids and refunds',
      [
        { title: 'What' },
        { title: 'Status' },
        { title: 'Amount', isNumber: true },
        { title: 'Asked for by' },
        { title: 'Reason' },
        { title: 'When' },
      ],
      rows.map((row) => [
        html`${VERBS[row.kind]} <span class="mono soft">${row.id}</span>`,
        badge(
          words(row.status),
          row.status === 'succeeded'
            ? 'good'
            : row.status === 'failed' || row.status === 'unknown'
              ? 'bad'
              : 'busy',
        ),
        row.amount === null ? 'all that is left' : amount(show(row.amount)),
        row.requested_by,
        row.failure?.message ?? row.reason ?? '–',
        moment(new Date(row.created_at).toISOString()),
      ]),
    ),
  );
}

function deliveriesPart({ deliveries }: InvoiceView): Html | null {
  if (deliveries.length === 0) return null;
  return card(
    table(
      'Told to the merchant',
      [
        { title: 'Event' },
        { title: 'Where' },
        { title: 'Status' },
        { title: 'Attempts', isNumber: true },
        { title: 'What can be done' },
      ],
      deliveries.map(({ event_type, url, status, attempts, resend, id }) => [
        event_type,
        html`<span class="mono">${url}</span>`,
        badge(words(status), status === 'delivered' ? 'good' : status === 'pending' ? 'busy' : 'bad'),
        String(attempts),
        resend === null
          ? '–'
          : html`<a class="button inline" href="${resend}">Send again<span class="hidden"> ${id}</span></a>`,
      ]),
    ),
  );
}

/** Everything that is known of an invoice as one list of moments, the newest first. */
import type { Story, StoryDelivery, StoryEvent, StoryExchange, StoryWebhook } from '../../db/ops-story.ts';
import type { Actor } from '../../domain/audit-trail.ts';
import type { InvoiceEvent } from '../../domain/events.ts';
import type { Moment } from '../../pages/ops/timeline.ts';
import { words } from '../../pages/ops/statuses.ts';
import type { WorkflowFacts } from '../../temporal/inspect.ts';
import { shown } from '../shown.ts';

interface Told {
  readonly created_at: string;
  readonly currency: string;
  readonly amount: number;
  readonly story: Story;
  /** Null: there is no workflow to ask, or it did not answer. */
  readonly workflow: WorkflowFacts | null;
}

/** By the real clock; what the invoice's own clock says of an event is said with it where the two differ. */
export function timeline({ created_at, currency, amount, story, workflow }: Told): Moment[] {
  const show = (minor: number): string => shown(minor, currency).display;
  const made: Moment = {
    at: created_at,
    kind: 'api',
    title: `Invoice of ${show(amount)} made`,
    text: story.created_by === null ? 'by an API key that is not known any more' : `by ${story.created_by}`,
    tone: null,
  };
  const moments = [
    made,
    ...story.events.map((event) => eventMoment(event, show)),
    ...story.exchanges.map(exchangeMoment),
    ...story.webhooks.flatMap(webhookMoments),
    ...story.deliveries.map(deliveryMoment),
    ...ledgerMoments(story, show),
    ...story.notes.map((note): Moment => ({
      at: note.created_at,
      kind: 'person',
      title: words(note.action.replace('.', ': ')),
      text: actorWords({ type: note.actor_type, id: note.actor_id }),
      tone: null,
    })),
    ...(workflow?.steps ?? []).map((step): Moment => ({
      at: step.at,
      kind: step.kind === 'timer_set' || step.kind === 'timer_fired' ? 'timer' : 'workflow',
      title:
        step.kind === 'timer_set'
          ? `Timer set: ${step.text}`
          : step.kind === 'timer_fired'
            ? `Timer fired: ${step.text}`
            : step.text,
      text: '',
      tone: null,
    })),
  ];
  return moments.sort((one, other) => (one.at < other.at ? 1 : one.at > other.at ? -1 : 0));
}

const CLOCKS_DIFFER_MS = 60_000;

function eventMoment({ event, at, recorded_at, actor }: StoryEvent, show: (minor: number) => string): Moment {
  const isShifted = Math.abs(Date.parse(at) - Date.parse(recorded_at)) > CLOCKS_DIFFER_MS;
  const details = [
    'amount' in event ? show(event.amount) : '',
    'failure' in event ? `${words(event.failure.kind)}: ${event.failure.message}` : '',
    'reason' in event && event.reason !== null ? `“${event.reason}”` : '',
    'decision' in event ? words(event.decision) : '',
    'source' in event ? `learnt by ${words(event.source)}` : '',
    actorWords(actor),
    isShifted ? `on the invoice’s clock ${at}` : '',
  ];
  return {
    at: recorded_at,
    kind: actor.type === 'person' ? 'person' : actor.type === 'api_key' ? 'api' : 'event',
    title: words(event.type.replace('.', ': ')),
    text: details.filter((part) => part !== '').join(' · '),
    tone: TONES[event.type] ?? null,
  };
}

const TONES: Partial<Record<InvoiceEvent['type'], Moment['tone']>> = {
  'money.received': 'good',
  'money.refunded': 'info',
  'payment.failed': 'bad',
  'payment.unknown': 'bad',
  'operation.failed': 'bad',
  'operation.unknown': 'bad',
  'case.opened': 'bad',
};

function actorWords({ type, id }: Actor): string {
  switch (type) {
    case 'api_key':
      return `by ${id ?? 'an API key'}`;
    case 'person':
      return `by ${id ?? 'a person'}`;
    case 'provider':
      return `told by ${id ?? 'the provider'}`;
    case 'operator':
      return 'by whoever runs the machine';
    case 'workflow':
      return id === 'sarraf' ? 'by itself' : `by ${id ?? 'itself'}`;
  }
}

function exchangeMoment(row: StoryExchange): Moment {
  const result = row.status === null ? (row.failure?.message ?? 'no answer') : `HTTP ${row.status}`;
  return {
    at: row.started_at,
    kind: 'provider',
    title: `${row.provider}: ${words(row.operation)}`,
    text: `${row.method} ${row.url} · ${result} · ${row.duration_ms} ms${row.attempt > 1 ? ` · attempt ${row.attempt}` : ''}`,
    tone: row.status === null || row.status >= 500 ? 'bad' : null,
  };
}

function webhookMoments(row: StoryWebhook): Moment[] {
  const copies = row.copies > 1 ? `${row.copies} copies` : '';
  const arrived: Moment = {
    at: row.received_at,
    kind: 'webhook',
    title: `${row.provider}: webhook received`,
    text: [row.id, copies].filter((part) => part !== '').join(' · '),
    tone: null,
  };
  if (row.processed_at === null) return [{ ...arrived, text: `${arrived.text} · waits`, tone: 'busy' }];
  return [
    arrived,
    {
      at: row.processed_at,
      kind: 'webhook',
      title: `${row.provider}: webhook ${row.state}`,
      text: [row.id, row.reason ?? ''].filter((part) => part !== '').join(' · '),
      tone: row.state === 'dead' ? 'bad' : null,
    },
  ];
}

function deliveryMoment(row: StoryDelivery): Moment {
  const { last } = row;
  const how = last === null ? 'not tried yet' : (last.failure ?? `HTTP ${String(last.status)}`);
  const next = row.next_attempt_at === null ? '' : ` · next attempt ${row.next_attempt_at}`;
  return {
    at: last?.at ?? row.created_at,
    kind: 'delivery',
    title: `${row.event_type} ${row.status === 'delivered' ? 'delivered' : row.status === 'pending' ? 'waits' : 'given up'}`,
    text: `${row.url} · ${how} · ${row.attempts === 1 ? '1 attempt' : `${row.attempts} attempts`}${next}`,
    tone: row.status === 'delivered' ? null : row.status === 'pending' ? 'busy' : 'bad',
  };
}

/** One moment for each transaction, with its entries. */
function ledgerMoments({ entries }: Story, show: (minor: number) => string): Moment[] {
  const keys = [...new Set(entries.map(({ transaction_key }) => transaction_key))];
  return keys.map((key) => {
    const lines = entries.filter((entry) => entry.transaction_key === key);
    return {
      at: lines[0]?.recorded_at ?? '',
      kind: 'ledger',
      title: 'Ledger entries',
      text: lines
        .map(
          ({ account, amount }) =>
            `${words(account)} ${amount < 0 ? 'credit' : 'debit'} ${show(Math.abs(amount))}`,
        )
        .join(' · '),
      tone: null,
    };
  });
}

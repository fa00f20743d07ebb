/** What must hold between the events of an invoice and the state and columns that follow from them. */
import { eventKey, type RecordedEvent } from '../domain/events.ts';
import { heldBy, receivedBy, refundedBy } from '../domain/operations.ts';
import { outgoingEvents } from '../domain/outgoing.ts';
import { reduce } from '../domain/reduce.ts';
import { newInvoice, type InvoiceState } from '../domain/state.ts';
import { amountsOf, invoiceStatus } from '../domain/status.ts';
import { canonical, differences } from './compare.ts';
import type {
  EventColumns,
  InvoiceColumns,
  InvoiceInvariant,
  InvoiceRecord,
  Violation,
} from './invariant.ts';

/** The event that a row stands for. */
export const recordedEvent = ({ type, data, at }: EventColumns): RecordedEvent =>
  ({ type, at, ...data }) as RecordedEvent;

/** The state before the first event, by the columns that the API wrote. */
export function stateAtFirst(row: InvoiceColumns): InvoiceState {
  const { id, merchant_id, currency, amount, due_at, capture_method, on_authorization_expiry, created_at } =
    row;
  const policies = { late: row.late_money, excess: row.excess_money };
  return newInvoice({
    id,
    merchant_id,
    currency,
    amount,
    due_at,
    capture_method,
    on_authorization_expiry,
    policies,
    created_at,
  });
}

const sequence: InvoiceInvariant = {
  id: 'event_sequence',
  title: 'The events of an invoice are numbered without gaps, their moments grow, and each has its own key',
  check: ({ row, events }) => {
    const found: Violation[] = [];
    const say = (message: string): void => void found.push({ about: row.id, message });
    events.forEach((event, index) => {
      const before = events[index - 1];
      if (event.sequence !== index + 1) say(`event ${index + 1} is missing; next is ${event.sequence}`);
      if (before && event.at <= before.at) say(`event ${event.sequence} is not later than the one before`);
      if (event.event_key !== eventKey(recordedEvent(event)))
        say(`event ${event.sequence} has the key ${event.event_key}`);
    });
    if (row.version !== events.length) say(`version ${row.version}, with ${events.length} events`);
    // A long gap would be told of once per event after it.
    return found.slice(0, 3);
  },
};

const fold: InvoiceInvariant = {
  id: 'state_is_fold',
  title: 'The state of an invoice is the fold of its events',
  check: ({ row, events }) => {
    const folded = events.map(recordedEvent).reduce(reduce, stateAtFirst(row));
    if (canonical(folded) === canonical(row.state)) return [];
    const names = Object.keys({ ...folded, ...row.state }) as (keyof InvoiceState)[];
    const wrong = names.filter((name) => canonical(folded[name]) !== canonical(row.state[name]));
    return [
      { about: row.id, message: `its state is not the fold of its events: ${wrong.join(', ')} differ` },
    ];
  },
};

const columns: InvoiceInvariant = {
  id: 'invoice_columns',
  title: 'The status and the amounts of an invoice are what its state says',
  check: ({ row }) => {
    const { received, late, authorized, refunded } = amountsOf(row.state);
    return differences(
      row.id,
      { ...row },
      {
        status: invoiceStatus(row.state),
        amount_received: received,
        amount_late: late,
        amount_authorized: authorized,
        amount_refunded: refunded,
      },
    );
  },
};

const authorization: InvoiceInvariant = {
  id: 'captures_within_authorization',
  title: 'Nothing is captured beyond what was authorized',
  check: ({ row }) =>
    row.state.payments
      .filter((payment) => payment.authorized_at !== null && receivedBy(payment) > payment.authorized)
      .map((payment) => ({
        about: payment.id,
        message: `${receivedBy(payment)} captured of ${payment.authorized} authorized (${heldBy(payment)} held)`,
      })),
};

const refunds: InvoiceInvariant = {
  id: 'refunds_within_receipts',
  title: 'Nothing goes back beyond what came',
  check: ({ row }) =>
    row.state.payments
      .filter((payment) => refundedBy(payment) > receivedBy(payment))
      .map((payment) => ({
        about: payment.id,
        message: `${refundedBy(payment)} refunded of ${receivedBy(payment)} received`,
      })),
};

const outgoing: InvoiceInvariant = {
  id: 'outgoing_events',
  title: 'The merchant is told of each change once, in order, and of nothing else',
  check: (invoice) => {
    const { row, outgoing: told } = invoice;
    const due = expectedOutgoing(invoice);
    const recorded = new Map(told.map((event) => [place(event), event]));
    const expected = new Map(due.map((event) => [place(event), event]));
    const missing = due.filter((event) => !recorded.has(place(event)));
    const surplus = told.filter((event) => !expected.has(place(event)));
    const other = due.flatMap((event) => {
      const found = recorded.get(place(event));
      if (!found || canonical(found) === canonical(event)) return [];
      return [`${place(event)} is ${found.type} and not ${event.type} as the events have it`];
    });
    return [
      ...missing.map((event) => `${event.type} is missing at ${place(event)}`),
      ...surplus.map((event) => `${event.type} at ${place(event)} is about no change`),
      ...other,
    ].map((message) => ({ about: row.id, message }));
  },
};

const place = ({ sequence: at, line }: { sequence: number; line: number }): string => `${at}/${line}`;

/** Commit by commit, as it was told at the time: a merchant learns of a commit, not of its single events. */
function expectedOutgoing({ row, events }: InvoiceRecord): InvoiceRecord['outgoing'] {
  let before = stateAtFirst(row);
  const expected: InvoiceRecord['outgoing'][number][] = [];
  for (const commit of commits(events)) {
    const recorded = commit.map(recordedEvent);
    const after = recorded.reduce(reduce, before);
    const told = outgoingEvents(before, after, recorded);
    told.forEach(({ type, payment_id, ...data }, index) => {
      // As jsonb keeps it: without fields that are undefined.
      const kept = JSON.parse(JSON.stringify(data)) as object;
      expected.push({
        sequence: commit.at(-1)?.sequence ?? 0,
        line: index + 1,
        type,
        payment_id,
        data: kept,
      });
    });
    before = after;
  }
  return expected;
}

function commits(events: readonly EventColumns[]): EventColumns[][] {
  const groups: EventColumns[][] = [];
  for (const event of events) {
    const last = groups.at(-1);
    if (last && last[0]?.commit === event.commit) last.push(event);
    else groups.push([event]);
  }
  return groups;
}

export const EVENT_INVARIANTS: readonly InvoiceInvariant[] = [
  sequence,
  fold,
  columns,
  authorization,
  refunds,
  outgoing,
];

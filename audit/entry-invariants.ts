/** What must hold between the events of an invoice and the entries that the audit trail has of them. */
import { actorOf, INVOICE_CREATED, objectOf, type Actor } from '../domain/audit-trail.ts';
import { differences } from './compare.ts';
import { recordedEvent } from './event-invariants.ts';
import type { EntryColumns, InvoiceInvariant, InvoiceRecord, Violation } from './invariant.ts';

type Told = Omit<EntryColumns, 'id' | 'event_sequence'>;

export const entries: InvoiceInvariant = {
  id: 'audit_entries',
  title: 'The audit trail tells of each sealed event once, and as it was',
  check: (invoice) => {
    const told = new Map(invoice.entries.map((entry) => [entry.event_sequence, entry]));
    const last = Math.max(invoice.row.sealed_to ?? -1, ...told.keys());
    const found: Violation[] = [];
    for (let sequence = 0; sequence <= last; sequence += 1) {
      const [entry, due] = [told.get(sequence), dueAt(invoice, sequence)];
      const about = `${invoice.row.id} event ${sequence}`;
      if (!entry) found.push({ about, message: 'the audit trail does not tell of it' });
      else if (!due) found.push({ about: entry.id, message: 'it tells of an event that there is not' });
      else found.push(...differences(entry.id, { ...entry }, { ...due }));
    }
    return found;
  },
};

function dueAt(invoice: InvoiceRecord, sequence: number): Told | null {
  const { row, events, payments, operations } = invoice;
  const { id, merchant_id, mode } = row;
  if (sequence === 0)
    return told(
      { type: 'api_key', id: row.created_by },
      { merchant_id, mode, action: INVOICE_CREATED, object_id: id },
    );
  const recorded = events.find((one) => one.sequence === sequence);
  if (!recorded) return null;
  const event = recordedEvent(recorded);
  const payment = payments.find((one) => 'payment_id' in event && one.id === event.payment_id);
  const operation = operations.find((one) => 'operation_id' in event && one.id === event.operation_id);
  const actor = actorOf(event, {
    provider: payment?.provider ?? null,
    payment_by: payment?.requested_by ?? null,
    operation_by: operation?.requested_by ?? null,
  });
  return told(actor, { merchant_id, mode, action: event.type, object_id: objectOf(event, id) });
}

const told = ({ type, id }: Actor, rest: Omit<Told, 'actor_type' | 'actor_id'>): Told => ({
  ...rest,
  actor_type: type,
  actor_id: id,
});

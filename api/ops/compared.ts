/** An invoice as our record, its workflow and its providers have it, side by side. */
import type { InvoiceRow } from '../../db/invoices.ts';
import type { Story } from '../../db/ops-story.ts';
import type { PaymentRow } from '../../db/payments.ts';
import { addAmounts } from '../../domain/money.ts';
import { standingOf, sumOfKnown, type Standing } from '../../domain/standing.ts';
import type { ComparedRow, ComparedView } from '../../pages/ops/compared.ts';
import type { WorkflowFacts } from '../../temporal/inspect.ts';
import type { OneInvoice } from './one-invoice.ts';
import type { ProviderReading } from './provider-readings.ts';

/** A workflow that was looked at. Null: there is none (any more). */
export interface Looked {
  readonly at: string;
  readonly facts: WorkflowFacts | 'no_answer' | null;
}

interface LastCheck {
  readonly readings: readonly ProviderReading[];
  /** When the record had last been changed by then. */
  readonly record_at: string;
}

/** `now`: when the record was read. */
export function compared(
  { invoice, payments }: OneInvoice,
  story: Story,
  workflow: Looked,
  now: string,
): Omit<ComparedView, 'check' | 'show'> {
  const ours = story.state === null ? null : standingOf(story.state);
  const theirs =
    workflow.facts === null || workflow.facts === 'no_answer' ? null : (workflow.facts.standing ?? null);
  const check = lastCheck(story);
  const readings = new Map(check?.readings.map((one) => [one.payment_id, one]));
  const rows = payments.map((payment): ComparedRow => {
    const reading = readings.get(payment.id) ?? null;
    return {
      payment: { id: payment.id, service: `${payment.provider}.${payment.method}` },
      ours: { ...paymentOnRecord(payment), fee: ours?.payments[payment.id]?.fee ?? null },
      workflow: theirs?.payments[payment.id] ?? null,
      provider: reading?.standing ?? null,
      provider_word: reading?.word ?? null,
      provider_problem: reading?.problem ?? null,
    };
  });
  const whole: ComparedRow = {
    payment: null,
    ours: { ...invoiceOnRecord(invoice), fee: ours?.invoice.fee ?? null },
    workflow: theirs?.invoice ?? null,
    provider: sumOf(rows),
    provider_word: null,
    provider_problem: null,
  };
  return {
    rows: [whole, ...rows],
    record_at: now,
    workflow: {
      at: workflow.at,
      state: workflow.facts === 'no_answer' ? 'no_answer' : theirs === null ? 'none' : 'known',
    },
    provider:
      check === null
        ? null
        : {
            at: check.readings.at(-1)?.read_at ?? check.record_at,
            isOlder: Date.parse(invoice.updated_at) > Date.parse(check.record_at),
          },
  };
}

/** A payment as its row has it; fees are in no row. */
export function paymentOnRecord(payment: PaymentRow): Standing {
  return {
    status: payment.status,
    authorized: payment.amount_authorized,
    captured: payment.amount_received,
    refunded: payment.amount_refunded,
    fee: null,
  };
}

function invoiceOnRecord(invoice: InvoiceRow): Standing {
  return {
    status: invoice.status,
    authorized: invoice.amount_authorized,
    captured: invoice.amount_received,
    refunded: invoice.amount_refunded,
    fee: null,
  };
}

/** What a person had read last. */
function lastCheck({ notes }: Story): LastCheck | null {
  const note = notes.find(({ action }) => action === 'invoice.checked_with_provider');
  return note === undefined ? null : (note.details as unknown as LastCheck);
}

/** A provider knows nothing of invoices: the sum of its payments, where each of them was read. */
function sumOf(rows: readonly ComparedRow[]): Standing | null {
  const read = rows.flatMap(({ provider }) => (provider === null ? [] : [provider]));
  if (rows.length === 0 || read.length < rows.length) return null;
  const all = (of: (one: Standing) => number | null): number | null => {
    const amounts = read.map(of).filter((amount) => amount !== null);
    return amounts.length < read.length ? null : addAmounts(amounts);
  };
  return {
    status: null,
    authorized: all(({ authorized }) => authorized),
    captured: all(({ captured }) => captured),
    refunded: all(({ refunded }) => refunded),
    fee: sumOfKnown(read.map(({ fee }) => fee)),
  };
}

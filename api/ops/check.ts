/** "Check with provider": what providers say right now is read and kept for the page; what is new of it the workflow books. */
import { leaveNote } from '../../db/ops-record.ts';
import type { PaymentRow } from '../../db/payments.ts';
import { differences } from '../../domain/standing.ts';
import { html } from '../../pages/html.ts';
import { words } from '../../pages/ops/statuses.ts';
import { factsOf } from '../present.ts';
import { Problem } from '../problem.ts';
import { askEngine, noteOf } from './acting.ts';
import { paymentOnRecord } from './compared.ts';
import { oneInvoice, type OneInvoice } from './one-invoice.ts';
import type { Done, OpsAction, OpsDependencies, Visit } from './page.ts';
import { readAtProviders, type ProviderReading } from './provider-readings.ts';

/** Those that the workflow reads when it is asked about all. */
const LIVE: readonly PaymentRow['status'][] = [
  'requested',
  'pending',
  'unknown',
  'authorized',
  'partially_paid',
];

/** `onChecked`: what is remembered of this invoice's workflow is out of date. */
export function checkAction(dependencies: OpsDependencies, onChecked: (id: string) => void): OpsAction {
  const { invoices, pool } = dependencies;
  const back = (visit: Visit): string => visit.href(`/ops/invoices/${visit.params['id'] ?? ''}`);

  /** Has the workflow read what is live, and what has ended otherwise than the provider says. The answer: how many it could not. */
  const book = async (
    { invoice, payments }: OneInvoice,
    readings: readonly ProviderReading[],
  ): Promise<number> => {
    const ended = payments.filter((payment) => {
      const said = readings.find(({ payment_id }) => payment_id === payment.id)?.standing;
      return !LIVE.includes(payment.status) && said && differences(paymentOnRecord(payment), said).length > 0;
    });
    let { unread } = await askEngine(() => invoices.refresh(factsOf(invoice), null));
    for (const { id } of ended)
      unread += (await askEngine(() => invoices.refresh(factsOf(invoice), id))).unread;
    return unread;
  };

  return {
    path: '/ops/invoices/:id/check',
    role: 'operator',
    async ask(visit) {
      await oneInvoice(dependencies, visit);
      return {
        title: 'Check with the provider?',
        text: html`<p>
          Every payment is read at its provider. What the provider knows and the record does not is booked.
        </p>`,
        button: { label: 'Check now', isDanger: false },
        back: back(visit),
        reason: false,
      };
    },
    async run(visit) {
      const before = await oneInvoice(dependencies, visit);
      const readings = await readAtProviders(dependencies, before.payments);
      const booked = await book(before, readings).catch((error: unknown) => {
        if (error instanceof Problem) return error;
        throw error;
      });
      const after = await oneInvoice(dependencies, visit);
      const details = { readings, record_at: after.invoice.updated_at };
      await leaveNote(
        pool,
        before.owner,
        'invoice.checked_with_provider',
        before.invoice.id,
        noteOf(visit, null, details),
      );
      onChecked(before.invoice.id);
      if (booked instanceof Problem) throw booked;
      return { ...outcome(before, after, readings, booked), href: back(visit) };
    },
  };
}

function outcome(
  before: OneInvoice,
  after: OneInvoice,
  readings: readonly ProviderReading[],
  unread: number,
): Pick<Done, 'tone' | 'said'> {
  if (before.payments.length === 0)
    return { tone: 'good', said: 'There is no payment yet that a provider could be asked about.' };
  // What ended before the provider took it is at no provider, and nothing is missing of it.
  const neverThere = before.payments.filter(
    ({ status, provider_payment_id }) => provider_payment_id === null && !LIVE.includes(status),
  );
  const unanswered = readings.filter(
    ({ standing, payment_id }) => standing === null && !neverThere.some(({ id }) => id === payment_id),
  );
  const missing = Math.max(unread, unanswered.length);
  if (missing > 0) {
    const payments = missing === 1 ? 'A payment' : `${missing} payments`;
    return {
      tone: 'busy',
      said: `${payments} could not be read at the provider. What is on record stands; check again in a while.`,
    };
  }
  const amounts = ({ invoice }: OneInvoice): string =>
    [invoice.status, invoice.amount_received, invoice.amount_authorized, invoice.amount_refunded].join();
  if (amounts(before) !== amounts(after))
    return {
      tone: 'good',
      said: `The provider knew more: the invoice was ${words(before.invoice.status)} and is ${words(after.invoice.status)}.`,
    };
  const differing = after.payments.filter((payment) => {
    const said = readings.find(({ payment_id }) => payment_id === payment.id)?.standing;
    return said && differences(paymentOnRecord(payment), said).length > 0;
  });
  return differing.length === 0
    ? { tone: 'good', said: 'The provider says what is on record: nothing has changed.' }
    : {
        tone: 'busy',
        said: 'The provider says something else than the record, and nothing of it could be booked. Compare them below.',
      };
}

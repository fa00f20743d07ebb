/** What an operator sees of an invoice in the Temporal UI: search attributes, and details in plain words. */
import { setCurrentDetails, upsertSearchAttributes } from '@temporalio/workflow';
import { SearchAttributeType, defineSearchAttributeKey } from '@temporalio/common';
import { currency } from '../domain/currency.ts';
import { isOpen } from '../domain/cases.ts';
import { display, money } from '../domain/money.ts';
import { openOperations, receivedBy, type OperationState } from '../domain/operations.ts';
import type { Task } from '../domain/schedule.ts';
import type { InvoiceState } from '../domain/state.ts';
import { amountsOf, invoiceStatus, paymentStatus } from '../domain/status.ts';

const STATUS = defineSearchAttributeKey('SarrafStatus', SearchAttributeType.KEYWORD);
const PROVIDER = defineSearchAttributeKey('SarrafProvider', SearchAttributeType.KEYWORD);

export interface Insight {
  /**
   * Shows the invoice as it stands and what comes next. Costs a history event when its status changes. A new provider alone is
   * not worth one while the customer is about to pay (`settled: false`); it is shown with the next change, or when time has passed.
   */
  show(invoice: InvoiceState, next: Task | null, settled: boolean): void;
}

export function createInsight(): Insight {
  let shown = { status: 'open', provider: '' };
  return {
    show(invoice, next, settled) {
      const status = invoiceStatus(invoice);
      const provider = invoice.payments.at(-1)?.provider ?? '';
      const pairs = [
        ...(status === shown.status ? [] : [{ key: STATUS, value: status }]),
        ...(provider === shown.provider ? [] : [{ key: PROVIDER, value: provider }]),
      ];
      if (pairs.length > 0 && (settled || status !== shown.status)) {
        upsertSearchAttributes(pairs);
        shown = { status, provider };
      }
      setCurrentDetails(details(invoice, next));
    },
  };
}

function details(invoice: InvoiceState, next: Task | null): string {
  const show = (amount: number): string => display(money(amount, currency(invoice.currency)));
  const { received, late, excess, authorized, refunded } = amountsOf(invoice);
  const extra = [
    authorized > 0 ? `${show(authorized)} authorized` : '',
    refunded > 0 ? `${show(refunded)} refunded` : '',
    late > 0 ? `${show(late)} late` : '',
    excess > 0 ? `${show(excess)} too much` : '',
  ];
  const describe = ({ id, kind, amount, unknown_at }: OperationState): string =>
    `- ${kind} ${id} of ${show(amount)} ${unknown_at === null ? 'under way' : 'with an unknown outcome'}`;
  const lines = [
    `**${invoiceStatus(invoice)}**: ${show(received)} of ${show(invoice.amount)} received`,
    ...extra.filter((line) => line !== ''),
    `due ${invoice.due_at}`,
    ...invoice.payments.map(
      (payment) =>
        `- ${payment.id}: ${payment.provider}.${payment.method} **${paymentStatus(payment)}**, ` +
        `${show(receivedBy(payment))} of ${show(payment.amount)}` +
        (payment.expires_at ? `, expires ${payment.expires_at}` : '') +
        (payment.failure ? ` (${payment.failure.kind}: ${payment.failure.message})` : ''),
    ),
    ...invoice.payments.flatMap((payment) => openOperations(payment).map(describe)),
    ...invoice.cases
      .filter(isOpen)
      .map(({ id, kind, amount }) => `- **for a person to decide**: ${kind} of ${show(amount)} (${id})`),
    next ? `next: ${describeTask(next)} at ${new Date(next.at).toISOString()}` : 'nothing left to do',
  ];
  return lines.join('\n\n');
}

/** The task in words, for timers and details. */
export function describeTask(task: Task): string {
  switch (task.type) {
    case 'look_up_payment':
      return `look up ${task.payment_id} at the provider: its create call was never answered`;
    case 'check_payment':
      return `ask the provider about ${task.payment_id}`;
    case 'expire_payment':
      return `time is up for ${task.payment_id}: ask once more, then expire it`;
    case 'capture_payment':
      return `capture ${task.payment_id}`;
    case 'void_payment':
      return `let ${task.payment_id} go: more is authorized than is owed`;
    case 'finish_operation':
      return `find out what became of ${task.operation_id}`;
    case 'warn_of_expiry':
      return `tell the merchant that the authorization of ${task.payment_id} ends soon`;
    case 'end_authorization':
      return `the authorization of ${task.payment_id} ends: capture what is left or give it up`;
    case 'apply_policies':
      return 'money came late or beyond what was owed: do as the policy says';
    case 'open_case':
      return `nobody could find out about ${task.operation_id ?? task.payment_id}: put it before a person`;
    case 'expire_invoice':
      return 'the invoice is due: ask once more, then expire it';
  }
}

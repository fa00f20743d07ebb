/** What people do with one invoice. Everything goes the way that the merchant's own requests go, under the person's name. */
import { findCase } from '../../db/cases.ts';
import { findDelivery, resendDelivery } from '../../db/delivery-list.ts';
import { isId, newId } from '../../db/ids.ts';
import { findOperation, insertOperation, type OperationRow } from '../../db/operations.ts';
import { leaveNote } from '../../db/ops-record.ts';
import { currency } from '../../domain/currency.ts';
import { MoneyError, parseDecimal } from '../../domain/money.ts';
import { words } from '../../pages/ops/statuses.ts';
import type { ApiDependencies } from '../dependencies.ts';
import { errorCatalogue, isErrorCode } from '../error-catalogue.ts';
import { POSSIBLE_DECISIONS } from '../present-case.ts';
import { factsOf } from '../present.ts';
import { invalidFields, notFound, Problem } from '../problem.ts';
import { endpointDisabled } from '../routes/webhook-endpoint-actions.ts';
import { createOperationDriver } from '../routes/operations.ts';
import { shown } from '../shown.ts';
import { createDeliveryWaker } from '../wake-deliveries.ts';
import { about, askEngine, noteOf, requireReason } from './acting.ts';
import { decimal } from './amounts.ts';
import { oneInvoice } from './one-invoice.ts';
import { paymentCancelAction } from './payment-cancel.ts';
import type { OpsAction, Visit } from './page.ts';

const PREFIX = { capture: 'cap', void: 'void', refund: 'rfd' } as const;
type Kind = keyof typeof PREFIX;

/** Capture, void, refund, cancel, decide a case, send to the merchant again. */
export function invoiceActions(dependencies: ApiDependencies): OpsAction[] {
  const kinds: readonly Kind[] = ['capture', 'void', 'refund'];
  return [
    ...kinds.map((kind) => moveMoney(dependencies, kind)),
    cancel(dependencies),
    paymentCancelAction(dependencies),
    resolve(dependencies),
    resend(dependencies),
  ];
}

const back = (visit: Visit): string => visit.href(`/ops/invoices/${visit.params['id'] ?? ''}`);

function moveMoney(dependencies: ApiDependencies, kind: Kind): OpsAction {
  const { pool, now } = dependencies;
  const { drive } = createOperationDriver(dependencies);

  const find = async (visit: Visit) => {
    const found = await oneInvoice(dependencies, visit);
    const payment = found.payments.find(({ id }) => id === visit.params['payment']);
    if (!payment) throw notFound('payment');
    const { amount_authorized, amount_received, amount_refunded } = payment;
    return {
      ...found,
      payment,
      left: kind === 'refund' ? amount_received - amount_refunded : amount_authorized,
    };
  };

  /** Stores what is asked for, once, however often the form is sent. */
  const store = async (
    { owner, payment }: Awaited<ReturnType<typeof find>>,
    id: string,
    amount: number | null,
    visit: Visit,
    reason: string,
  ): Promise<void> => {
    const isSame = (row: OperationRow | null): boolean => {
      if (row === null) return false;
      if (row.payment_id !== payment.id || row.kind !== kind) throw notFound(kind);
      return true;
    };
    if (isSame(await findOperation(pool, owner, id))) return;
    const operation = {
      id,
      kind,
      payment_id: payment.id,
      amount,
      reason,
      reference: null,
      metadata: {},
      manual: false,
      requested_by: visit.operator.name,
      created_at: new Date(now()).toISOString(),
    };
    try {
      await insertOperation(pool, owner, operation, null);
    } catch (error) {
      if (!isTaken(error) || !isSame(await findOperation(pool, owner, id))) throw error;
    }
  };

  return {
    path: `/ops/invoices/:id/payments/:payment/${kind}`,
    role: 'operator',
    async ask(visit) {
      const { payment, left, invoice } = await find(visit);
      const show = shown(left, payment.currency).display;
      const most = decimal(left, payment.currency);
      return {
        title: `${TITLES[kind]} ${invoice.reference ?? invoice.id}?`,
        text: about(EXPLAINED[kind], [
          ['Payment', payment.id],
          ['Service', `${payment.provider}.${payment.method}`],
          [kind === 'refund' ? 'Can be refunded' : 'Is authorized', show],
        ]),
        fields:
          kind === 'void'
            ? []
            : [
                {
                  name: 'amount',
                  label: `Amount in ${payment.currency}`,
                  type: 'text',
                  value: most,
                  required: true,
                  hint: `${most} at most`,
                },
              ],
        hidden: { operation: newId(PREFIX[kind]) },
        button: { label: `${TITLES[kind]} now`, isDanger: kind !== 'capture' },
        back: back(visit),
      };
    },
    async run(visit, { reason, form }) {
      const found = await find(visit);
      requireReason(reason);
      const id = form.get('operation') ?? '';
      if (!isId(PREFIX[kind], id))
        throw new Problem('malformed_request', 'the form is incomplete: go back and open it again');
      const amount =
        kind === 'void'
          ? null
          : amountIn(
              form,
              found.payment.currency,
              found.left,
              (await findOperation(pool, found.owner, id)) !== null,
            );
      await store(found, id, amount, visit, reason);
      const outcome = await drive(found.owner, id);
      if ('problem' in outcome) throw outcome.problem;
      if (outcome.type === 'open' && outcome.answer instanceof Problem) throw outcome.answer;
      const isDone = outcome.type === 'final' && outcome.row.status === 'succeeded';
      return isDone
        ? { tone: 'good', said: `The ${kind} is done.`, href: back(visit) }
        : {
            tone: 'busy',
            said: `The ${kind} is under way; this page shows how it goes on.`,
            href: back(visit),
          };
    },
  };
}

const TITLES = { capture: 'Capture', void: 'Void', refund: 'Refund' } as const;
const EXPLAINED = {
  capture: 'The provider is asked to take this much of what the customer has authorized.',
  void: 'What is authorized and not captured is given up. It cannot be had back.',
  refund: 'The provider is asked to give this much back to the customer. It cannot be taken back.',
} as const;

/** A repetition of what is stored already is not measured against what is left now. */
function amountIn(form: URLSearchParams, code: string, left: number, isStored: boolean): number {
  const text = (form.get('amount') ?? '').trim().replace(/,/g, '');
  try {
    const { amount } = parseDecimal(text, currency(code));
    if (amount > 0 && (amount <= left || isStored)) return amount;
  } catch (error) {
    if (!(error instanceof MoneyError)) throw error;
  }
  const most = decimal(left, code);
  const expected = `an amount in ${code} of more than 0 and at most ${most}`;
  throw invalidFields([
    { pointer: '/amount', code: 'invalid_amount', detail: `must be ${expected}`, expected },
  ]);
}

function cancel(dependencies: ApiDependencies): OpsAction {
  const { invoices } = dependencies;
  return {
    path: '/ops/invoices/:id/cancel',
    role: 'operator',
    async ask(visit) {
      const { invoice } = await oneInvoice(dependencies, visit);
      return {
        title: `Cancel ${invoice.reference ?? invoice.id}?`,
        text: about(
          'Every live payment is asked about once more; if none has brought money, they end, what is authorized is given up, and nobody can pay any more.',
          [
            ['Amount', shown(invoice.amount, invoice.currency).display],
            ['Status', words(invoice.status)],
          ],
        ),
        button: { label: 'Cancel the invoice', isDanger: true },
        back: back(visit),
      };
    },
    async run(visit, { reason }) {
      requireReason(reason);
      const { invoice } = await oneInvoice(dependencies, visit);
      const { outcome } = await askEngine(() =>
        invoices.cancel(factsOf(invoice), { reason, by: visit.operator.name }),
      );
      if (outcome === 'unconfirmed')
        throw new Problem(
          'provider_unconfirmed',
          'a provider could not say whether money has come; nothing was canceled',
        );
      if (outcome === 'not_cancelable') {
        const { invoice: after } = await oneInvoice(dependencies, visit);
        if (after.status !== 'canceled')
          throw new Problem(
            'invoice_not_cancelable',
            `the invoice cannot be canceled: it is ${words(after.status)}`,
          );
      }
      return { tone: 'good', said: 'The invoice is canceled.', href: back(visit) };
    },
  };
}

function resolve(dependencies: ApiDependencies): OpsAction {
  const { pool, invoices } = dependencies;
  const find = async (visit: Visit) => {
    const found = await oneInvoice(dependencies, visit);
    const row = await findCase(pool, found.owner, visit.params['case'] ?? '');
    if (row === null || row.invoice_id !== found.invoice.id || row.row_id !== null) throw notFound('case');
    const allowed: readonly string[] = POSSIBLE_DECISIONS[row.kind];
    const decision = visit.query.get('decision') ?? '';
    if (!allowed.includes(decision)) throw notFound('decision');
    return { ...found, row, decision };
  };
  return {
    path: '/ops/invoices/:id/cases/:case/resolve',
    role: 'operator',
    async ask(visit) {
      const { row, decision, invoice } = await find(visit);
      return {
        title: `Decide: ${words(decision)}?`,
        text: about('A decision is kept with your name, and what follows from it is done at once.', [
          ['Case', words(row.kind)],
          ['Amount', shown(row.amount, row.currency ?? invoice.currency).display],
          ['Decision', words(decision)],
        ]),
        fields: /^it_(?:happened|exists)$/.test(decision)
          ? [{ name: 'provider_id', label: 'The provider’s own id of it, if you have it', type: 'text' }]
          : [],
        button: { label: `Decide: ${words(decision)}`, isDanger: decision.startsWith('refund') },
        back: back(visit),
      };
    },
    async run(visit, { reason, form }) {
      requireReason(reason);
      const { row, decision, invoice, owner } = await find(visit);
      const provider_id = (form.get('provider_id') ?? '').trim().slice(0, 255) || null;
      const input = { case_id: row.id, decision, provider_id, by: visit.operator.name, reason };
      const { refused } = await askEngine(() => invoices.resolveCase(factsOf(invoice), input));
      if (refused !== null) {
        const after = await findCase(pool, owner, row.id);
        if (refused !== 'case_resolved' || after?.decision !== decision) throw refusal(refused);
      }
      return { tone: 'good', said: `It is decided: ${words(decision)}.`, href: back(visit) };
    },
  };
}

function refusal(code: string): Problem {
  if (!isErrorCode(code)) throw new Error(`the workflow refused with ${code}, which is no error code`);
  return new Problem(code, errorCatalogue[code].title);
}

function resend(dependencies: ApiDependencies): OpsAction {
  const { pool, logger } = dependencies;
  const wake = createDeliveryWaker(dependencies);
  const find = async (visit: Visit) => {
    const found = await oneInvoice(dependencies, visit);
    const row = await findDelivery(pool, found.owner, visit.params['delivery'] ?? '');
    if (row === null || row.invoice_id !== found.invoice.id) throw notFound('delivery');
    return { ...found, row };
  };
  return {
    path: '/ops/invoices/:id/deliveries/:delivery/resend',
    role: 'operator',
    async ask(visit) {
      const { row } = await find(visit);
      return {
        title: `Send ${row.event_type} again?`,
        text: about(
          'The merchant gets it once more, with the same id, so that they can tell it is a repetition.',
          [
            ['Event', row.event_type],
            ['Status', words(row.status)],
          ],
        ),
        button: { label: 'Send it again', isDanger: false },
        back: back(visit),
      };
    },
    async run(visit, { reason }) {
      requireReason(reason);
      const { owner, row } = await find(visit);
      const queue = await resendDelivery(pool, owner, row.id);
      if (!queue) throw endpointDisabled();
      await leaveNote(
        pool,
        owner,
        'delivery.resent',
        row.id,
        noteOf(visit, reason, { event: row.event_type }),
      );
      wake([queue], 'resend');
      logger.info({ delivery: row.id, operator: visit.operator.name }, 'a delivery is sent again');
      return { tone: 'busy', said: 'It is on its way again.', href: back(visit) };
    },
  };
}

function isTaken(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === '23505';
}

/** What can be done with one invoice. Each piece of work ends in a commit, and what was committed is the new standing. */
import { openOperations } from '../domain/operations.ts';
import type { Task } from '../domain/schedule.ts';
import { findPayment, type InvoiceState } from '../domain/state.ts';
import { amountsOf, invoiceStatus, isLive, paymentStatus } from '../domain/status.ts';
import {
  applyPolicies,
  callProvider,
  endInvoice,
  loadInvoice,
  openCase,
  resolveCase,
  warnOfExpiry,
} from './activities.ts';
import type {
  Asked,
  CancelInput,
  CancelPaymentInput,
  CancelResult,
  MoveMoneyInput,
  MoveMoneyResult,
  RefreshInput,
  RefreshResult,
  ResolveCaseInput,
  ResolveCaseResult,
  RequestPaymentInput,
  RequestPaymentResult,
} from './contract.ts';
import { createPatience, type Patience } from './patience.ts';

/** Browsers come back through any API process and are reloaded: a provider is asked about one payment once in this time. */
const REFRESH_PAUSE_MS = 2_000;

export interface InvoiceWork {
  /** As last committed; null until something was loaded, or when there is no such invoice. */
  readonly state: InvoiceState | null;
  readonly patience: Pick<Patience, 'holds'>;
  /** Webhooks that have arrived and are not applied yet. */
  readonly webhooks: ReadonlySet<string>;
  load(): Promise<InvoiceState | null>;
  /** Takes note of a webhook; false when it is known already. */
  expect(webhookId: string): boolean;
  applyWebhook(webhookId: string): Promise<void>;
  requestPayment(input: RequestPaymentInput): Promise<RequestPaymentResult>;
  moveMoney(input: MoveMoneyInput): Promise<MoveMoneyResult>;
  resolveCase(input: ResolveCaseInput): Promise<ResolveCaseResult>;
  cancel(input: CancelInput): Promise<CancelResult>;
  cancelPayment(input: CancelPaymentInput): Promise<CancelResult>;
  refresh(input: RefreshInput): Promise<RefreshResult>;
  perform(task: Task): Promise<void>;
}

/** `onWebhook`: told of webhooks that had been waiting for a payment's provider id and can be applied now. */
export function createInvoiceWork(invoice_id: string, onWebhook: (id: string) => void): InvoiceWork {
  const webhooks = new Set<string>();
  const patience = createPatience();
  const refreshed = new Map<string, { readonly at: number; readonly result: RefreshResult }>();
  let state: InvoiceState | null = null;

  const settle = <Standing extends { state: InvoiceState; waiting: readonly string[] }>(
    standing: Standing,
  ): Standing => {
    state = standing.state;
    standing.waiting.forEach(onWebhook);
    return standing;
  };
  const accountOf = (payment_id: string): string =>
    (state && findPayment(state, payment_id)?.account_id) ?? '';

  /** Asks about one payment; false when its provider could not be asked. */
  async function check(
    payment_id: string,
    purpose: 'read' | 'expire' | 'cancel',
    asked: Asked & { readonly by?: string; readonly reason?: string } = {},
  ): Promise<boolean> {
    const source = purpose === 'read' ? 'poll' : 'expiry_check';
    const input = {
      invoice_id,
      payment_id,
      account_id: accountOf(payment_id),
      purpose,
      source,
      ...asked,
      now: Date.now(),
    } as const;
    return settle(await callProvider('checkPayment', input)).answered;
  }

  /** Asks about every payment that may still bring money; how many could not be asked. */
  async function checkAll(purpose: 'read' | 'expire' | 'cancel', asked: Asked = {}): Promise<number> {
    state ??= await loadInvoice(invoice_id);
    let unread = 0;
    for (const payment of state?.payments.filter(isLive) ?? []) {
      if (!(await check(payment.id, purpose, asked))) unread += 1;
    }
    return unread;
  }

  async function move(input: MoveMoneyInput): Promise<MoveMoneyResult> {
    return settle(await callProvider('moveMoney', { invoice_id, now: Date.now(), ...input }));
  }

  /** Asks again for what may not have got there: its reservation says what it was. */
  async function finish(payment_id: string, operation_id: string): Promise<void> {
    const payment = state && findPayment(state, payment_id);
    const operation = payment?.operations.find(({ id }) => id === operation_id);
    if (!payment || !operation) return;
    const { kind, amount, by } = operation;
    await move({ payment_id, account_id: payment.account_id, operation_id, kind, amount, manual: false, by });
  }

  /** Captures or gives up what is left; where that cannot be just now, it is left alone for a while. */
  async function endAuthorization(payment_id: string): Promise<void> {
    const input = { invoice_id, payment_id, account_id: accountOf(payment_id), now: Date.now() };
    const { refused } = settle(await callProvider('endAuthorization', input));
    if (refused === null) patience.release(payment_id);
    else patience.hold(payment_id);
  }

  async function end(
    as: 'expired' | 'canceled',
    reason: string | null,
    asked: Asked & { readonly by?: string } = {},
  ): Promise<void> {
    settle(await endInvoice({ invoice_id, as, reason, ...asked, now: Date.now() }));
  }

  return {
    get state() {
      return state;
    },
    patience,
    webhooks,
    async load() {
      state ??= await loadInvoice(invoice_id);
      return state;
    },
    expect(webhookId) {
      if (webhooks.has(webhookId)) return false;
      webhooks.add(webhookId);
      return true;
    },
    async applyWebhook(webhook_id) {
      const { applied } = settle(
        await callProvider('applyWebhook', { invoice_id, webhook_id, now: Date.now() }),
      );
      if (!applied) return patience.hold(webhook_id);
      webhooks.delete(webhook_id);
      patience.release(webhook_id);
    },
    async requestPayment(input) {
      const { payable } = settle(await callProvider('requestPayment', { ...input, now: Date.now() }));
      return { outcome: payable ? 'answered' : 'not_payable' };
    },
    async moveMoney(input) {
      const { refused } = await move(input);
      return { refused };
    },
    async resolveCase(input) {
      const { refused } = settle(await resolveCase({ invoice_id, now: Date.now(), ...input }));
      return { refused };
    },
    async cancel({ reason, ...asked }) {
      const before = await this.load();
      if (!before || !isCancelable(before)) return canceledOr(before);
      const { request_id } = asked;
      if ((await checkAll('cancel', { request_id })) > 0) return { outcome: 'unconfirmed' };
      if (state && invoiceStatus(state) === 'open') await end('canceled', reason, asked);
      return canceledOr(state);
    },
    async cancelPayment({ payment_id, reason, ...asked }) {
      const statusIn = (invoice: InvoiceState | null) => {
        const payment = invoice && findPayment(invoice, payment_id);
        return payment ? paymentStatus(payment) : null;
      };
      // What was sent and not answered may be payable; what the customer has agreed to is voided, not canceled.
      if (statusIn(await this.load()) !== 'pending') return { outcome: 'not_cancelable' };
      if (!(await check(payment_id, 'cancel', { ...asked, ...(reason === null ? {} : { reason }) })))
        return { outcome: 'unconfirmed' };
      return { outcome: statusIn(state) === 'canceled' ? 'canceled' : 'not_cancelable' };
    },
    async refresh({ payment_id, ...asked }) {
      if (payment_id === null) return { unread: await checkAll('read', asked) };
      const last = refreshed.get(payment_id);
      if (last && Date.now() < last.at + REFRESH_PAUSE_MS) return last.result;
      const before = await this.load();
      const isKnown = before && findPayment(before, payment_id)?.provider_payment_id;
      const result = { unread: isKnown && (await check(payment_id, 'read', asked)) ? 0 : 1 };
      refreshed.set(payment_id, { at: Date.now(), result });
      return result;
    },
    async perform(task) {
      switch (task.type) {
        case 'look_up_payment': {
          const { payment_id } = task;
          const input = { payment_id, account_id: accountOf(payment_id), now: Date.now() };
          settle(await callProvider('lookUpPayment', input));
          return;
        }
        case 'check_payment':
          await check(task.payment_id, 'read');
          return;
        case 'expire_payment':
          if (await check(task.payment_id, 'expire')) patience.release(task.payment_id);
          else patience.hold(task.payment_id);
          return;
        case 'capture_payment': {
          const { payment_id } = task;
          const capture = {
            operation_id: ownCapture(payment_id),
            kind: 'capture',
            amount: task.amount,
            manual: false,
          } as const;
          await move({ payment_id, account_id: accountOf(payment_id), by: 'sarraf', ...capture });
          return;
        }
        case 'void_payment': {
          const { payment_id } = task;
          const release = {
            operation_id: ownVoid(payment_id),
            kind: 'void',
            amount: null,
            manual: false,
          } as const;
          await move({ payment_id, account_id: accountOf(payment_id), by: 'sarraf', ...release });
          return;
        }
        case 'finish_operation':
          await finish(task.payment_id, task.operation_id);
          return;
        case 'warn_of_expiry':
          settle(await warnOfExpiry({ invoice_id, payment_id: task.payment_id, now: Date.now() }));
          return;
        case 'end_authorization':
          await endAuthorization(task.payment_id);
          return;
        case 'apply_policies':
          settle(await applyPolicies({ invoice_id, now: Date.now() }));
          return;
        case 'open_case': {
          const { kind, payment_id, operation_id } = task;
          settle(await openCase({ invoice_id, kind, payment_id, operation_id, now: Date.now() }));
          return;
        }
        case 'expire_invoice':
          if ((await checkAll('expire')) > 0) patience.hold('invoice');
          else await end('expired', null);
          return;
      }
    },
  };
}

/** What nobody has paid for can be canceled, also when it is authorized: that is given up then. */
function isCancelable(invoice: InvoiceState): boolean {
  const status = invoiceStatus(invoice);
  const isBusy = invoice.payments.some((payment) => openOperations(payment).length > 0);
  return (status === 'open' || status === 'authorized') && amountsOf(invoice).received === 0 && !isBusy;
}

/** The capture that Sarraf asks for by itself: one per payment, so its id follows from the payment's. */
function ownCapture(payment_id: string): string {
  return payment_id.replace(/^pay_/, 'cap_');
}

/** And the one release. */
function ownVoid(payment_id: string): string {
  return payment_id.replace(/^pay_/, 'void_');
}

function canceledOr(state: InvoiceState | null): CancelResult {
  return { outcome: state && invoiceStatus(state) === 'canceled' ? 'canceled' : 'not_cancelable' };
}

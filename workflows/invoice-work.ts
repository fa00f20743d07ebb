/** What can be done with one invoice. Each piece of work ends in a commit, and what was committed is the new standing. */
import type { Task } from '../domain/schedule.ts';
import { findPayment, type InvoiceState } from '../domain/state.ts';
import { invoiceStatus, isLive, isPayable } from '../domain/status.ts';
import { callProvider, endInvoice, loadInvoice } from './activities.ts';
import type {
  CancelInput,
  CancelResult,
  RefreshInput,
  RefreshResult,
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
  cancel(input: CancelInput): Promise<CancelResult>;
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
  async function check(payment_id: string, purpose: 'read' | 'expire' | 'cancel'): Promise<boolean> {
    const source = purpose === 'read' ? 'poll' : 'expiry_check';
    const input = {
      invoice_id,
      payment_id,
      account_id: accountOf(payment_id),
      purpose,
      source,
      now: Date.now(),
    } as const;
    return settle(await callProvider('checkPayment', input)).answered;
  }

  /** Asks about every payment that may still bring money; how many could not be asked. */
  async function checkAll(purpose: 'read' | 'expire' | 'cancel'): Promise<number> {
    state ??= await loadInvoice(invoice_id);
    let unread = 0;
    for (const payment of state?.payments.filter(isLive) ?? []) {
      if (!(await check(payment.id, purpose))) unread += 1;
    }
    return unread;
  }

  async function end(as: 'expired' | 'canceled', reason: string | null): Promise<void> {
    settle(await endInvoice({ invoice_id, as, reason, now: Date.now() }));
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
    async cancel({ reason }) {
      const before = await this.load();
      if (!before || !isPayable(before) || invoiceStatus(before) === 'partially_paid')
        return canceledOr(before);
      if ((await checkAll('cancel')) > 0) return { outcome: 'unconfirmed' };
      if (state && invoiceStatus(state) === 'open') await end('canceled', reason);
      return canceledOr(state);
    },
    async refresh({ payment_id }) {
      if (payment_id === null) return { unread: await checkAll('read') };
      const last = refreshed.get(payment_id);
      if (last && Date.now() < last.at + REFRESH_PAUSE_MS) return last.result;
      const before = await this.load();
      const isKnown = before && findPayment(before, payment_id)?.provider_payment_id;
      const result = { unread: isKnown && (await check(payment_id, 'read')) ? 0 : 1 };
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
        case 'expire_invoice':
          if ((await checkAll('expire')) > 0) patience.hold('invoice');
          else await end('expired', null);
          return;
      }
    },
  };
}

function canceledOr(state: InvoiceState | null): CancelResult {
  return { outcome: state && invoiceStatus(state) === 'canceled' ? 'canceled' : 'not_cancelable' };
}

/** What the outside needs to know of the invoice workflow: names and shapes. Imports nothing. */

export const INVOICE_WORKFLOW = 'invoice';

/** The workflow that drives what was left behind; a Temporal Schedule starts it. */
export const SWEEP_WORKFLOW = 'sweep';

/** The workflow that sends events to a merchant's endpoint. */
export const DELIVERY_WORKFLOW = 'delivery';

/** What is sent in order, one after the other: all about one subject (an invoice) to one endpoint. */
export interface DeliveryInput {
  readonly endpoint_id: string;
  readonly subject: string;
}

/** The workflow id of such a queue. */
export function deliveryWorkflowId({ endpoint_id, subject }: DeliveryInput): string {
  return `delivery/${endpoint_id}/${subject}`;
}

/** The task queue of the activities that send; the workflows are on the one of all others. */
export function deliveryTaskQueue(taskQueue: string): string {
  return `${taskQueue}:deliveries`;
}

/** `resend`: somebody wants it sent now, also what waits for its next attempt. */
export type WakeReason = 'new' | 'resend';

/** The workflow of one reconciliation run, and the one that starts them for all accounts; a Temporal Schedule starts that. */
export const RECONCILIATION_WORKFLOW = 'reconciliation';
export const RECONCILE_DAY_WORKFLOW = 'reconcileDay';

export interface ReconciliationInput {
  readonly run_id: string;
}

export function reconciliationWorkflowId(runId: string): string {
  return `reconciliation/${runId}`;
}

/** The workflow id of an invoice: one workflow per invoice, however often it closes and starts again. */
export function invoiceWorkflowId(invoiceId: string): string {
  return `invoice/${invoiceId}`;
}

/** Where calls wait that have to await their turn among those of all workers. */
export function pacedTaskQueue(taskQueue: string): string {
  return `${taskQueue}.paced`;
}

export interface InvoiceInput {
  readonly invoice_id: string;
  /** Webhook rows that were waiting when the previous run handed over. */
  readonly inbox?: readonly string[];
}

/** Names of the messages the workflow takes. */
export const MESSAGES = {
  /** Update: send the payment whose row has been inserted. Its id is the update's id. */
  requestPayment: 'request_payment',
  /** Update: capture, void or refund. The operation's id is the update's id. */
  moveMoney: 'move_money',
  /** Update: a person has decided a case. */
  resolveCase: 'resolve_case',
  /** Update: cancel the invoice unless money has come. */
  cancel: 'cancel',
  /** Update: cancel one payment unless money has come. */
  cancelPayment: 'cancel_payment',
  /** Update: ask the provider how a payment stands, now; or how every live one does. */
  refresh: 'refresh',
  /** Query: how the workflow thinks that the invoice stands; null before it has read the record. */
  standing: 'standing',
  /** Signal: a webhook row is waiting. Carries only its id. */
  webhook: 'webhook',
  /** Signal to a delivery workflow: something waits to be sent. */
  wake: 'wake',
} as const;

/** What every update may say of whoever asks. */
export interface Asked {
  /** The request of the API, if one it is; the activities that follow have it in their log lines. */
  readonly request_id?: string | undefined;
}

export interface RequestPaymentInput extends Asked {
  readonly payment_id: string;
  /** The provider account it goes to: decides which lane the call takes. */
  readonly account_id: string;
}
/** `answered`: the payment's row says how it went. `not_payable`: the invoice has ended or is paid. */
export type RequestPaymentResult = { readonly outcome: 'answered' | 'not_payable' };

export interface MoveMoneyInput extends Asked {
  readonly payment_id: string;
  readonly account_id: string;
  readonly operation_id: string;
  readonly kind: 'capture' | 'void' | 'refund';
  /** Minor units; null: all that is left. */
  readonly amount: number | null;
  /** A refund that the merchant makes outside of the provider: it is only recorded. */
  readonly manual: boolean;
  /** Who asks: the id of an API key or an operator. */
  readonly by: string;
}
/** `refused`: a stable code that says why it cannot be. Otherwise the operation's row says how it went. */
export type MoveMoneyResult = { readonly refused: string | null };

export interface ResolveCaseInput extends Asked {
  readonly case_id: string;
  /** Checked by whoever carries it out. */
  readonly decision: string;
  /** The provider's own id of what the person has found there. */
  readonly provider_id: string | null;
  /** The person's name. */
  readonly by: string;
  readonly reason: string;
}
/** `refused`: a stable code that says why the decision cannot be carried out. */
export type ResolveCaseResult = { readonly refused: string | null };

export interface CancelInput extends Asked {
  readonly reason: string | null;
  /** The id of the API key that asks. */
  readonly by?: string;
}
/** `unconfirmed`: a provider could not be asked whether money has come, so nothing was canceled. */
export type CancelResult = { readonly outcome: 'canceled' | 'not_cancelable' | 'unconfirmed' };

export interface CancelPaymentInput extends Asked {
  readonly payment_id: string;
  /** Who asks: the id of an API key or an operator. */
  readonly by: string;
  readonly reason: string | null;
}

/** Null: every payment that may still bring money. */
export interface RefreshInput extends Asked {
  readonly payment_id: string | null;
}
/** How many payments could not be read. */
export type RefreshResult = { readonly unread: number };

/** Search attributes of the workflow, with their Temporal types; registered by whoever sets the server up. */
export const SEARCH_ATTRIBUTES = {
  SarrafMerchant: 'Keyword',
  SarrafReference: 'Keyword',
  SarrafStatus: 'Keyword',
  SarrafProvider: 'Keyword',
  SarrafCurrency: 'Keyword',
  SarrafAmount: 'Int',
} as const;

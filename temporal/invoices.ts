/**
 * The door to the invoice workflows: everything the API and the sweepers do with them. Starting or waking a run
 * never creates anything at a provider; a run carries on from the record in Postgres.
 */
import {
  WithStartWorkflowOperation,
  WorkflowExecutionAlreadyStartedError,
  WorkflowNotFoundError,
  type Client,
  type WorkflowStartOptions,
} from '@temporalio/client';
import { SearchAttributeType, TypedSearchAttributes, defineSearchAttributeKey } from '@temporalio/common';
import {
  INVOICE_WORKFLOW,
  MESSAGES,
  invoiceWorkflowId,
  type CancelInput,
  type CancelPaymentInput,
  type CancelResult,
  type InvoiceInput,
  type MoveMoneyInput,
  type MoveMoneyResult,
  type RefreshInput,
  type RefreshResult,
  type ResolveCaseInput,
  type ResolveCaseResult,
  type RequestPaymentInput,
  type RequestPaymentResult,
} from '../workflows/contract.ts';
import { createCrowd } from './crowd.ts';
import { withTimeLimit } from './time-limit.ts';
import { createTurns, type Turns } from './turns.ts';

/** Updates of one invoice under way at once from this process; the server's default cap for all processes is ten. */
const UPDATES_AT_ONCE = 4;

/** How long the start of a run may take when it has its turn. */
const START_LIMIT_MS = 5_000;

/** The facts of an invoice that an operator sees in the Temporal UI. No customer data. */
export interface InvoiceFacts {
  readonly id: string;
  readonly merchant_id: string;
  readonly reference: string | null;
  readonly currency: string;
  /** Minor units. */
  readonly amount: number;
  /** `VND 6,000,000` */
  readonly display: string;
}

export interface InvoiceGateway {
  /** Starts the workflow so that it runs by itself at `due_at`, and earlier when something arrives. Repeating is harmless. */
  open(invoice: InvoiceFacts, due_at: Date): Promise<void>;
  requestPayment(invoice: InvoiceFacts, input: RequestPaymentInput): Promise<RequestPaymentResult>;
  moveMoney(invoice: InvoiceFacts, input: MoveMoneyInput): Promise<MoveMoneyResult>;
  resolveCase(invoice: InvoiceFacts, input: ResolveCaseInput): Promise<ResolveCaseResult>;
  cancel(invoice: InvoiceFacts, input: CancelInput): Promise<CancelResult>;
  /** Cancels one payment that nobody has paid; its invoice goes on. */
  cancelPayment(invoice: InvoiceFacts, input: CancelPaymentInput): Promise<CancelResult>;
  /** Has the provider asked how this payment stands; null: how every live one does. */
  refresh(invoice: InvoiceFacts, payment_id: string | null): Promise<RefreshResult>;
  /** Tells the workflow that a webhook row is waiting; wakes a closed one. */
  webhookArrived(invoice: InvoiceFacts, webhookId: string): Promise<void>;
  /** Which of these invoices, a hundred at most, have a workflow that runs. */
  running(invoiceIds: readonly string[]): Promise<ReadonlySet<string>>;
  /** Has the workflow look at the record again, and go on or close; starts a run when there is none. */
  wake(invoice: InvoiceFacts): Promise<void>;
}

/** No row has this id, so the workflow finds nothing to apply, but reads the record for it. */
const NO_WEBHOOK = 'whk_none';

/** `updateId`: an update with an id is run once per run, however often it is sent. */
interface UpdateOptions {
  readonly updateId?: string;
  readonly args: [object];
}

type StartOptions = WorkflowStartOptions<(input: InvoiceInput) => Promise<void>>;

export interface InvoiceGatewayOptions {
  readonly taskQueue: string;
  /** How long a call may take before it is given up, its turn awaited (the workflow goes on regardless). */
  readonly deadline_ms: number;
  readonly turns?: Turns;
  /** Which request of the API asks; its id goes along with updates. */
  readonly requestId?: () => string | undefined;
}

export function createInvoiceGateway(
  client: Client,
  {
    taskQueue,
    deadline_ms,
    turns = createTurns({ places: Infinity, hold_ms: 0 }),
    requestId = () => undefined,
  }: InvoiceGatewayOptions,
): InvoiceGateway {
  const startOptions = (invoice: InvoiceFacts): StartOptions => ({
    taskQueue,
    workflowId: invoiceWorkflowId(invoice.id),
    args: [{ invoice_id: invoice.id }],
    workflowIdReusePolicy: 'ALLOW_DUPLICATE',
    workflowIdConflictPolicy: 'USE_EXISTING',
    staticSummary: [invoice.display, invoice.reference].filter((part) => part !== null).join(' · '),
    typedSearchAttributes: searchAttributes(invoice),
    // What waits for a worker is taken from each merchant in turn.
    priority: { fairnessKey: invoice.merchant_id },
  });

  const updateWithStart = <Result>(invoice: InvoiceFacts, name: string, options: UpdateOptions) =>
    client.workflow.executeUpdateWithStart<(input: InvoiceInput) => Promise<void>, Result, [unknown]>(name, {
      ...options,
      startWorkflowOperation: new WithStartWorkflowOperation(INVOICE_WORKFLOW, {
        ...startOptions(invoice),
        workflowIdConflictPolicy: 'USE_EXISTING',
      }),
    });

  /** To the run that is there, which is usual and costs the server less; with a new run when there is none. */
  const send = async <Result>(
    invoice: InvoiceFacts,
    name: string,
    options: UpdateOptions,
  ): Promise<Result> => {
    try {
      const handle = client.workflow.getHandle(invoiceWorkflowId(invoice.id));
      return await handle.executeUpdate<Result, [unknown]>(name, options);
    } catch (error) {
      if (!(error instanceof WorkflowNotFoundError)) throw error;
      return updateWithStart<Result>(invoice, name, options);
    }
  };

  const crowd = createCrowd(UPDATES_AT_ONCE);
  /** Waiting for one's turn counts against the deadline; a call that comes too late for it is given up at once. */
  const update = <Result>(
    invoice: InvoiceFacts,
    name: string,
    { args: [input], ...options }: UpdateOptions,
  ): Promise<Result> => {
    const deadline = Date.now() + deadline_ms;
    const args: [object] = [{ ...input, request_id: requestId() }];
    return crowd.run(invoice.id, () =>
      turns.run(invoice.merchant_id, deadline, () =>
        client.withDeadline(deadline, () => send<Result>(invoice, name, { ...options, args })),
      ),
    );
  };

  const start = async (invoice: InvoiceFacts, startDelay: number): Promise<void> => {
    try {
      await client.workflow.start(INVOICE_WORKFLOW, { ...startOptions(invoice), startDelay });
    } catch (error) {
      if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
    }
  };

  const signal = async (invoice: InvoiceFacts, webhookId: string): Promise<void> => {
    try {
      await client.workflow.getHandle(invoiceWorkflowId(invoice.id)).signal(MESSAGES.webhook, webhookId);
    } catch (error) {
      if (!(error instanceof WorkflowNotFoundError)) throw error;
      await client.workflow.signalWithStart(INVOICE_WORKFLOW, {
        ...startOptions(invoice),
        signal: MESSAGES.webhook,
        signalArgs: [webhookId],
      });
    }
  };
  const webhookArrived: InvoiceGateway['webhookArrived'] = (invoice, webhookId) =>
    turns.run(invoice.merchant_id, Date.now() + deadline_ms, () => signal(invoice, webhookId));

  return {
    open(invoice, due_at) {
      const startDelay = Math.max(0, due_at.getTime() - Date.now());
      return turns.run(invoice.merchant_id, Date.now() + deadline_ms, () =>
        withTimeLimit(START_LIMIT_MS, start(invoice, startDelay)),
      );
    },
    requestPayment: (invoice, input) =>
      update<RequestPaymentResult>(invoice, MESSAGES.requestPayment, {
        updateId: input.payment_id,
        args: [input],
      }),
    moveMoney: (invoice, input) =>
      update<MoveMoneyResult>(invoice, MESSAGES.moveMoney, {
        updateId: input.operation_id,
        args: [input],
      }),
    resolveCase: (invoice, input) =>
      update<ResolveCaseResult>(invoice, MESSAGES.resolveCase, { args: [input] }),
    cancel: (invoice, input) => update<CancelResult>(invoice, MESSAGES.cancel, { args: [input] }),
    cancelPayment: (invoice, input) =>
      update<CancelResult>(invoice, MESSAGES.cancelPayment, { args: [input] }),
    refresh(invoice, payment_id) {
      const input: RefreshInput = { payment_id };
      return update<RefreshResult>(invoice, MESSAGES.refresh, { args: [input] });
    },
    webhookArrived,
    async running(invoiceIds) {
      const found = new Set<string>();
      if (invoiceIds.length === 0) return found;
      const byWorkflow = new Map(invoiceIds.map((id) => [invoiceWorkflowId(id), id]));
      const names = [...byWorkflow.keys()].map((name) => `'${name}'`).join(', ');
      const query = `WorkflowType = '${INVOICE_WORKFLOW}' AND ExecutionStatus = 'Running' AND WorkflowId IN (${names})`;
      for await (const { workflowId } of client.workflow.list({ query, pageSize: invoiceIds.length })) {
        const id = byWorkflow.get(workflowId);
        if (id !== undefined) found.add(id);
      }
      return found;
    },
    wake: (invoice) => webhookArrived(invoice, NO_WEBHOOK),
  };
}

const keys = {
  merchant: defineSearchAttributeKey('SarrafMerchant', SearchAttributeType.KEYWORD),
  reference: defineSearchAttributeKey('SarrafReference', SearchAttributeType.KEYWORD),
  status: defineSearchAttributeKey('SarrafStatus', SearchAttributeType.KEYWORD),
  currency: defineSearchAttributeKey('SarrafCurrency', SearchAttributeType.KEYWORD),
  amount: defineSearchAttributeKey('SarrafAmount', SearchAttributeType.INT),
};

/** Keyword attributes are capped at 255 characters by common stores; a longer reference is found by its start. */
function searchAttributes(invoice: InvoiceFacts): TypedSearchAttributes {
  const pairs = new TypedSearchAttributes([
    { key: keys.merchant, value: invoice.merchant_id },
    { key: keys.status, value: 'open' },
    { key: keys.currency, value: invoice.currency },
    { key: keys.amount, value: invoice.amount },
  ]);
  return invoice.reference === null
    ? pairs
    : pairs.updateCopy([{ key: keys.reference, value: invoice.reference.slice(0, 255) }]);
}

/** Stands in for the workflows in tests of the API; the real engine is tested under `test/`. */
import type pg from 'pg';
import type { InvoiceFacts, InvoiceGateway } from '../../temporal/invoices.ts';
import type {
  CancelResult,
  MoveMoneyInput,
  MoveMoneyResult,
  RefreshResult,
  RequestPaymentResult,
} from '../../workflows/contract.ts';

export interface TestGateway extends InvoiceGateway {
  readonly opened: string[];
  readonly told: { invoice: string; webhook: string }[];
  readonly requested: string[];
  readonly refreshed: (string | null)[];
  /** Runs that were started. */
  readonly reconciled: string[];
  /** Invoices whose workflow was woken. */
  readonly woken: string[];
  /** Invoices that have a workflow. */
  readonly runs: Set<string>;
  /** Thrown by every call while it is set. */
  failure: Error | null;
  /** What happens to a payment's row before the update is answered. */
  onPayment: (paymentId: string) => Promise<RequestPaymentResult>;
  /** What happens to an operation's row before the update is answered. */
  onMove: (input: MoveMoneyInput) => Promise<MoveMoneyResult>;
  onCancel: (invoice: InvoiceFacts) => Promise<CancelResult>;
  /** What happens to a payment's row when its provider is asked. */
  onRefresh: (paymentId: string | null) => Promise<RefreshResult>;
}

/** As a client reports an engine that is down. */
export function unreachable(): Error {
  return Object.assign(new Error('14 UNAVAILABLE: No connection established'), { code: 14 });
}

/** As a client reports an update that took too long. */
export function deadline(): Error {
  const error = new Error('Workflow update call timeout or cancelled');
  error.name = 'WorkflowUpdateRPCTimeoutOrCancelledError';
  return error;
}

export function createTestGateway(pool: pg.Pool): TestGateway {
  const gateway: TestGateway = {
    opened: [],
    told: [],
    requested: [],
    refreshed: [],
    reconciled: [],
    woken: [],
    runs: new Set(),
    failure: null,
    onRefresh: async () => ({ unread: 0 }),
    onPayment: (id) => answerPayment(pool, id, { status: 'pending' }),
    onMove: () => Promise.resolve({ refused: null }),
    onCancel: async ({ id }) => {
      await pool.query(`update invoices set status = 'canceled' where id = $1`, [id]);
      return { outcome: 'canceled' };
    },
    async open({ id }) {
      if (gateway.failure) throw gateway.failure;
      gateway.opened.push(id);
    },
    async requestPayment(_invoice, { payment_id }) {
      if (gateway.failure) throw gateway.failure;
      gateway.requested.push(payment_id);
      return gateway.onPayment(payment_id);
    },
    async moveMoney(_invoice, input) {
      if (gateway.failure) throw gateway.failure;
      return gateway.onMove(input);
    },
    async resolveCase() {
      if (gateway.failure) throw gateway.failure;
      return { refused: null };
    },
    async cancel(invoice) {
      if (gateway.failure) throw gateway.failure;
      return gateway.onCancel(invoice);
    },
    async cancelPayment(_invoice, { payment_id }) {
      if (gateway.failure) throw gateway.failure;
      await pool.query(`update payments set status = 'canceled' where id = $1`, [payment_id]);
      return { outcome: 'canceled' };
    },
    async refresh(_invoice, paymentId) {
      if (gateway.failure) throw gateway.failure;
      gateway.refreshed.push(paymentId);
      return gateway.onRefresh(paymentId);
    },
    async webhookArrived({ id }, webhook) {
      if (gateway.failure) throw gateway.failure;
      gateway.told.push({ invoice: id, webhook });
    },
    async running(ids) {
      if (gateway.failure) throw gateway.failure;
      return new Set(ids.filter((id) => gateway.runs.has(id)));
    },
    async wake({ id }) {
      if (gateway.failure) throw gateway.failure;
      gateway.woken.push(id);
    },
  };
  return gateway;
}

/** Writes what a provider has answered into the payment's row, as the workflow's commit does. */
export async function answerPayment(
  pool: pg.Pool,
  paymentId: string,
  { status, failure = null }: { status: string; failure?: unknown },
): Promise<RequestPaymentResult> {
  const next_action = {
    type: 'qr_code',
    qr_payload: '00020101021238',
    bank_transfer: { bank_name: 'Bank', account_name: 'Shop', account_number: '001', remark: 'INV1' },
  };
  await pool.query(
    `update payments set status = $2, failure = $3, next_action = $4, provider_payment_id = $5, expires_at = now() + interval '30 minutes'
     where id = $1`,
    [
      paymentId,
      status,
      failure === null ? null : JSON.stringify(failure),
      JSON.stringify(next_action),
      `P-${paymentId}`,
    ],
  );
  return { outcome: 'answered' };
}

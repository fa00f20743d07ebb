/** What a worker counts: calls to providers, breakers, how invoices and payments end, what the sweeper repairs. In memory only. */
import { Counter, Gauge, Histogram, type Registry } from 'prom-client';
import type { InvoiceState } from '../domain/state.ts';
import { findPayment } from '../domain/state.ts';
import { invoiceStatus, paymentStatus } from '../domain/status.ts';
import { boundedLabel, SECONDS } from './registry.ts';

/** Accounts with series of their own; further ones share `other`. */
const ACCOUNTS_MAX = 200;
const STATES = ['closed', 'half_open', 'open'] as const;

export interface WorkerMetrics {
  providerCall(call: {
    readonly account_id: string;
    readonly provider: string;
    readonly operation: string;
    /** `2xx` to `5xx`, or why there was no answer: `timeout`, `connection_refused`. */
    readonly outcome: string;
    readonly seconds: number;
  }): void;
  breaker(change: {
    readonly account_id: string;
    readonly provider: string;
    readonly state: (typeof STATES)[number];
  }): void;
  /** What is on record now that was not before. */
  committed(before: InvoiceState, after: InvoiceState): void;
  /** What one sweep did, by kind. */
  swept(report: object): void;
}

/** The part of Temporal's worker that is asked at each scrape. */
interface WorkerStatus {
  readonly numInFlightWorkflowActivations: number;
  readonly numInFlightNonLocalActivities: number;
  readonly numInFlightLocalActivities: number;
  readonly numCachedWorkflows: number;
}

export function createWorkerMetrics(registry: Registry): WorkerMetrics {
  const registers = [registry];
  const account = boundedLabel(ACCOUNTS_MAX);
  const calls = new Counter({
    name: 'sarraf_provider_calls_total',
    help: 'Calls to providers by account, operation and outcome: the class of the answer, or why there was none',
    labelNames: ['provider', 'account', 'operation', 'outcome'],
    registers,
  });
  const durations = new Histogram({
    name: 'sarraf_provider_call_seconds',
    help: 'Duration of calls to providers by account and operation',
    labelNames: ['provider', 'account', 'operation'],
    buckets: SECONDS,
    registers,
  });
  const breakers = new Gauge({
    name: 'sarraf_breaker_state',
    help: 'The circuit breaker of an account in this worker: 1 for the state that it is in. Absent: it never changed',
    labelNames: ['provider', 'account', 'state'],
    registers,
  });
  const invoices = new Counter({
    name: 'sarraf_invoices_total',
    help: 'Invoices that came into a status, by currency',
    labelNames: ['status', 'currency'],
    registers,
  });
  const payments = new Counter({
    name: 'sarraf_payments_total',
    help: 'Payments that came into a status, by provider and method; failure: the kind, or none',
    labelNames: ['provider', 'method', 'status', 'failure'],
    registers,
  });
  const sweeps = new Counter({ name: 'sarraf_sweeps_total', help: 'Sweeps that were made', registers });
  const repairs = new Counter({
    name: 'sarraf_sweeper_repairs_total',
    help: 'What the sweeper found left behind and drove again or tidied away, by cause',
    labelNames: ['cause'],
    registers,
  });

  return {
    providerCall({ provider, account_id, operation, outcome, seconds }) {
      const labels = { provider, account: account(account_id), operation };
      calls.inc({ ...labels, outcome });
      durations.observe(labels, seconds);
    },
    breaker({ provider, account_id, state }) {
      const labels = { provider, account: account(account_id) };
      // Accounts that share a label would contradict each other.
      if (labels.account === 'other') return;
      for (const each of STATES) breakers.set({ ...labels, state: each }, each === state ? 1 : 0);
    },
    committed(before, after) {
      const status = invoiceStatus(after);
      if (invoiceStatus(before) !== status) invoices.inc({ status, currency: after.currency });
      for (const payment of after.payments) {
        const earlier = findPayment(before, payment.id);
        if (earlier === payment) continue;
        const now = paymentStatus(payment);
        if (earlier && paymentStatus(earlier) === now) continue;
        const { provider, method } = payment;
        const failure = now === 'failed' ? (payment.failure?.kind ?? 'none') : 'none';
        payments.inc({ provider, method, status: now, failure });
      }
    },
    swept(report) {
      sweeps.inc();
      for (const [cause, count] of Object.entries(report)) {
        if (typeof count === 'number') repairs.inc({ cause }, count);
      }
    },
  };
}

/** Shows what Temporal's worker says of itself. */
export function showWorkerStatus(registry: Registry, status: () => WorkerStatus): void {
  const inFlight = new Gauge({
    name: 'sarraf_worker_in_flight',
    help: 'What this worker works on: workflow tasks, local activities, activities',
    labelNames: ['kind'],
    registers: [],
    collect() {
      const now = status();
      this.set({ kind: 'workflow_task' }, now.numInFlightWorkflowActivations);
      this.set({ kind: 'local_activity' }, now.numInFlightLocalActivities);
      this.set({ kind: 'activity' }, now.numInFlightNonLocalActivities);
    },
  });
  const cached = new Gauge({
    name: 'sarraf_worker_cached_invoices',
    help: 'Invoices whose workflows are in memory',
    registers: [],
    collect() {
      this.set(status().numCachedWorkflows);
    },
  });
  registry.registerMetric(inFlight);
  registry.registerMetric(cached);
}

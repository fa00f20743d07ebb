/** What the API needs from outside, handed in by `main.ts` or a test. */
import type { JumpResult } from '../temporal/test-clock.ts';
import type pg from 'pg';
import type { Logger } from 'pino';
import type { Sealer } from '../db/sealed.ts';
import type { Connector } from '../providers/contract.ts';
import type { ProviderHttp } from '../providers/http.ts';
import type { Reach } from '../providers/reach.ts';
import type { ApiMetrics } from '../metrics/api-metrics.ts';
import type { DeliveryGateway } from '../temporal/deliveries.ts';
import type { WorkflowFacts } from '../temporal/inspect.ts';
import type { InvoiceGateway } from '../temporal/invoices.ts';
import type { ReconciliationGateway } from '../temporal/reconciliations.ts';
import type { Background } from './background.ts';
import type { KeyUses } from './key-uses.ts';
import type { Probe } from './probes.ts';
import type { RefusalCounts } from './refusal-counts.ts';

export interface OperationsSettings {
  /** `open`: whoever is on this machine is an administrator of the sandbox. */
  readonly access: 'sign_in' | 'open';
  /** Without trailing slash; null: there is no link. */
  readonly temporalUiUrl: string | null;
  readonly temporalNamespace: string;
  /** Looks at the workflow of an invoice; null: it has none that is kept. */
  readonly inspect: (invoiceId: string) => Promise<WorkflowFacts | null>;
}

export interface ApiDependencies {
  readonly pool: pg.Pool;
  readonly sealer: Sealer;
  readonly apiKeyPepper: Uint8Array;
  /** SHA-256 of each operator's key. */
  readonly operatorKeys: readonly Buffer[];
  /** Per minute and process; null: any number. */
  readonly limits: { readonly requestsPerKey: number | null; readonly failuresPerAddress: number | null };
  /** Proxies whose word on where a request comes from is believed: addresses, networks, or Express's names for some. */
  readonly trustedProxies: readonly string[];
  readonly keyUses: KeyUses;
  readonly connectors: readonly Connector<unknown>[];
  /** The way out to providers, for what a person has asked for: webhooks to be registered, a payment to be looked at. Money is the worker's. */
  readonly providerHttp: ProviderHttp;
  /** Where sandbox accounts may lead; live ones always lead to public addresses. */
  readonly reach: Reach;
  readonly invoices: InvoiceGateway;
  /** Has webhooks sent. */
  readonly deliveries: DeliveryGateway;
  readonly reconciliations: ReconciliationGateway;
  /** Moves the clock of one workflow ahead. Throws a gRPC error with code 5 when no such workflow is running. */
  readonly fastForward: (workflowId: string, by_ms: number) => Promise<JumpResult>;
  /** The control API of the simulators, without trailing slash, so that people can play the customer; null: there are none. */
  readonly sandboxControlUrl: string | null;
  /** What `/readyz` asks. */
  readonly probes: readonly Probe[];
  /** Where the outside reaches this API, without trailing slash. */
  readonly publicUrl: string;
  readonly logger: Logger;
  /** Wall clock, milliseconds. */
  readonly now: () => number;
  /** Fires when the process begins to stop: what would stay open for long ends then. */
  readonly closing: AbortSignal;
  /** Work that goes on after the answer; shutdown waits for it. */
  readonly background: Background;
  /** How many webhooks were refused, and why. */
  readonly refusals: RefusalCounts;
  /** What is counted for Prometheus; without it nothing is. */
  readonly metrics?: ApiMetrics;
  /** How the operations pages are reached; without it people sign in, and nothing links to the Temporal UI. */
  readonly operations?: OperationsSettings;
}

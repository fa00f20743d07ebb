/** What the activities need from outside, handed in by the worker. */
import type pg from 'pg';
import type { Logger } from 'pino';
import type { Sealer } from '../db/sealed.ts';
import type { InvoiceState } from '../domain/state.ts';
import type { Connector } from '../providers/contract.ts';
import type { ProviderHttp, SeenExchange } from '../providers/http.ts';
import type { Redactor } from '../providers/redact.ts';
import type { DeliveryGateway } from '../temporal/deliveries.ts';
import type { InvoiceGateway } from '../temporal/invoices.ts';
import type { ReconciliationGateway } from '../temporal/reconciliations.ts';
import type { Breakers } from './breakers.ts';
import type { Lanes } from './lanes.ts';
import type { Paces } from './paces.ts';

export interface ActivityDependencies {
  readonly pool: pg.Pool;
  readonly sealer: Sealer;
  readonly connectorFor: (provider: string) => Connector<unknown>;
  readonly http: ProviderHttp;
  /** Keeps every call to a provider. */
  readonly exchanges: ExchangeRecorder;
  /** How long calls to providers and the bodies of webhooks are kept, days. */
  readonly exchangesKept_days: number;
  /** Seals the links of the audit chain. */
  readonly auditKey: Uint8Array;
  readonly lanes: Lanes;
  readonly breakers: Breakers;
  readonly paces: Paces;
  /** The sweeper's way back to the invoices' workflows. */
  readonly invoices: InvoiceGateway;
  /** Has sent what was committed. */
  readonly deliveries: DeliveryGateway;
  readonly reconciliations: ReconciliationGateway;
  readonly logger: Logger;
  /** Told of every commit; takes no time and never throws. */
  readonly committed?: (before: InvoiceState, after: InvoiceState) => void;
  /** Where a provider reaches us with webhooks of this account. */
  readonly webhookUrl: (provider: string, accountId: string) => string;
  /** Wall clock, milliseconds. */
  readonly now: () => number;
  /** Named crash points: tests stop the process exactly there. Does nothing in production. */
  readonly failPoint: (name: FailPoint) => void;
}

export type FailPoint = 'after_provider_accepted';

/** A call as it was, with what it was about. It holds secrets until `redactor` has seen to them. */
export interface RawExchange {
  readonly account_id: string;
  readonly provider: string;
  readonly invoice_id: string;
  readonly payment_id: string | null;
  /** The capture, void or refund that this call asks for; null for every other call. */
  readonly operation_id: string | null;
  /** 1 for the first; a call that is repeated with a fresh token, or by an activity that runs again, counts on. */
  readonly attempt: number;
  readonly seen: SeenExchange;
  readonly redactor: Redactor;
}

export interface ExchangeRecorder {
  /** Puts a call aside to be written soon. Takes no time and never throws. */
  record(exchange: RawExchange): void;
}

/** What the activities need from outside, handed in by the worker. */
import type pg from 'pg';
import type { Logger } from 'pino';
import type { Sealer } from '../db/sealed.ts';
import type { Connector } from '../providers/contract.ts';
import type { ProviderHttp } from '../providers/http.ts';
import type { InvoiceGateway } from '../temporal/invoices.ts';
import type { Lanes } from './lanes.ts';

export interface ActivityDependencies {
  readonly pool: pg.Pool;
  readonly sealer: Sealer;
  readonly connectorFor: (provider: string) => Connector<unknown>;
  readonly http: ProviderHttp;
  readonly lanes: Lanes;
  /** The sweeper's way back to the invoices' workflows. */
  readonly invoices: InvoiceGateway;
  readonly logger: Logger;
  /** Where a provider reaches us with webhooks of this account. */
  readonly webhookUrl: (provider: string, accountId: string) => string;
  /** Wall clock, milliseconds. */
  readonly now: () => number;
  /** Named crash points: tests stop the process exactly there. Does nothing in production. */
  readonly failPoint: (name: FailPoint) => void;
}

export type FailPoint = 'after_provider_accepted';

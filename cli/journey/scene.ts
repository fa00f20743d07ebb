/** What a scene of the journey works with, and how it says what happens. */
import type pg from 'pg';
import type { MerchantApi, Payment, SandboxControl } from './clients.ts';

export interface Stage {
  readonly api: MerchantApi;
  readonly sandbox: SandboxControl;
  /** The record itself, to look at the books. */
  readonly pool: pg.Pool;
  /** Kills the worker with SIGKILL; resolves when another one runs in its place. */
  readonly killWorker: () => Promise<void>;
  /** One line of the timeline. */
  readonly say: (line: string) => void;
  /** A QR code to show. */
  readonly showQr: (payload: string) => void;
}

export interface Scene {
  readonly title: string;
  /** Plays the scene and returns how it ended, in a few words. Throws when a step does not end as it should. */
  play(stage: Stage): Promise<string>;
}

/** Throws with `what` unless `condition` holds. */
export function ensure(condition: boolean, what: string): asserts condition {
  if (!condition) throw new Error(what);
}

/** The provider's id of a payment that the provider has accepted. */
export function providerId(payment: Payment): string {
  ensure(payment.provider_payment_id !== null, `${payment.id} has no provider id (${payment.status})`);
  return payment.provider_payment_id;
}

/** Checks the books of one invoice: what they say was received, and that debits equal credits. */
export async function ensureBooked({ pool }: Stage, invoiceId: string, received: number): Promise<void> {
  const { rows } = await pool.query<{ received: number; balance: number }>(
    `select coalesce(-sum(amount) filter (where account = 'merchant_payable'), 0)::bigint as received,
       coalesce(sum(amount), 0)::bigint as balance from ledger_entries where invoice_id = $1`,
    [invoiceId],
  );
  const { received: booked, balance } = rows[0] ?? { received: 0, balance: 0 };
  ensure(balance === 0, `the ledger of ${invoiceId} is off balance by ${balance}`);
  ensure(booked === received, `the ledger of ${invoiceId} has ${booked} received, not ${received}`);
}

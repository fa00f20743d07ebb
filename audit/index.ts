/**
 * The audit: every invariant over the whole record. It only reads, a batch of invoices at a time and each batch in a
 * snapshot of its own, so it can run beside everything else and whatever the size.
 */
import type pg from 'pg';
import { CHAIN_INVARIANTS, type ChainPin } from './chain.ts';
import { entries } from './entry-invariants.ts';
import { EVENT_INVARIANTS } from './event-invariants.ts';
import { inSnapshot, invoiceBatches } from './invoices.ts';
import type { InvoiceInvariant, InvoiceRecord, Violation } from './invariant.ts';
import { livenessViolations, type LivenessOptions } from './liveness.ts';
import { reservationInvariants } from './reservations.ts';
import { ROW_INVARIANTS } from './row-invariants.ts';
import { sandboxInvariant, type SandboxBooks } from './sandbox-books.ts';
import { WHOLE_INVARIANTS } from './whole-invariants.ts';

export interface AuditOptions {
  /** Webhooks that came less than this long ago may still wait to be applied, seconds. */
  readonly webhook_grace_s?: number;
  /** What was recorded less than this long ago may still wait to be sealed, seconds. */
  readonly seal_grace_s?: number;
  /** Proves the seals of the audit chain; without it only its hashes are checked. */
  readonly seal_key?: Uint8Array | null;
  /** Where chains are known to have stood. */
  readonly pins?: readonly ChainPin[];
  /** Invoices read at once. */
  readonly batch?: number;
  /** Violations of one invariant that are kept; all are counted. */
  readonly limit?: number;
  /** A capture, void or refund that has been under way for longer than this needs a reason, seconds. */
  readonly reservation_grace_s?: number;
  /** The workflow engine to compare with. */
  readonly engine?: Omit<LivenessOptions, 'limit'> | null;
  /** The simulators' books to compare with. */
  readonly books?: SandboxBooks | null;
  /** Told after each batch how many invoices have been checked. */
  readonly onProgress?: (invoices: number) => void;
}

/** How one invariant stands. */
export interface Finding {
  readonly id: string;
  readonly title: string;
  /** How often it does not hold. Of whole tables, at most `limit` are counted. */
  readonly count: number;
  /** The first of them. */
  readonly violations: readonly Violation[];
}

export interface AuditReport {
  readonly ok: boolean;
  readonly invoices: number;
  /** Whether the seals of the audit chain were proved, or only its hashes. */
  readonly seals_checked: boolean;
  /** Whether the workflow engine was asked. */
  readonly workflows_checked: boolean;
  /** Payments that the simulators do not know, so that they could not be compared; null without books. */
  readonly not_in_sandbox: number | null;
  readonly findings: readonly Finding[];
}

const LIVENESS = {
  id: 'workflow_liveness',
  title: 'What is in flight has an open workflow, and each open workflow has something in flight',
};

const DEFAULTS = {
  webhook_grace_s: 300,
  seal_grace_s: 300,
  reservation_grace_s: 86_400,
  batch: 100,
  limit: 100,
};

/** Checks everything that is recorded. Throws only when the database cannot be read. */
export async function audit(pool: pg.Pool, options: AuditOptions = {}): Promise<AuditReport> {
  const { webhook_grace_s, seal_grace_s, reservation_grace_s, batch, limit } = { ...DEFAULTS, ...options };
  const { books = null, engine = null, seal_key = null, pins = [], onProgress } = options;
  let notInSandbox = 0;
  const invariants = [
    ...EVENT_INVARIANTS,
    ...ROW_INVARIANTS,
    entries,
    ...reservationInvariants(reservation_grace_s),
    ...(books === null ? [] : [sandboxInvariant(books, () => void (notInSandbox += 1))]),
  ];
  const tallies = invariants.map((invariant) => ({ invariant, tally: createTally(limit) }));
  let invoices = 0;
  for await (const records of invoiceBatches(pool, batch)) {
    for (const { invariant, tally } of tallies)
      for (const record of records) tally.add(checked(invariant, record));
    invoices += records.length;
    onProgress?.(invoices);
  }

  const findings = tallies.map(({ invariant: { id, title }, tally }) => ({ id, title, ...tally.result() }));
  const whole = { webhook_grace_s, seal_grace_s, seal_key, pins, limit };
  for (const { id, title, check } of [...WHOLE_INVARIANTS, ...CHAIN_INVARIANTS]) {
    const found = await inSnapshot(pool, (client) => check(client, whole));
    findings.push({ id, title, count: found.length, violations: found });
  }
  if (engine !== null) {
    const found = await livenessViolations(pool, { ...engine, limit });
    findings.push({ ...LIVENESS, count: found.length, violations: found });
  }
  return {
    ok: findings.every(({ count }) => count === 0),
    invoices,
    seals_checked: seal_key !== null,
    workflows_checked: engine !== null,
    not_in_sandbox: books === null ? null : notInSandbox,
    findings,
  };
}

/** A record so damaged that it cannot even be checked is a violation, and no reason to leave the others unchecked. */
function checked({ check }: InvoiceInvariant, record: InvoiceRecord): Violation[] {
  try {
    return check(record);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return [{ about: record.row.id, message: `its record cannot be read: ${why}` }];
  }
}

function createTally(limit: number) {
  const violations: Violation[] = [];
  let count = 0;
  return {
    add: (found: readonly Violation[]): void => {
      count += found.length;
      violations.push(...found.slice(0, Math.max(0, limit - violations.length)));
    },
    result: () => ({ count, violations }),
  };
}

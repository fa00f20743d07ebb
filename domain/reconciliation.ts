/** Reconciliation: what comparing a provider's row with our record can lead to, and what people can decide about it. */

export const OUTCOMES = [
  'matched',
  /** The provider has it and we do not. */
  'missing_here',
  /** We have it and the provider does not. */
  'missing_there',
  'amount_differs',
  /** Paid there and not here, ended there and open here, or the other way round. */
  'status_differs',
  'fee_differs',
  /** A second row of the same settlement, or a second payment there for one of ours. */
  'duplicate',
] as const;
export type Outcome = (typeof OUTCOMES)[number];

/** An outcome that may need a person; a case of this kind. */
export type Difference = Exclude<Outcome, 'matched'>;

/** `handled`: a person has put it right where it was wrong. `accept_fee`: the provider's fee is right and is booked. */
export const DIFFERENCE_DECISIONS = {
  missing_here: ['handled', 'not_ours'],
  missing_there: ['handled'],
  amount_differs: ['handled'],
  status_differs: ['handled'],
  fee_differs: ['accept_fee', 'handled'],
  duplicate: ['handled', 'not_ours'],
} as const satisfies Record<Difference, readonly string[]>;

export type DifferenceDecision = (typeof DIFFERENCE_DECISIONS)[Difference][number];

export const RUN_STATUSES = ['pending', 'running', 'succeeded', 'failed'] as const;
export type RunStatus = (typeof RUN_STATUSES)[number];

export const RUN_SOURCES = ['list', 'reads', 'file'] as const;
export type RunSource = (typeof RUN_SOURCES)[number];

const DAY_MS = 24 * 3600 * 1000;

/** From the first moment of a day in UTC to the first of the next, RFC 3339. `day`: `2027-01-31`. */
export function dayRange(day: string): { readonly from: string; readonly to: string } {
  const start = Date.parse(`${day}T00:00:00.000Z`);
  return { from: new Date(start).toISOString(), to: new Date(start + DAY_MS).toISOString() };
}

/** The day in UTC before the one of `now` (milliseconds). */
export function dayBefore(now: number): string {
  return new Date(now - DAY_MS).toISOString().slice(0, 10);
}

/**
 * A provider that answers, and yet is not well: far fewer payments than usual succeed, calls take far longer, or its webhooks have stopped.
 * Each begins at one mark and ends at another, and asks for enough to go by, so that chance makes no incident and none flaps.
 */

export const DEGRADATIONS = ['low_success_rate', 'slow', 'webhooks_missing'] as const;
export type Degradation = (typeof DEGRADATIONS)[number];

/** What was measured of one account over the last hour, and what is usual there; null: nobody knows yet. */
export interface Measured {
  /** Payments that have ended, and those of them that were paid. */
  readonly ended: number;
  readonly paid: number;
  /** Calls, and how long the middle one took, milliseconds. */
  readonly calls: number;
  readonly call_ms: number | null;
  /** Paid payments whose webhook should have come by now, and those of them that no webhook has told of. */
  readonly settled: number;
  readonly unheard: number;
  /** True when a webhook of this account has ever come: where none was set up, none is missing. */
  readonly has_webhooks: boolean;
  readonly usual_success_rate: number | null;
  readonly usual_call_ms: number | null;
}

/** Fewer say nothing. */
const ENDED_MIN = 20;
const CALLS_MIN = 50;
const UNHEARD_MIN = 5;
/** It begins below this share of the usual success rate, and ends above the other. */
const FEW = { begins: 0.5, ends: 0.75 } as const;
/** Times the usual duration; and what is never slow, milliseconds. */
const SLOW = { begins: 4, ends: 2, never_ms: 1_000 } as const;
/** Shares of the paid payments that no webhook has told of. */
const MISSING = { begins: 0.5, ends: 0.2 } as const;
/** How much one measurement weighs in what is usual; there is one every half minute. */
const WEIGHT = 1 / 2880;

/** What has gone wrong now, in words for people; null: nothing that would begin an incident. */
export function begins(cause: Degradation, measured: Measured): string | null {
  const { ended, paid, calls, call_ms, settled, unheard, has_webhooks } = measured;
  const { usual_success_rate: usual_rate, usual_call_ms: usual_ms } = measured;
  switch (cause) {
    case 'low_success_rate': {
      if (ended < ENDED_MIN || usual_rate === null || paid / ended >= usual_rate * FEW.begins) return null;
      return `${percent(paid / ended)} of the last hour's ${ended} payments succeeded; ${percent(usual_rate)} is usual`;
    }
    case 'slow': {
      if (calls < CALLS_MIN || call_ms === null || usual_ms === null) return null;
      if (call_ms < Math.max(SLOW.never_ms, usual_ms * SLOW.begins)) return null;
      return `calls take ${seconds(call_ms)}; ${seconds(usual_ms)} is usual`;
    }
    case 'webhooks_missing': {
      if (!has_webhooks || unheard < UNHEARD_MIN || unheard < settled * MISSING.begins) return null;
      return `no webhook has told of ${unheard} of the last hour's ${settled} paid payments; they were found by asking`;
    }
  }
}

/** True when it is as usual again, or nothing is known of it any more. */
export function isOver(cause: Degradation, measured: Measured): boolean {
  const { ended, paid, calls, call_ms, settled, unheard } = measured;
  const { usual_success_rate: usual_rate, usual_call_ms: usual_ms } = measured;
  switch (cause) {
    case 'low_success_rate':
      return ended === 0 || usual_rate === null || paid / ended >= usual_rate * FEW.ends;
    case 'slow': {
      if (calls === 0 || call_ms === null || usual_ms === null) return true;
      return call_ms <= Math.max(SLOW.never_ms / 2, usual_ms * SLOW.ends);
    }
    case 'webhooks_missing':
      return unheard <= settled * MISSING.ends;
  }
}

/**
 * What is usual after this measurement. What is wrong now (`open`) is not to become usual, and neither is what few payments say by chance.
 */
export function learn(
  measured: Measured,
  open: readonly string[],
): { readonly success_rate: number | null; readonly call_ms: number | null } {
  const { ended, paid, calls, call_ms, usual_success_rate, usual_call_ms } = measured;
  const isWrong = (cause: Degradation): boolean => open.includes(cause) || begins(cause, measured) !== null;
  const learnsRate = ended >= ENDED_MIN && !isWrong('low_success_rate');
  const learnsTime = calls >= CALLS_MIN && call_ms !== null && !isWrong('slow');
  return {
    success_rate: learnsRate ? drift(usual_success_rate, paid / ended) : usual_success_rate,
    call_ms: learnsTime ? drift(usual_call_ms, call_ms) : usual_call_ms,
  };
}

const drift = (usual: number | null, now: number): number =>
  usual === null ? now : usual + (now - usual) * WEIGHT;
const percent = (share: number): string => `${Math.round(share * 100)} %`;
const seconds = (ms: number): string => `${(ms / 1000).toFixed(1)} s`;

/**
 * A circuit breaker: while a provider account fails, its calls are refused here instead of being made. Closed, it counts;
 * open, it refuses until a cooldown has passed; half-open, it lets one call through and goes by what becomes of it.
 */

export type BreakerState = 'closed' | 'open' | 'half_open';

/** What an operator has decided: `open` refuses every call, `closed` none; null leaves it to the breaker. */
export type ForcedState = 'open' | 'closed' | null;

/** What a call says of its provider. `neutral`: nothing, because it ended on our side. */
export type CallVerdict = 'healthy' | 'failed' | 'neutral';

export interface BreakerStanding {
  readonly state: BreakerState;
  /** Wall clock, milliseconds. */
  readonly since: number;
  /** Failures that led to this state. */
  readonly failures: number;
  /** How long it stays open from `since` on; 0 when it is closed. */
  readonly cooldown_s: number;
}

export type Entry =
  /** `leave` has to be called once, whatever becomes of the call. */
  | { readonly admitted: true; readonly leave: (verdict: CallVerdict) => void }
  | { readonly admitted: false; readonly forced: boolean; readonly retry_after_ms: number };

export interface CircuitBreaker {
  /** Asks for one call. */
  enter(): Entry;
  /** Starts afresh, closed unless it is forced open; calls that are under way do not count any more. */
  reset(forced: ForcedState): void;
}

const WINDOW_S = 30;
const FAILURES_MIN = 5;
const COOLDOWN_S = 30;
const COOLDOWN_MAX_S = 600;
/** A probe is under way: it will not take long. */
const PROBING_RETRY_MS = 1_000;
/** Nobody knows when an operator changes his mind. */
const FORCED_RETRY_MS = 60_000;

const LET_THROUGH: Entry = { admitted: true, leave: () => undefined };

/** `now`: the wall clock, milliseconds. `changed` is told of every new state, but not of what was forced. */
export function createCircuitBreaker(
  now: () => number,
  changed: (standing: BreakerStanding) => void,
): CircuitBreaker {
  let forced: ForcedState = null;
  let standing: BreakerStanding = { state: 'closed', since: now(), failures: 0, cooldown_s: 0 };
  let window = createWindow();
  let probing = false;
  /** Grows with each state: what a call says counts only in the state that let it through. */
  let generation = 0;

  const become = (state: BreakerState, failures: number, cooldown_s: number): void => {
    generation += 1;
    window = createWindow();
    probing = false;
    standing = { state, since: now(), failures, cooldown_s };
    changed(standing);
  };

  const counted = (): Entry => {
    const mine = generation;
    return {
      admitted: true,
      leave(verdict) {
        if (mine !== generation || verdict === 'neutral') return;
        const { calls, failures } = window.add(now(), verdict === 'failed');
        const isTripped = failures >= FAILURES_MIN && failures * 2 >= calls;
        if (verdict === 'failed' && isTripped) become('open', failures, COOLDOWN_S);
      },
    };
  };

  const probe = (): Entry => {
    const mine = generation;
    probing = true;
    return {
      admitted: true,
      leave(verdict) {
        if (mine !== generation) return;
        const { failures, cooldown_s } = standing;
        switch (verdict) {
          case 'healthy':
            return become('closed', 0, 0);
          case 'failed':
            return become('open', failures + 1, Math.min(cooldown_s * 2, COOLDOWN_MAX_S));
          case 'neutral':
            probing = false;
        }
      },
    };
  };

  return {
    enter() {
      if (forced === 'closed') return LET_THROUGH;
      if (forced === 'open') return { admitted: false, forced: true, retry_after_ms: FORCED_RETRY_MS };
      switch (standing.state) {
        case 'closed':
          return counted();
        case 'open': {
          const rest_ms = standing.since + standing.cooldown_s * 1000 - now();
          if (rest_ms > 0) return { admitted: false, forced: false, retry_after_ms: rest_ms };
          become('half_open', standing.failures, standing.cooldown_s);
          return probe();
        }
        case 'half_open':
          return probing ? { admitted: false, forced: false, retry_after_ms: PROBING_RETRY_MS } : probe();
      }
    },
    reset(wanted) {
      forced = wanted;
      if (standing.state === 'closed') {
        generation += 1;
        window = createWindow();
      } else {
        become('closed', 0, 0);
      }
    },
  };
}

interface Tally {
  readonly calls: number;
  readonly failures: number;
}

/** The calls of the last seconds, counted by the second, so that a busy account takes no more room than a quiet one. */
function createWindow(): { add(at_ms: number, failed: boolean): Tally } {
  let seconds: (Tally & { readonly second: number })[] = [];
  return {
    add(at_ms, failed) {
      const second = Math.floor(at_ms / 1000);
      const last = seconds.find((entry) => entry.second === second) ?? { calls: 0, failures: 0 };
      const { calls, failures } = last;
      const entry = { second, calls: calls + 1, failures: failures + (failed ? 1 : 0) };
      seconds = seconds.filter((one) => one.second !== second && one.second > second - WINDOW_S);
      seconds.push(entry);
      return seconds.reduce(
        (sum, one) => ({ calls: sum.calls + one.calls, failures: sum.failures + one.failures }),
        { calls: 0, failures: 0 },
      );
    },
  };
}

/**
 * The bulkheads between provider accounts: how many calls of each may be under way in this process.
 *
 * The fast lane: a provider call made inside a workflow task saves two trips through the server, but holds one of
 * the worker's workflow-task slots until the provider answers. So each provider account, and all accounts at one provider
 * together, may hold only a few of them; a call that finds its lane full runs as an ordinary activity instead. These are
 * limited, too, by their number: a call that finds no place gives its slot back and is tried again in a moment. A slow provider
 * fills its own lane and its own places, and slows nobody else.
 */
import type { AccountLimits } from './limits.ts';

/** Leaves a place that was taken; once is enough, and twice does no harm. */
export type Leave = () => void;

export interface Lanes {
  /** Takes a place for a call inside a workflow task, or null when there is none. */
  enter(limits: AccountLimits): Leave | null;
  /** Takes a place for a call of an ordinary activity, or null when there is none. */
  enterOrdinary(limits: AccountLimits): Leave | null;
}

/** Why a call cannot be made inside this workflow task: its lane is full, or it has to await its turn among all workers'. */
export type Elsewhere = 'lane_full' | Paced;

/** A call with an account that may make only so many a second. */
export interface Paced {
  readonly paced: { readonly account_id: string; readonly per_second: number };
}

/** True when an activity has done nothing and is to be asked elsewhere. */
export function isElsewhere(answer: unknown): answer is Elsewhere {
  return answer === 'lane_full' || (typeof answer === 'object' && answer !== null && 'paced' in answer);
}

export interface LaneWidths {
  /** Calls of one account inside workflow tasks. */
  readonly account: number;
  /** Calls of all accounts at one provider inside workflow tasks: where one hangs, the others do. */
  readonly provider: number;
  /** Calls of one account in all, unless it has a limit of its own. */
  readonly calls: number;
}

/** An account that makes few calls a second needs few at once: more would only wait here for their turns. */
const AT_ONCE_PER_TURN = 2;

export function createLanes(widths: LaneWidths): Lanes {
  const inLanes = createCounter();
  const underWay = createCounter();

  const hasRoom = ({ account_id, max_concurrent, max_per_second }: AccountLimits): boolean => {
    const paced = max_per_second === null ? Infinity : max_per_second * AT_ONCE_PER_TURN;
    return underWay.of(account_id) < (max_concurrent ?? Math.min(widths.calls, paced));
  };

  return {
    enter(limits) {
      const { account_id, provider } = limits;
      const isFull =
        inLanes.of(account_id) >= widths.account ||
        inLanes.of(provider) >= widths.provider ||
        !hasRoom(limits);
      if (isFull) return null;
      return together(inLanes.add(account_id), inLanes.add(provider), underWay.add(account_id));
    },
    enterOrdinary(limits) {
      return hasRoom(limits) ? underWay.add(limits.account_id) : null;
    },
  };
}

interface Counter {
  of(key: string): number;
  /** One more; returns how to take it back. */
  add(key: string): Leave;
}

function createCounter(): Counter {
  const counts = new Map<string, number>();
  return {
    of: (key) => counts.get(key) ?? 0,
    add(key) {
      counts.set(key, (counts.get(key) ?? 0) + 1);
      let left = false;
      return () => {
        if (left) return;
        left = true;
        const now = (counts.get(key) ?? 1) - 1;
        if (now === 0) counts.delete(key);
        else counts.set(key, now);
      };
    },
  };
}

const together =
  (...all: readonly Leave[]): Leave =>
  () => {
    for (const leave of all) leave();
  };

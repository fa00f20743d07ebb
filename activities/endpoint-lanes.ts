/**
 * How many webhooks one endpoint may be sent at once from this process. One that answers has room for a burst; one that does not is
 * left with two, so that hanging endpoints fill neither the worker nor each other's way. What finds no room waits a little for it,
 * and is then told when its turn may be.
 */
import { setTimeout as sleep } from 'node:timers/promises';

const WIDTH = 16;
const WIDTH_OF_SLOW = 2;
/** An attempt that took this long was slow. */
const SLOW_MS = 5_000;
/** Longer than a burst at an endpoint that answers takes to pass. */
const WAIT_MS = 2_000;
const LOOK_EVERY_MS = 25;
/** Those that wait hold a place in the worker, too. */
const WAITING_MAX = 32;
const TURN_MIN_MS = 1_000;
const TURN_MAX_MS = 600_000;

interface Lane {
  width: number;
  taken: number;
  waiting: number;
  /** How long the latest attempt took. */
  latest_ms: number;
  /** The turn of whoever is sent away next. */
  turn_at: number;
}

export type Place =
  | { readonly taken: true; leave(duration_ms: number): void }
  /** `turn_ms`: when to come back. */
  | { readonly taken: false; readonly turn_ms: number };

export interface EndpointLanes {
  /** Takes a place; `leave` is told how long the attempt took. */
  enter(endpointId: string): Promise<Place>;
}

export function createEndpointLanes(now: () => number = () => performance.now()): EndpointLanes {
  const lanes = new Map<string, Lane>();

  const hasRoom = ({ taken, width }: Lane): boolean => taken < width;

  const waitForRoom = async (lane: Lane): Promise<boolean> => {
    if (lane.waiting >= WAITING_MAX || lane.width === WIDTH_OF_SLOW) return false;
    lane.waiting += 1;
    const deadline = now() + WAIT_MS;
    while (!hasRoom(lane) && now() < deadline) await sleep(LOOK_EVERY_MS);
    lane.waiting -= 1;
    return hasRoom(lane);
  };

  /** One after the other, at the pace at which places become free: a thousand that wait do not all come back at once. */
  const nextTurn = (lane: Lane): number => {
    lane.turn_at = Math.max(lane.turn_at, now()) + lane.latest_ms / lane.width;
    return Math.min(TURN_MAX_MS, TURN_MIN_MS + lane.turn_at - now());
  };

  const leave = (endpointId: string, lane: Lane, duration_ms: number): void => {
    lane.taken -= 1;
    lane.latest_ms = duration_ms;
    lane.width = duration_ms >= SLOW_MS ? WIDTH_OF_SLOW : WIDTH;
    // What is as new needs no memory.
    if (lane.taken + lane.waiting === 0 && lane.width === WIDTH) lanes.delete(endpointId);
  };

  return {
    async enter(endpointId) {
      const lane = lanes.get(endpointId) ?? { width: WIDTH, taken: 0, waiting: 0, latest_ms: 0, turn_at: 0 };
      lanes.set(endpointId, lane);
      if (!hasRoom(lane) && !(await waitForRoom(lane))) return { taken: false, turn_ms: nextTurn(lane) };
      lane.taken += 1;
      return { taken: true, leave: (duration_ms) => leave(endpointId, lane, duration_ms) };
    },
  };
}

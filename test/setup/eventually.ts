/** For what tells nobody when it happens: rows, search results, other processes. */
import { setTimeout as sleep } from 'node:timers/promises';
import { pauses } from '../../cli/journey/pauses.ts';

/** Less than a test may take, so that it is this that ends the wait and says what was waited for. */
const LOOK_FOR_MS = 25_000;

/** Reads until `wanted`; throws with what was read last when that takes longer than `within_ms`. */
export async function eventually<T>(
  what: string,
  read: () => Promise<T>,
  wanted: (value: T) => boolean,
  within_ms = LOOK_FOR_MS,
): Promise<T> {
  let last: T | undefined;
  for (const pause_ms of pauses(within_ms)) {
    last = await read();
    if (wanted(last)) return last;
    await sleep(pause_ms);
  }
  throw new Error(`not within ${within_ms / 1000} s: ${what}; last seen: ${JSON.stringify(last)}`);
}

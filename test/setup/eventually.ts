/** For what tells nobody when it happens: rows, search results, other processes. */
import { setTimeout as sleep } from 'node:timers/promises';

const LOOK_EVERY_MS = 50;
/** Less than a test may take, so that it is this that ends the wait and says what was waited for. */
const LOOK_FOR_MS = 25_000;

/** Reads until `wanted`; throws with what was read last when that takes longer than `within_ms`. */
export async function eventually<T>(
  what: string,
  read: () => Promise<T>,
  wanted: (value: T) => boolean,
  within_ms = LOOK_FOR_MS,
): Promise<T> {
  const deadline = Date.now() + within_ms;
  for (;;) {
    const value = await read();
    if (wanted(value)) return value;
    if (Date.now() > deadline) {
      throw new Error(`not within ${within_ms / 1000} s: ${what}; last seen: ${JSON.stringify(value)}`);
    }
    await sleep(LOOK_EVERY_MS);
  }
}

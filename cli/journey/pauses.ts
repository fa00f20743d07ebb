const FIRST_MS = 50;
const LONGEST_MS = 300;
const GROWTH = 1.25;

/**
 * How long to wait, in milliseconds, between looks at what tells nobody when it changes; ends when `within_ms` have passed. Who
 * waits long looks seldom, and leaves the machine to what is waited for.
 */
export function* pauses(within_ms: number): Generator<number, void> {
  const deadline = Date.now() + within_ms;
  let pause_ms = FIRST_MS;
  do {
    yield pause_ms;
    pause_ms = Math.min(pause_ms * GROWTH, LONGEST_MS);
  } while (Date.now() < deadline);
}

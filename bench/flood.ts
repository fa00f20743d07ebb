/** Two ways of asking for payments: one at a time, and as many as possible at once. */
import type { Target } from './load.ts';

/** Asks for `count` payments, one after the other; how long each took, milliseconds. */
export async function oneAtATime(target: Target, count: number): Promise<number[]> {
  const times: number[] = [];
  for (let made = 0; made < count; made++) {
    const begin = performance.now();
    await target.createLink();
    times.push(performance.now() - begin);
  }
  return times;
}

/** Does `work` while `width` others make payments without a pause; resolves when these have come to their end, too. */
export async function whileFlooding<T>(target: Target, width: number, work: () => Promise<T>): Promise<T> {
  const over = new AbortController();
  const client = async (): Promise<void> => {
    while (!over.signal.aborted) await target.createLink().catch(() => undefined);
  };
  const clients = Promise.all(Array.from({ length: width }, client));
  try {
    return await work();
  } finally {
    over.abort();
    await clients;
  }
}

/** The id of the request that is being handled, for what is done about it elsewhere: the log lines of activities repeat it. */
import { AsyncLocalStorage } from 'node:async_hooks';

const ids = new AsyncLocalStorage<string>();

/** Runs `work`, and all that it sets going, as part of the request with this id. */
export function withRequestId(id: string, work: () => void): void {
  ids.run(id, work);
}

/** Of the request that asks; undefined outside of one. */
export function currentRequestId(): string | undefined {
  return ids.getStore();
}

/**
 * Whose rows the statements of a request may touch. The scope travels with the request, not with the connection: the
 * scoped pool sends it along with each statement. Where nobody has set one, the API's role sees no rows at all.
 */
import { AsyncLocalStorage } from 'node:async_hooks';

/** Stands for all merchants where otherwise the id of one stands; the policies of the tables know it. */
const ALL = '*';

const scopes = new AsyncLocalStorage<string>();

/** Runs `work` with the rows of one merchant in sight. */
export function asMerchant<T>(merchantId: string, work: () => T): T {
  return scopes.run(merchantId, work);
}

/** Runs `work` with all rows in sight: for what comes before anybody is known, and for what operators do. */
export function asService<T>(work: () => T): T {
  return scopes.run(ALL, work);
}

/** The scope of whoever calls; null: none. */
export function currentScope(): string | null {
  return scopes.getStore() ?? null;
}

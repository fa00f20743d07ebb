/** The workflows of this worker, by the names under which Temporal knows them. */
export { delivery } from './delivery.ts';
export { invoice } from './invoice.ts';
export { reconcileDay, reconciliation } from './reconciliation.ts';
export { sweep } from './sweep.ts';

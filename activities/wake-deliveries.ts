/** Has events sent that have just been committed, off the path of whoever committed them. */
import type { DeliveryQueue } from '../db/deliveries.ts';
import type { ActivityDependencies } from './dependencies.ts';

/** Returns at once. What cannot be told now is found by the sweeper. */
export function wakeDeliveries(
  { deliveries, logger }: Pick<ActivityDependencies, 'deliveries' | 'logger'>,
  queues: readonly DeliveryQueue[],
): void {
  for (const queue of queues) {
    deliveries.wake(queue, 'new').catch((err: unknown) => {
      logger.warn({ err, ...queue }, 'a delivery could not be started yet');
    });
  }
}

/** Has webhooks sent after the request that asked for it was answered. */
import type { DeliveryInput, WakeReason } from '../workflows/contract.ts';
import type { ApiDependencies } from './dependencies.ts';

/** So many at once: a thousand that are sent again must not crowd out what is going on. */
const WIDTH = 4;

/** Returns at once. What cannot be told now is found by the sweeper. */
export function createDeliveryWaker({
  deliveries,
  background,
  logger,
}: Pick<ApiDependencies, 'deliveries' | 'background' | 'logger'>) {
  return (queues: readonly DeliveryInput[], reason: WakeReason): void => {
    const left = [...queues];
    const work = async (): Promise<void> => {
      for (let queue = left.shift(); queue; queue = left.shift()) {
        try {
          await deliveries.wake(queue, reason);
        } catch (err) {
          logger.warn({ err, ...queue }, 'a delivery could not be started yet');
        }
      }
    };
    for (let count = 0; count < Math.min(WIDTH, queues.length); count += 1) background.run(work());
  };
}

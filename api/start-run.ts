/** A stored reconciliation run is started; one that cannot be started now is started by the sweeper. */
import type { ApiDependencies } from './dependencies.ts';

export type StartRun = (run_id: string) => Promise<void>;

/** Never rejects. */
export function createStartRun({
  reconciliations,
  logger,
}: Pick<ApiDependencies, 'reconciliations' | 'logger'>): StartRun {
  return async (run_id) => {
    try {
      await reconciliations.start(run_id);
    } catch (err) {
      logger.warn({ err, run_id }, 'a reconciliation run could not be started and waits for the sweeper');
    }
  };
}

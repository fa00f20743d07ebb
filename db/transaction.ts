/** Several statements that stand or fall together. */
import type pg from 'pg';

/** Commits what `work` has done when it resolves, and undoes it when it rejects. */
export async function inTransaction<T>(
  pool: pg.Pool,
  work: (client: pg.PoolClient) => Promise<T>,
): Promise<T> {
  const client = await pool.connect();
  try {
    await client.query('begin');
    const result = await work(client);
    await client.query('commit');
    client.release();
    return result;
  } catch (error) {
    // The connection is closed, and with it the transaction.
    client.release(true);
    throw error;
  }
}

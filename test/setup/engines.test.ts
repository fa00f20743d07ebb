import { Connection } from '@temporalio/client';
import pg from 'pg';
import {
  ENGINES_TIMEOUT_MS,
  freshDatabase,
  freshTaskQueue,
  temporalAddress,
  temporalNamespace,
} from './engines.ts';

async function query(url: string, statement: string): Promise<unknown[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query(statement)).rows;
  } finally {
    await client.end();
  }
}

describe('the engines for tests', () => {
  it(
    'give databases that are migrated and separate, also several at once',
    async () => {
      const databases = await Promise.all([freshDatabase(), freshDatabase(), freshDatabase()]);
      const [first, second] = databases;
      await query(first?.url ?? '', 'create table only_here (id integer)');
      expect(await query(first?.url ?? '', 'select from schema_migrations')).not.toEqual([]);
      expect(await query(second?.url ?? '', `select to_regclass('only_here') as found`)).toEqual([
        { found: null },
      ]);
      await Promise.all(databases.map(({ drop }) => drop()));
      await expect(query(first?.url ?? '', 'select 1')).rejects.toThrow('does not exist');
    },
    ENGINES_TIMEOUT_MS,
  );

  it(
    'give a Temporal server that knows the search attributes',
    async () => {
      const connection = await Connection.connect({ address: await temporalAddress() });
      const { customAttributes } = await connection.operatorService.listSearchAttributes({
        namespace: await temporalNamespace(),
      });
      await connection.close();
      expect(customAttributes).toHaveProperty('SarrafStatus');
    },
    ENGINES_TIMEOUT_MS,
  );

  it('give each caller a task queue of its own', () => {
    expect(freshTaskQueue()).not.toBe(freshTaskQueue());
  });
});

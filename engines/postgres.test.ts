import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import pg from 'pg';
import { startPostgres } from './postgres.ts';
import type { Postgres, PostgresOptions } from './postgres.ts';

const SLOW_MS = 60_000;

async function query(url: string, statement: string): Promise<unknown[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  return (await client.query(statement).finally(() => client.end())).rows;
}

describe('the embedded Postgres', () => {
  let dataDir: string;
  let running: Postgres[];

  beforeEach(async () => {
    dataDir = await mkdtemp(join(tmpdir(), 'sarraf-postgres-'));
    running = [];
  });

  afterEach(async () => {
    await Promise.all(running.map((server) => server.stop()));
    await rm(dataDir, { recursive: true, force: true });
  });

  async function start(options: Partial<PostgresOptions> = {}): Promise<Postgres> {
    const server = await startPostgres({ dataDir, logDir: dataDir, ...options });
    running.push(server);
    return server;
  }

  it(
    'keeps its data between starts, with durable settings',
    async () => {
      const first = await start();
      await query(first.url, 'create table kept as select 42 as answer');
      await first.stop();
      const second = await start();
      expect(await query(second.url, 'select answer from kept')).toEqual([{ answer: 42 }]);
      expect(
        await query(
          second.url,
          `select name, setting from pg_settings
           where name in ('fsync', 'synchronous_commit', 'full_page_writes', 'max_connections') order by name`,
        ),
      ).toEqual([
        { name: 'fsync', setting: 'on' },
        { name: 'full_page_writes', setting: 'on' },
        { name: 'max_connections', setting: '200' },
        { name: 'synchronous_commit', setting: 'on' },
      ]);
    },
    SLOW_MS,
  );

  it(
    'lets nobody in without the password',
    async () => {
      const { url } = await start({ throwaway: true });
      const wrong = new URL(url);
      wrong.password = 'guess';
      await expect(query(wrong.href, 'select 1')).rejects.toThrow('password authentication failed');
    },
    SLOW_MS,
  );

  it(
    'starts although a pid file was left behind whose process is another one now',
    async () => {
      await (await start({ throwaway: true })).stop();
      await writeFile(join(dataDir, 'cluster', 'postmaster.pid'), `${process.pid}\n${dataDir}/cluster\n`);
      const { url } = await start({ throwaway: true });
      expect(await query(url, 'select 1 as one')).toEqual([{ one: 1 }]);
    },
    SLOW_MS,
  );

  it('says clearly that its port is taken', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const { port } = other.address() as AddressInfo;
    await expect(start({ port, throwaway: true })).rejects.toThrow(
      `port ${port} for Postgres is already in use: stop what listens there, or choose another port with POSTGRES_PORT`,
    );
    other.close();
  });

  it(
    'ends when the process that started it is killed, and the next start waits for that',
    async () => {
      const script = join(dataDir, 'parent.mts');
      const module = new URL('./postgres.ts', import.meta.url).href;
      await writeFile(
        script,
        `import { startPostgres } from ${JSON.stringify(module)};
         const options = { dataDir: process.argv[2], logDir: process.argv[2], throwaway: true };
         console.log((await startPostgres(options)).url);
         setInterval(() => {}, 1000);`,
      );
      const parent = spawn(process.execPath, ['--import', 'tsx/esm', script, dataDir], {
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      const [url] = (await once(createInterface({ input: parent.stdout }), 'line')) as [string];
      await query(url, 'create table survived ()');
      parent.kill('SIGKILL');
      const next = await start({ throwaway: true });
      expect(await query(next.url, 'select from survived')).toEqual([]);
    },
    SLOW_MS,
  );
});

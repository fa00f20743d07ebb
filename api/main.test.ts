import { spawn, type ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { connect } from 'node:net';
import { createInterface } from 'node:readline';
import { ENGINES_TIMEOUT_MS, freshDatabase, type FreshDatabase } from '../test/setup/engines.ts';

let database: FreshDatabase;
beforeAll(async () => {
  database = await freshDatabase();
}, ENGINES_TIMEOUT_MS);
afterAll(() => database.drop());

/** The real process, with an engine that nobody answers for: it has to start and to say so all the same. */
async function start(): Promise<{ child: ChildProcess; url: string }> {
  const child = spawn(process.execPath, ['--import', 'tsx/esm', 'api/main.ts'], {
    stdio: ['ignore', 'pipe', 'ignore'],
    env: {
      PATH: process.env.PATH,
      DATABASE_URL: database.url,
      TEMPORAL_ADDRESS: '127.0.0.1:9',
      CREDENTIALS_KEY: randomBytes(32).toString('base64'),
      API_KEY_PEPPER: randomBytes(32).toString('base64'),
      API_PORT: '0',
    },
  });
  if (!child.stdout) throw new Error('no standard output');
  const [line] = (await once(createInterface(child.stdout), 'line')) as [string];
  const ready = JSON.parse(line) as { ready: boolean; url: string };
  expect(ready.ready).toBe(true);
  return { child, url: ready.url };
}

describe('the API process', () => {
  it('says where it listens, is up but not ready without the engine, and finishes what is under way on SIGTERM', async () => {
    const { child, url } = await start();
    expect((await fetch(`${url}/healthz`)).status).toBe(200);
    const ready = await fetch(`${url}/readyz`);
    expect(ready.status).toBe(503);
    expect(await ready.json()).toMatchObject({
      checks: [
        { name: 'database', ok: true },
        { name: 'migrations', ok: true },
        { name: 'temporal', ok: false },
        { name: 'workers', ok: false },
      ],
    });

    const { port } = new URL(url);
    const socket = connect(Number(port), '127.0.0.1');
    let answer = '';
    socket.on('data', (bytes) => (answer += bytes.toString()));
    // A request of which half is there when the signal comes.
    socket.write('POST /v1/invoices HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n');
    await fetch(`${url}/healthz`);
    const exited = once(child, 'exit');
    child.kill('SIGTERM');
    while (
      await fetch(`${url}/healthz`).then(
        () => true,
        () => false,
      )
    );
    socket.write('\r\n{}');
    await once(socket, 'close');
    expect(answer).toMatch(/^HTTP\/1\.1 401 /);
    expect(await exited).toEqual([0, null]);
  }, 30_000);

  it('exits with all that is wrong with its configuration', async () => {
    const child = spawn(process.execPath, ['--import', 'tsx/esm', 'api/main.ts'], {
      stdio: ['ignore', 'ignore', 'pipe'],
      env: { PATH: process.env.PATH, API_PORT: 'x' },
    });
    let text = '';
    child.stderr?.on('data', (bytes: Buffer) => (text += bytes.toString()));
    const [code] = await once(child, 'close');
    expect(code).not.toBe(0);
    for (const name of ['API_PORT', 'DATABASE_URL', 'TEMPORAL_ADDRESS', 'API_KEY_PEPPER'])
      expect(text).toContain(name);
  }, 30_000);
});

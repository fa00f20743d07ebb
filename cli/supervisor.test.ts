import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createSupervisor } from './supervisor.ts';
import type { Supervisor, SupervisorEvent } from './supervisor.ts';

describe('the supervisor', () => {
  let directory: string;
  let events: SupervisorEvent[];
  let supervisor: Supervisor;

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'sarraf-supervisor-'));
    events = [];
    supervisor = createSupervisor({ logDir: directory, onEvent: (event) => events.push(event) });
  });

  afterEach(async () => {
    await supervisor.stop();
    await rm(directory, { recursive: true, force: true });
  });

  async function script(name: string, source: string): Promise<string> {
    const path = join(directory, `${name}.mts`);
    await writeFile(path, source);
    return path;
  }

  const spec = async (name: string, source: string) => ({
    name,
    script: await script(name, source),
    env: { ...process.env, STOPPED: join(directory, 'stopped') },
  });

  const STAYS = `
    import { appendFileSync } from 'node:fs';
    process.on('SIGTERM', () => { appendFileSync(process.env.STOPPED, process.argv[1].split('/').at(-1) + ' '); process.exit(0); });
    setInterval(() => {}, 1000);
    console.log('starting');
    console.error('to stderr');
    console.log(JSON.stringify({ ready: true, port: Number(process.env.PORT ?? 0) + 1 }));`;

  it('hands over what a process said when it got ready, and logs everything else', async () => {
    const process = await supervisor.start(await spec('steady', STAYS));
    expect(process.ready).toEqual({ port: 1 });
    expect(process.pid).toBeGreaterThan(0);
    await supervisor.stop();
    const log = await readFile(join(directory, 'steady.log'), 'utf8');
    expect(log.split('\n').sort()).toEqual(['', 'starting', 'to stderr']);
  });

  it('brings a killed process back and tells of it', async () => {
    const process = await supervisor.start({
      ...(await spec('killed', STAYS)),
      envOnRestart: ({ port }) => ({ PORT: String(port) }),
    });
    const firstPid = process.pid;
    const back = process.restarted();
    process.kill('SIGKILL');
    expect(await back).toEqual({ port: 2 });
    expect(process.pid).not.toBe(firstPid);
    expect(events).toMatchObject([
      { type: 'crashed', name: 'killed', how: 'killed ended by SIGKILL', restart_in_ms: 100 },
      { type: 'restarted', name: 'killed', pid: process.pid, ready: { port: 2 } },
    ]);
  });

  it('refuses a process that ends before it is ready, with the end of its log', async () => {
    const broken = await spec('broken', `console.error('no database'); process.exit(3);`);
    await expect(supervisor.start(broken)).rejects.toThrow(
      /broken ended with exit code 3\n {2}\| no database/,
    );
    expect(events).toEqual([]);
  });

  it('refuses a process that is not ready in time', async () => {
    const slow = await spec('slow', `console.error('thinking'); setInterval(() => {}, 1000);`);
    await expect(supervisor.start({ ...slow, readyWithinMs: 4_000 })).rejects.toThrow(
      /slow was not ready after 4 s\n {2}\| thinking/,
    );
  });

  it('stops the last started first', async () => {
    await supervisor.start(await spec('first', STAYS));
    await supervisor.start(await spec('second', STAYS));
    await supervisor.stop();
    expect(await readFile(join(directory, 'stopped'), 'utf8')).toBe('second.mts first.mts ');
    expect(events).toEqual([]);
  });

  it('stops in the order that is asked for', async () => {
    await supervisor.start(await spec('first', STAYS));
    await supervisor.start(await spec('second', STAYS));
    await supervisor.stop(['first']);
    expect(await readFile(join(directory, 'stopped'), 'utf8')).toBe('first.mts second.mts ');
  });

  it('ends a process by force that ignores the request to stop', async () => {
    const stubborn = `process.on('SIGTERM', () => {}); setInterval(() => {}, 1000); console.log('{"ready":true}');`;
    const { pid } = await supervisor.start({ ...(await spec('stubborn', stubborn)), stopWithinMs: 200 });
    await supervisor.stop();
    expect(() => process.kill(pid, 0)).toThrow('ESRCH');
  });
});

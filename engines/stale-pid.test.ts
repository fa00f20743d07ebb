import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { spawn } from 'node:child_process';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { removeStalePid } from './stale-pid.ts';

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'sarraf-pid-'));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

async function pidFile(pid: number) {
  const path = join(directory, 'engine.pid');
  await writeFile(path, `${pid}\n`);
  return { path, engine: 'engine', data: directory };
}

it('forgets an engine that is gone, and any other program that has got its process id', async () => {
  const ended = spawn('true');
  await new Promise((resolve) => ended.once('exit', resolve));
  await removeStalePid({ ...(await pidFile(ended.pid ?? 0)), isEngine: () => true });
  expect(await readdir(directory)).toEqual([]);
  await removeStalePid({ ...(await pidFile(process.pid)), isEngine: () => false });
  expect(await readdir(directory)).toEqual([]);
});

it('waits for an engine that is ending', async () => {
  const ending = spawn('sleep', ['30']);
  const file = await pidFile(ending.pid ?? 0);
  const seen: string[] = [];
  const isEngine = (command: string): boolean => {
    seen.push(command);
    ending.kill();
    return true;
  };
  await removeStalePid({ ...file, isEngine });
  expect(seen[0]).toBe('sleep 30');
  expect(await readdir(directory)).toEqual([]);
});

it('has nothing to do where nothing was left behind', async () => {
  const file = { path: join(directory, 'none'), engine: 'x', data: 'x', isEngine: () => true };
  await expect(removeStalePid(file)).resolves.toBeUndefined();
});

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { toRecord } from './test-merchant.ts';

describe('the sandbox process', () => {
  it('says where everything is once it listens, and ends on SIGTERM', async () => {
    const child = spawn(process.execPath, ['--import', 'tsx/esm', resolve('sandbox/main.ts')], {
      env: { ...process.env, SANDBOX_SEED: 'process-test', NODE_OPTIONS: '' },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const exited = once(child, 'exit');
    const [line] = await once(createInterface({ input: child.stdout }), 'line');
    const ready = toRecord(JSON.parse(String(line)));
    expect(ready['ready']).toBe(true);
    const finan = toRecord(toRecord(ready['providers'])['finan']);
    expect(finan['base_url']).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/open$/);
    expect(toRecord(finan['credentials'])).toHaveProperty('secret');
    expect((await fetch(String(ready['control_url']))).status).toBe(200);
    child.kill('SIGTERM');
    expect(await exited).toEqual([0, null]);
  }, 30_000);
});

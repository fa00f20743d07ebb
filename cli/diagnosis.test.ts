import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { diagnose } from './diagnosis.ts';

describe('the doctor', () => {
  let directory: string;

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'sarraf-doctor-'));
  });

  afterEach(() => rm(directory, { recursive: true, force: true }));

  const examine = (variables: Record<string, string>) =>
    diagnose({ PATH: process.env.PATH, SARRAF_DATA_DIR: directory, XDG_CACHE_HOME: directory, ...variables });

  it('shows what is wrong with the configuration', async () => {
    expect(await examine({ API_PORT: 'x' })).toEqual([
      {
        subject: 'configuration',
        status: 'bad',
        text: expect.stringContaining('API_PORT is "x"') as unknown,
      },
    ]);
  });

  it('finds a port that is taken, and names the variable that changes it', async () => {
    const other = createServer();
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
    const { port } = other.address() as AddressInfo;
    const findings = await examine({ API_PORT: String(port) });
    other.close();
    const api = findings.find(({ subject }) => subject === 'port of API');
    expect(api).toMatchObject({ status: 'bad', text: expect.stringContaining('set API_PORT') as unknown });
  });

  it('reports servers that cannot be reached, without their password', async () => {
    const findings = await examine({
      DATABASE_URL: 'postgres://sarraf:canary@127.0.0.1:1/sarraf',
      TEMPORAL_ADDRESS: '127.0.0.1:1',
    });
    const bad = findings.filter(({ subject }) => ['Postgres', 'Temporal'].includes(subject));
    expect(bad.map(({ status }) => status)).toEqual(['bad', 'bad']);
    expect(JSON.stringify(findings)).not.toContain('canary');
  }, 15_000);
});

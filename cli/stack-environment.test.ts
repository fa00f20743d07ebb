import { createServer, type Server } from 'node:net';
import type { AddressInfo } from 'node:net';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadConfig } from '../config/index.ts';
import { sandboxEnvironment, serviceEnvironment } from './stack-environment.ts';

const ENGINES = {
  database: { url: 'postgres://127.0.0.1/sarraf', own: false, pid: null },
  temporal: { address: '127.0.0.1:7233', namespace: 'default', uiUrl: null, own: false, pid: null },
};

let dataDir: string;
beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'sarraf-environment-'));
});
afterAll(() => rm(dataDir, { recursive: true, force: true }));

/** What api and worker are told when the environment says this; compose files and CI pass unset variables as empty text. */
async function told(said: Readonly<Record<string, string>>): Promise<NodeJS.ProcessEnv> {
  const before = { ...process.env };
  try {
    Object.assign(process.env, { PUBLIC_URL: '', PROVIDER_ADDRESSES: '', OPERATIONS_ACCESS: '' }, said);
    return await serviceEnvironment(
      loadConfig({ SARRAF_DATA_DIR: dataDir, API_PORT: '0', ...said }),
      ENGINES,
    );
  } finally {
    process.env = before;
  }
}

describe('what api and worker are told', () => {
  it('takes empty variables for unset ones', async () => {
    expect(await told({})).toMatchObject({
      PUBLIC_URL: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+$/),
      PROVIDER_ADDRESSES: 'loopback',
      OPERATIONS_ACCESS: 'open',
    });
  });

  it('has an address that leads there, whatever the API listens on', async () => {
    expect((await told({ API_HOST: '0.0.0.0' }))['PUBLIC_URL']).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
    expect((await told({ API_HOST: '::1' }))['PUBLIC_URL']).toMatch(/^http:\/\/\[::1\]:\d+$/);
  });

  it('asks people to sign in where others reach the API', async () => {
    expect((await told({ API_HOST: '0.0.0.0' }))['OPERATIONS_ACCESS']).toBe('sign_in');
    expect((await told({ PUBLIC_URL: 'https://pay.example.com' }))['OPERATIONS_ACCESS']).toBe('sign_in');
  });
});

describe('a port of the simulators that is taken', () => {
  let other: Server;
  let taken: string;
  beforeAll(async () => {
    other = createServer();
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
    taken = String((other.address() as AddressInfo).port);
  });
  afterAll(() => new Promise((resolve) => other.close(resolve)));

  it.each(['SANDBOX_CONTROL_PORT', 'SANDBOX_FINAN_PORT', 'SANDBOX_ZAINCASH_V1_PORT'])(
    'is named together with %s',
    async (variable) => {
      const config = loadConfig({ [variable]: taken });
      await expect(sandboxEnvironment(config)).rejects.toThrow(
        new RegExp(`port ${taken} for the .* is already in use: .* with ${variable}$`),
      );
    },
  );
});

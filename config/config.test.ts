import { randomBytes } from 'node:crypto';
import { loadConfig, loadServiceConfig, loadSetupConfig, withStartPorts } from './config.ts';
import { ConfigError } from './config-error.ts';

const KEY = randomBytes(32).toString('base64');
const OLD_KEY = randomBytes(32).toString('base64');
const SERVICE = {
  DATABASE_URL: 'postgres://sarraf:secret@db:5432/sarraf',
  TEMPORAL_ADDRESS: 'temporal:7233',
  CREDENTIALS_KEY: KEY,
  API_KEY_PEPPER: KEY,
};

/** The problems that `load` reports, as `VARIABLE wrong`. */
function problemsOf(load: () => unknown): string[] {
  try {
    load();
  } catch (error) {
    if (error instanceof ConfigError)
      return error.problems.map(({ variable, wrong }) => `${variable} ${wrong}`);
    throw error;
  }
  return [];
}

describe('loadConfig', () => {
  it('works with nothing set', () => {
    expect(loadConfig({})).toMatchObject({
      environment: 'development',
      database: { url: null, poolSize: 10 },
      temporal: {
        address: null,
        namespace: 'default',
        taskQueue: 'sarraf',
        buildId: null,
        tls: null,
        apiKey: null,
      },
      api: { host: '127.0.0.1', port: 8080, publicUrl: 'http://127.0.0.1:8080' },
      ports: { postgres: null, simulators: {} },
      secrets: { credentialsKeys: null, apiKeyPepper: null },
    });
  });

  it('takes empty text for unset, as compose files pass it', () => {
    expect(loadConfig({ DATABASE_URL: '', API_PORT: ' ' })).toEqual(loadConfig({}));
  });

  it('reports all problems at once, with what would be right', () => {
    const load = (): unknown =>
      loadConfig({ API_PORT: '80a', TEMPORAL_TLS: 'yes', SANDBOX_FINAN_PORT: '70000' });
    expect(problemsOf(load)).toEqual([
      'TEMPORAL_TLS is "yes"',
      'API_PORT is "80a"',
      'SANDBOX_FINAN_PORT is "70000"',
    ]);
    expect(load).toThrow('API_PORT is "80a"; expected a port from 1 to 65535, or 0 for any free port');
  });

  it.each([
    ['API_PORT', '-1'],
    ['API_PORT', '1e3'],
    ['API_PORT', '8080.0'],
    ['API_PORT', '65536'],
    ['DATABASE_POOL_SIZE', '0'],
    ['DATABASE_POOL_SIZE', '0x10'],
    ['TEMPORAL_TLS', 'true'],
    ['LOG_LEVEL', 'INFO'],
    ['NODE_ENV', 'prod'],
    ['TEMPORAL_ADDRESS', 'temporal'],
    ['TEMPORAL_ADDRESS', 'http://temporal:7233'],
    ['PUBLIC_URL', 'pay.example.com'],
    ['PUBLIC_URL', 'https://pay.example.com?x=1'],
    ['DATABASE_URL', 'mysql://db/sarraf'],
    ['CREDENTIALS_KEY', 'c2hvcnQ='],
    ['CREDENTIALS_KEY', `${KEY.slice(0, -2)}*=`],
    ['CREDENTIALS_KEY', `a:${KEY},a:${OLD_KEY}`],
    ['API_KEY_PEPPER', 'c2hvcnQ='],
  ])('refuses %s=%s', (name, text) => {
    expect(problemsOf(() => loadConfig({ [name]: text }))).toEqual([expect.stringMatching(`^${name} is`)]);
  });

  it('never repeats a value that may hold a secret', () => {
    const load = (): unknown =>
      loadConfig({
        DATABASE_URL: 'mysql://user:canary-1@db',
        CREDENTIALS_KEY: 'canary-2',
        API_KEY_PEPPER: 'canary-3',
        TEMPORAL_API_KEY: 'canary 4',
      });
    expect(problemsOf(load)).toHaveLength(4);
    expect(load).not.toThrow('canary');
  });

  it('reads one key or several, the encrypting one first', () => {
    const keysOf = (text: string) => loadConfig({ CREDENTIALS_KEY: text }).secrets.credentialsKeys;
    expect(keysOf(KEY)).toEqual([{ id: 'k1', key: Buffer.from(KEY, 'base64') }]);
    expect(keysOf(`k2:${KEY},k1:${OLD_KEY}`)?.map(({ id }) => id)).toEqual(['k2', 'k1']);
  });

  it('turns TLS on for an API key or a certificate, and refuses to send them in the clear', () => {
    expect(loadConfig({ TEMPORAL_API_KEY: 'key' }).temporal.tls).toEqual({ cert: null, key: null, ca: null });
    expect(loadConfig({ TEMPORAL_TLS_CA: 'ca.pem' }).temporal.tls).toMatchObject({ ca: 'ca.pem' });
    expect(problemsOf(() => loadConfig({ TEMPORAL_API_KEY: 'key', TEMPORAL_TLS: 'off' }))).toEqual([
      'TEMPORAL_TLS is off although an API key or a certificate is given',
    ]);
  });

  it('wants certificate and key together', () => {
    expect(problemsOf(() => loadConfig({ TEMPORAL_TLS_CERT: 'a.pem' }))).toEqual([
      'TEMPORAL_TLS_KEY is missing although TEMPORAL_TLS_CERT is set',
    ]);
    expect(problemsOf(() => loadConfig({ TEMPORAL_TLS_KEY: 'a.pem', API_PORT: 'x' }))).toEqual([
      'API_PORT is "x"',
      'TEMPORAL_TLS_CERT is missing although TEMPORAL_TLS_KEY is set',
    ]);
  });

  it('reads the port of each simulator by its name', () => {
    const { ports } = loadConfig({
      SANDBOX_CONTROL_PORT: '9000',
      SANDBOX_FINAN_PORT: '9001',
      SANDBOX_ZAINCASH_V1_PORT: '9002',
    });
    expect(ports).toMatchObject({ sandboxControl: 9000, simulators: { finan: 9001, zaincash_v1: 9002 } });
  });

  it('insists on addresses and secrets in production', () => {
    expect(problemsOf(() => loadConfig({ NODE_ENV: 'production' }))).toEqual([
      'DATABASE_URL is missing',
      'TEMPORAL_ADDRESS is missing',
      'CREDENTIALS_KEY is missing',
      'API_KEY_PEPPER is missing',
    ]);
    expect(loadConfig({ ...SERVICE, NODE_ENV: 'production' }).environment).toBe('production');
  });
});

describe('loadServiceConfig', () => {
  it('gives everything that api and worker need', () => {
    expect(loadServiceConfig(SERVICE)).toMatchObject({
      database: { url: SERVICE.DATABASE_URL },
      temporal: { address: 'temporal:7233' },
      secrets: { credentialsKeys: [{ id: 'k1' }] },
    });
  });

  it('lists what is missing together with what is wrong', () => {
    expect(
      problemsOf(() => loadServiceConfig({ ...SERVICE, API_PORT: 'x', DATABASE_URL: undefined })),
    ).toEqual(['API_PORT is "x"', 'DATABASE_URL is missing']);
  });
});

describe('loadSetupConfig', () => {
  it('asks for both addresses and no secret, also in production', () => {
    const { DATABASE_URL, TEMPORAL_ADDRESS } = SERVICE;
    expect(loadSetupConfig({ DATABASE_URL, TEMPORAL_ADDRESS, NODE_ENV: 'production' })).toMatchObject({
      database: { url: DATABASE_URL },
      temporal: { address: TEMPORAL_ADDRESS },
    });
    expect(problemsOf(() => loadSetupConfig({}))).toEqual([
      'DATABASE_URL is missing',
      'TEMPORAL_ADDRESS is missing',
    ]);
  });
});

describe('withStartPorts', () => {
  it('keeps the ports that were chosen and fills in the usual ones', () => {
    const { ports } = withStartPorts(loadConfig({ POSTGRES_PORT: '0' }));
    expect(ports).toMatchObject({ postgres: 0, temporal: 7233, temporalUi: 8233, sandboxControl: 8090 });
  });
});

import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadConfig } from './config.ts';
import { ensureSecrets } from './secrets.ts';

describe('ensureSecrets', () => {
  let directory: string;

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'sarraf-secrets-'));
  });

  afterEach(() => rm(directory, { recursive: true, force: true }));

  const config = (variables: Record<string, string> = {}) =>
    loadConfig({ ...variables, SARRAF_DATA_DIR: directory });

  it('makes secrets that the configuration accepts, for the owner only, and keeps them', async () => {
    const made = await ensureSecrets(config());
    expect(loadConfig({ ...made }).secrets.credentialsKeys).toHaveLength(1);
    expect((await stat(join(directory, 'secrets.json'))).mode & 0o777).toBe(0o600);
    expect(await ensureSecrets(config())).toEqual(made);
  });

  it('gives processes that start at the same moment the same secrets', async () => {
    const made = await Promise.all(Array.from({ length: 10 }, () => ensureSecrets(config())));
    expect(new Set(made.map((secrets) => JSON.stringify(secrets))).size).toBe(1);
  });

  it('prefers what is configured and then writes nothing', async () => {
    const given = await ensureSecrets(config());
    await rm(join(directory, 'secrets.json'));
    expect(await ensureSecrets(config({ ...given }))).toEqual(given);
    await expect(readFile(join(directory, 'secrets.json'))).rejects.toThrow('ENOENT');
  });

  it('refuses a damaged file instead of replacing the keys', async () => {
    await writeFile(join(directory, 'secrets.json'), '{"credentials_key":"x"');
    await expect(ensureSecrets(config())).rejects.toThrow('is damaged');
  });
});

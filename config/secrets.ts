/** The secrets of a run that was not given any: made once, kept in the data directory, readable by the owner only. */
import { randomBytes } from 'node:crypto';
import { link, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import type { Config } from './config.ts';
import { namedKeys, secretBytes } from './parsers.ts';
import { codeOf } from './system-error.ts';

/** As environment variables, ready to be handed to a child process. */
export interface SecretVariables {
  readonly CREDENTIALS_KEY: string;
  readonly API_KEY_PEPPER: string;
}

const file = z.object({ credentials_key: z.string(), api_key_pepper: z.string() });

/**
 * The secrets as environment variables: those of the configuration, the rest from `<data>/secrets.json`, which is
 * made when it is missing. Throws when that file is damaged: a new key in its place would make the database unreadable.
 */
export async function ensureSecrets(config: Config): Promise<SecretVariables> {
  const { credentialsKeys, apiKeyPepper } = config.secrets;
  const kept = credentialsKeys && apiKeyPepper ? null : await keptSecrets(config.dataDir);
  const keys = credentialsKeys?.map(({ id, key }) => `${id}:${key.toString('base64')}`).join(',');
  return {
    CREDENTIALS_KEY: keys ?? kept?.credentials_key ?? '',
    API_KEY_PEPPER: apiKeyPepper?.toString('base64') ?? kept?.api_key_pepper ?? '',
  };
}

async function keptSecrets(dataDir: string): Promise<z.output<typeof file>> {
  const path = join(dataDir, 'secrets.json');
  await mkdir(dataDir, { recursive: true });
  await createOnce(path);
  const read = file.safeParse(parseJson(await readFile(path, 'utf8')));
  const sound =
    read.success &&
    namedKeys().safeParse(read.data.credentials_key).success &&
    secretBytes().safeParse(read.data.api_key_pepper).success;
  if (!sound) {
    throw new Error(`${path} is damaged: restore it, or delete the whole data directory to start afresh`);
  }
  return read.data;
}

/** A full file appears under the name or none does, also when two processes start at once. */
async function createOnce(path: string): Promise<void> {
  const draft = `${path}.${process.pid}.${randomBytes(4).toString('hex')}`;
  const secrets = {
    credentials_key: `k1:${randomBytes(32).toString('base64')}`,
    api_key_pepper: randomBytes(32).toString('base64'),
  };
  await writeFile(draft, JSON.stringify(secrets, null, 2), { mode: 0o600, flag: 'wx' });
  try {
    await link(draft, path);
  } catch (error) {
    if (codeOf(error) !== 'EEXIST') throw error;
  } finally {
    await rm(draft, { force: true });
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

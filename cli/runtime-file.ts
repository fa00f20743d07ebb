/** `<data>/runtime.json`: where everything of the running stack is, for scripts. Readable by the owner only. */
import { chmod, mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Stack } from './stack.ts';

export interface RuntimeFile {
  readonly api_url: string;
  readonly api_key: string;
  readonly operator_key: string;
  readonly temporal_address: string;
  readonly temporal_namespace: string;
  readonly temporal_ui_url: string | null;
  readonly database_url: string;
  readonly merchant_id: string;
  readonly sandbox: {
    readonly control_url: string;
    /** Base URL, our account id, and every credential the simulator accepts. */
    readonly providers: Readonly<Record<string, Readonly<Record<string, string>>>>;
  };
}

export function runtimeFacts({ apiUrl, operatorKey, merchant, engines, sandbox }: Stack): RuntimeFile {
  return {
    api_url: apiUrl,
    api_key: merchant.api_key,
    operator_key: operatorKey,
    temporal_address: engines.temporal.address,
    temporal_namespace: engines.temporal.namespace,
    temporal_ui_url: engines.temporal.uiUrl,
    database_url: engines.database.url,
    merchant_id: merchant.merchant_id,
    sandbox: {
      control_url: sandbox.controlUrl,
      providers: Object.fromEntries(
        Object.entries(sandbox.providers).map(([name, { base_url, credentials }]) => [
          name,
          { base_url, provider_account: merchant.accounts[name] ?? '', ...credentials },
        ]),
      ),
    },
  };
}

export async function writeRuntimeFile(dataDir: string, facts: RuntimeFile): Promise<string> {
  await mkdir(dataDir, { recursive: true });
  const path = join(dataDir, 'runtime.json');
  const draft = `${path}.${process.pid}`;
  await writeFile(draft, `${JSON.stringify(facts, null, 2)}\n`, { mode: 0o600 });
  await chmod(draft, 0o600);
  await rename(draft, path);
  return path;
}

/** Where the API of the last start is, and its keys; null when there was none or the file cannot be read. */
export async function lastStart(
  dataDir: string,
): Promise<
  (Pick<RuntimeFile, 'api_url' | 'api_key'> & { readonly operator_key: string | undefined }) | null
> {
  try {
    const facts: unknown = JSON.parse(await readFile(join(dataDir, 'runtime.json'), 'utf8'));
    const { api_url, api_key, operator_key } = Object(facts) as Record<string, unknown>;
    if (typeof api_url !== 'string' || typeof api_key !== 'string') return null;
    return { api_url, api_key, operator_key: typeof operator_key === 'string' ? operator_key : undefined };
  } catch {
    return null;
  }
}

/** Where the parts of the last start are; null when there was none or the file cannot be read. */
export async function lastAddresses(dataDir: string): Promise<
  | (Pick<RuntimeFile, 'database_url' | 'temporal_address' | 'temporal_namespace'> & {
      readonly control_url: string;
    })
  | null
> {
  try {
    const facts: unknown = JSON.parse(await readFile(join(dataDir, 'runtime.json'), 'utf8'));
    const { database_url, temporal_address, temporal_namespace, sandbox } = Object(facts) as Record<
      string,
      unknown
    >;
    const { control_url } = Object(sandbox) as Record<string, unknown>;
    return typeof database_url === 'string' &&
      typeof control_url === 'string' &&
      typeof temporal_address === 'string' &&
      typeof temporal_namespace === 'string'
      ? { database_url, control_url, temporal_address, temporal_namespace }
      : null;
  } catch {
    return null;
  }
}

/** The control API of the simulators of the last start; null when there was none. */
export async function lastControlUrl(dataDir: string): Promise<string | null> {
  try {
    const facts: unknown = JSON.parse(await readFile(join(dataDir, 'runtime.json'), 'utf8'));
    const { sandbox } = Object(facts) as Record<string, unknown>;
    const { control_url } = Object(sandbox) as Record<string, unknown>;
    return typeof control_url === 'string' ? control_url : null;
  } catch {
    return null;
  }
}

/** The demo merchant: made once per database, with a sandbox key and an account at every simulator. */
import type pg from 'pg';
import { createApiKey } from '../db/api-keys.ts';
import { changeAccount, createMerchant, createProviderAccount, linkedAccounts } from '../db/merchants.ts';
import type { Sealer } from '../db/sealed.ts';
import { connectorFor } from '../providers/index.ts';
import type { SimulatorFacts } from './stack.ts';

const MERCHANT_NAME = 'Demo merchant';
const LABEL = 'simulator';

export interface DemoMerchant {
  readonly merchant_id: string;
  readonly api_key: string;
  /** Provider account ids by provider. */
  readonly accounts: Readonly<Record<string, string>>;
}

/**
 * Finds or makes the demo merchant and links it to the simulators as they run now. `knownKey`: the API key of an
 * earlier start, which goes on working when its database is still the same.
 */
export async function ensureDemoMerchant(
  pool: pg.Pool,
  sealer: Sealer,
  pepper: Uint8Array,
  simulators: Readonly<Record<string, SimulatorFacts>>,
  knownKey: string | null,
): Promise<DemoMerchant> {
  const found = await pool.query<{ id: string }>(
    'select id from merchants where name = $1 order by id limit 1',
    [MERCHANT_NAME],
  );
  const merchant_id = found.rows[0]?.id ?? (await createMerchant(pool, MERCHANT_NAME));
  const accounts = await linkAll(pool, sealer, merchant_id, simulators);
  const api_key =
    (await stillValid(pool, merchant_id, knownKey)) ?? (await newKey(pool, merchant_id, pepper));
  return { merchant_id, api_key, accounts };
}

/** Another merchant beside the demo merchant, linked to the same simulators: two merchants do not share a queue. */
export async function newMerchant(
  name: string,
  pool: pg.Pool,
  sealer: Sealer,
  pepper: Uint8Array,
  simulators: Readonly<Record<string, SimulatorFacts>>,
): Promise<DemoMerchant> {
  const merchant_id = await createMerchant(pool, name);
  const accounts = await linkAll(pool, sealer, merchant_id, simulators);
  return { merchant_id, api_key: await newKey(pool, merchant_id, pepper), accounts };
}

async function linkAll(
  pool: pg.Pool,
  sealer: Sealer,
  merchant_id: string,
  simulators: Readonly<Record<string, SimulatorFacts>>,
): Promise<Record<string, string>> {
  const accounts: Record<string, string> = {};
  for (const [provider, simulator] of Object.entries(simulators)) {
    accounts[provider] = await link(pool, sealer, merchant_id, provider, simulator);
  }
  return accounts;
}

async function link(
  pool: pg.Pool,
  sealer: Sealer,
  merchant_id: string,
  provider: string,
  { base_url, credentials }: SimulatorFacts,
): Promise<string> {
  const checked = connectorFor(provider).credentials.parse(credentials);
  const linked = await linkedAccounts(pool, merchant_id, 'sandbox');
  const known = linked.find((account) => account.provider === provider && account.label === LABEL);
  if (known) {
    await changeAccount(pool, sealer, known.id, { base_url, credentials: checked });
    return known.id;
  }
  const account = {
    merchant_id,
    mode: 'sandbox',
    provider,
    label: LABEL,
    base_url,
    credentials: checked,
  } as const;
  return createProviderAccount(pool, sealer, account);
}

async function newKey(pool: pg.Pool, merchant_id: string, pepper: Uint8Array): Promise<string> {
  // Of earlier starts the latest key stays; a label has two at most.
  await pool.query(
    `update api_keys set revoked_at = now() where merchant_id = $1 and mode = 'sandbox' and label = 'demo' and revoked_at is null
       and id <> (select max(id) from api_keys where merchant_id = $1 and mode = 'sandbox' and label = 'demo' and revoked_at is null)`,
    [merchant_id],
  );
  const { key } = await createApiKey(pool, { merchant_id, mode: 'sandbox', label: 'demo', pepper });
  return key;
}

/** The key when this database knows its id for this merchant, else null. */
async function stillValid(pool: pg.Pool, merchant_id: string, key: string | null): Promise<string | null> {
  const suffix = /^sk_sandbox_([0-9a-z]{26})_/.exec(key ?? '')?.[1];
  if (!suffix) return null;
  const { rowCount } = await pool.query(
    'select 1 from api_keys where id = $1 and merchant_id = $2 and revoked_at is null',
    [`key_${suffix}`, merchant_id],
  );
  return rowCount === 1 ? key : null;
}

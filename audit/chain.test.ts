/** The audit chain: what is sealed, and how each change afterwards shows. */
import { sealLatest, sealRound, type NewLink } from '../db/audit-seal.ts';
import { createApiKey } from '../db/api-keys.ts';
import { ENGINES_TIMEOUT_MS } from '../test/setup/engines.ts';
import { testRecord, type TestRecord } from '../test/setup/record.ts';
import { damage, story } from '../test/setup/story.ts';
import { parsePin, type ChainPin } from './chain.ts';
import { audit } from './index.ts';

const KEY = Buffer.alloc(32, 7);

let db: TestRecord;
beforeEach(async () => {
  db = await testRecord({ provider: 'finan', credentials: {} });
}, ENGINES_TIMEOUT_MS);
afterEach(() => db.close());

/** Rounds until nothing is left. */
async function seal(): Promise<NewLink[]> {
  const made: NewLink[] = [];
  for (;;) {
    const { links, more } = await sealRound(db.pool, KEY);
    made.push(...links);
    if (!more) return made;
  }
}

/** What the audit finds, as `invariant: about: message`. */
async function found(pins: readonly ChainPin[] = [], seal_key: Buffer | null = KEY): Promise<string[]> {
  const { findings } = await audit(db.pool, { seal_grace_s: 0, seal_key, pins, batch: 2 });
  return findings.flatMap(({ id, violations }) =>
    violations.map(({ about, message }) => `${id}: ${about}: ${message}`),
  );
}

const about = (link: number, message: string): string =>
  `audit_chain: ${db.merchant_id} link ${link}: ${message}`;

it('covers invoices, events, ledger entries and what was done to the configuration, each once', async () => {
  await story(db, 'a');
  await db.invoice();
  // Two invoices, the account, and the merchant itself in the trails of both modes.
  expect(await seal()).toMatchObject([{ merchant_id: db.merchant_id, sequence: 1, items: 5 }]);
  expect(await seal()).toEqual([]);
  await story(db, 'b');
  await createApiKey(db.pool, { merchant_id: db.merchant_id, mode: 'sandbox', label: 'x', pepper: KEY });
  expect(await seal()).toMatchObject([{ sequence: 2, items: 2 }]);
  expect(await found()).toEqual([]);
});

it('has every event once when many seal at the same time', async () => {
  for (const name of ['a', 'b', 'c', 'd']) await story(db, name);
  const owner = { merchant_id: db.merchant_id, mode: 'sandbox' } as const;
  const tries = [1, 2, 3, 4, 5, 6].map((n) =>
    n % 2 === 0 ? sealRound(db.pool, KEY) : sealLatest(db.pool, KEY, owner, Date.now()),
  );
  for (const result of await Promise.allSettled(tries)) expect(result.status).toBe('fulfilled');
  await seal();
  expect(await found()).toEqual([]);
});

it('seals what was recorded before there was a chain, and what came to light late', async () => {
  const invoice = await story(db, 'a');
  await seal();
  await damage(
    db,
    `update audit_progress set invoice_id = 'inv_7', sealed_until = now() + interval '60 seconds'`,
  );
  await story(db, 'b');
  await seal();
  expect(await found()).toEqual([]);
  await damage(
    db,
    `delete from audit_items where subject = '${invoice}'`,
    `delete from audit_entries where invoice_id = '${invoice}'`,
    `delete from audit_links where sequence = 1`,
    `update audit_progress set invoice_id = ''`,
  );
  await seal();
  expect((await found()).filter((line) => line.startsWith('audit_coverage'))).toEqual([]);
});

/** What is done after the seal, and what is said of it. */
const DAMAGES: readonly [what: string, statement: string, says: RegExp][] = [
  [
    'a changed event',
    `update invoice_events set data = jsonb_set(data, '{amount}', '1') where type = 'money.received'`,
    /link 1: inv_\w+ \(events 0 to 9\) is not as it was when it was sealed/,
  ],
  [
    'a removed event',
    `delete from invoice_events where type = 'case.opened'`,
    /link 1: inv_\w+ .* is not as it was/,
  ],
  [
    'a changed amount of a ledger entry',
    `update ledger_entries set amount = -amount where transaction_key like 'receipt:%'`,
    /link 1: inv_\w+ .* is not as it was/,
  ],
  [
    'a ledger entry that was slipped into a commit',
    `insert into ledger_entries select 'x', line, account, merchant_id, account_id, invoice_id, payment_id, currency, amount, at, recorded_at
     from ledger_entries where transaction_key like 'receipt:%'`,
    /link 1: inv_\w+ .* is not as it was/,
  ],
  [
    'a ledger entry that belongs to no commit',
    `insert into ledger_entries select 'x', line, account, merchant_id, account_id, invoice_id, payment_id, currency, amount, at,
       now() - interval '1 day' from ledger_entries where transaction_key like 'receipt:%'`,
    /audit_coverage: x: it belongs to no commit of inv_/,
  ],
  ['what was owed', 'update invoices set amount = 1', /link 1: inv_\w+ .* is not as it was/],
  [
    'who linked an account',
    `update audit_entries set actor_id = 'key_x' where action = 'provider_account.linked'`,
    /link 1: aud_\w+ is not as it was/,
  ],
  [
    'an entry that is gone',
    `delete from audit_entries where action = 'provider_account.linked'`,
    /link 1: aud_\w+ is gone/,
  ],
  [
    'an entry that was put in later, with a time of long ago',
    `insert into audit_entries (id, merchant_id, mode, actor_type, action, object_id, created_at)
     select 'aud_x', merchant_id, mode, 'operator', 'api_key.revoked', 'key_x', now() - interval '1 day' from invoices limit 1`,
    /audit_coverage: aud_x: it is not sealed/,
  ],
  [
    'who did something to an invoice',
    `update audit_entries set actor_id = 'key_x' where action = 'operation.requested'`,
    /audit_entries: aud_\w+: actor_id is "key_x", by the events "key_1"/,
  ],
  [
    'something done to an invoice that the trail keeps quiet about',
    `delete from audit_entries where action = 'money.refunded'`,
    /audit_entries: inv_\w+ event 8: the audit trail does not tell of it/,
  ],
  [
    'a digest that was made to fit',
    `update audit_items set digest = sha256('x') where position = 0 and link = 2`,
    /link 2: its hash is not that of what it lists/,
  ],
  ['a link that is gone', 'delete from audit_links where sequence = 1', /link 2: link 1 is missing/],
  [
    'a link under another one',
    `update audit_links set previous_hash = sha256('x') where sequence = 2`,
    /link 2: it does not follow from the link before it/,
  ],
  [
    'a link that is not ours',
    `update audit_links set seal = sha256('x') where sequence = 1`,
    /link 1: its seal was not made with our key/,
  ],
  [
    'an item that is gone',
    `delete from audit_items where subject like 'inv\\_%' and link = 1`,
    /audit_coverage: inv_\w+: its events are not sealed after -1/,
  ],
];

it.each(DAMAGES)('shows %s', async (_what, statement, says) => {
  await story(db, 'a');
  await seal();
  await db.invoice();
  await seal();
  expect(await found()).toEqual([]);
  await damage(db, statement);
  expect((await found()).join('\n')).toMatch(says);
});

it('names the first link that is broken first', async () => {
  for (const name of ['a', 'b', 'c']) {
    await story(db, name);
    await seal();
  }
  await damage(
    db,
    `update audit_links set seal = sha256('x') where sequence = 3`,
    `update audit_links set previous_hash = sha256('x') where sequence = 2`,
  );
  const chain = (await found()).filter((line) => line.startsWith('audit_chain:'));
  expect(chain[0]).toBe(about(2, 'it does not follow from the link before it'));
});

describe('a pin', () => {
  it('shows a chain that was written anew, also by somebody who has the key', async () => {
    await story(db, 'a');
    const [link] = await seal();
    const pin = parsePin(`${db.merchant_id}:1:${link!.hash}`)!;
    expect(await found([pin])).toEqual([]);
    await damage(
      db,
      'delete from audit_links',
      'delete from audit_items',
      'delete from audit_entries where invoice_id is not null',
      `update audit_progress set invoice_id = '', sealed_until = '2000-01-01'`,
    );
    expect(await found([pin])).toContain(about(1, 'it was pinned, and is not there'));
    await seal();
    expect(await found()).toEqual([]);
    expect(await found([pin])).toEqual([about(1, 'its hash is not the one that was pinned')]);
  });

  it('vouches for links that were sealed with an earlier key', async () => {
    await story(db, 'a');
    const [link] = await seal();
    const other = Buffer.alloc(32, 8);
    expect(await found([], other)).toEqual([about(1, 'its seal was not made with our key')]);
    expect(await found([parsePin(`${db.merchant_id}:1:${link!.hash}`)!], other)).toEqual([]);
    expect(await found([], null)).toEqual([]);
  });

  it('is refused when it is none', () => {
    for (const text of ['', 'mer_1:1', 'mer_1:x:00', `mer_1:1:${'g'.repeat(64)}`])
      expect(parsePin(text)).toBeNull();
  });
});

it.each(['audit_entries', 'audit_links', 'audit_items'])('%s are never changed or deleted', async (table) => {
  await story(db, 'a');
  await seal();
  await expect(db.pool.query(`delete from ${table}`)).rejects.toThrow('append-only');
  await expect(db.pool.query(`update ${table} set merchant_id = merchant_id`)).rejects.toThrow('append-only');
  await expect(db.pool.query(`truncate ${table} cascade`)).rejects.toThrow('append-only');
});

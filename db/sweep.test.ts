import { ENGINES_TIMEOUT_MS } from '../test/setup/engines.ts';
import { testRecord, type TestRecord } from '../test/setup/record.ts';
import { leaveOpen } from './idempotency.ts';
import {
  deleteEndedCredentials,
  deleteOldKeys,
  giveUpWebhook,
  matchWebhook,
  takeLeftWebhooks,
  takeOverdueInvoices,
  takeUnansweredPayments,
  takeUnmatchedWebhooks,
} from './sweep.ts';

let db: TestRecord;
beforeAll(async () => {
  db = await testRecord({ provider: 'finan', credentials: {} });
}, ENGINES_TIMEOUT_MS);
afterAll(() => db.close());
afterEach(() =>
  db.pool.query(`update webhook_events set state = 'processed'; update payments set status = 'paid';`),
);

const set = (sql: string, ...values: unknown[]) => db.pool.query(sql, values);
const leftWebhook = async (age: string): Promise<string> => {
  const invoice = await db.invoice();
  const id = await db.webhook(invoice, await db.payment(invoice), {});
  await set(`update webhook_events set received_at = now() - $2::interval where id = $1`, id, age);
  return id;
};
const unmatched = async (age: string, provider_payment_id: string | null = null): Promise<string> => {
  const id = await leftWebhook(age);
  await set(
    `update webhook_events set invoice_id = null, payment_id = null, provider_payment_id = $2 where id = $1`,
    id,
    provider_payment_id,
  );
  return id;
};
const ids = (rows: readonly { id: string }[]): string[] => rows.map(({ id }) => id);

describe('webhooks that were left behind', () => {
  it('are taken when they have waited twenty seconds, with what the workflow needs to be started', async () => {
    await leftWebhook('5 seconds');
    const old = await leftWebhook('1 minute');
    const [taken, ...rest] = await takeLeftWebhooks(db.pool, 10);
    expect(rest).toEqual([]);
    expect(taken).toMatchObject({
      id: old,
      invoice: { merchant_id: db.merchant_id, currency: 'VND', amount: 100_000, reference: null },
    });
  });

  it('come back only after a quarter of their age', async () => {
    const id = await leftWebhook('1 minute');
    expect(ids(await takeLeftWebhooks(db.pool, 10))).toEqual([id]);
    expect(await takeLeftWebhooks(db.pool, 10)).toEqual([]);
    await set(`update webhook_events set swept_at = now() - interval '16 seconds' where id = $1`, id);
    expect(ids(await takeLeftWebhooks(db.pool, 10))).toEqual([id]);
  });

  it('come back every hour at least, however old they are', async () => {
    const id = await leftWebhook('30 days');
    await takeLeftWebhooks(db.pool, 10);
    await set(`update webhook_events set swept_at = now() - interval '61 minutes' where id = $1`, id);
    expect(ids(await takeLeftWebhooks(db.pool, 10))).toEqual([id]);
  });

  it('do not starve others when there are more than one batch', async () => {
    const all = [await leftWebhook('3 hours'), await leftWebhook('2 hours'), await leftWebhook('1 hour')];
    const taken = [...(await takeLeftWebhooks(db.pool, 2)), ...(await takeLeftWebhooks(db.pool, 2))];
    expect(ids(taken).sort()).toEqual([...all].sort());
  });
});

describe('webhooks without an invoice', () => {
  it('say when they have waited for a day', async () => {
    const fresh = await unmatched('23 hours');
    const stale = await unmatched('25 hours');
    const taken = await takeUnmatchedWebhooks(db.pool, 10);
    expect(Object.fromEntries(taken.map(({ id, is_stale }) => [id, is_stale]))).toEqual({
      [fresh]: false,
      [stale]: true,
    });
    expect(taken[0]).toMatchObject({ provider: 'finan', account_id: db.account_id });
  });

  it('are matched by our payment id or by the id of the provider, and then belong to that invoice', async () => {
    const invoice = await db.invoice();
    const payment = await db.payment(invoice);
    await set(`update payments set provider_payment_id = 'P-1' where id = $1`, payment);
    const by_reference = await unmatched('1 minute');
    const by_provider = await unmatched('1 minute', 'P-1');
    const none = { reference: null, provider_payment_id: null };
    expect(await matchWebhook(db.pool, by_reference, { ...none, reference: payment })).toMatchObject({
      id: invoice.id,
    });
    expect(await matchWebhook(db.pool, by_provider, { ...none, provider_payment_id: 'P-1' })).toMatchObject({
      id: invoice.id,
    });
    const { rows } = await db.pool.query(
      'select invoice_id, payment_id from webhook_events where id = any($1)',
      [[by_reference, by_provider]],
    );
    const matched = { invoice_id: invoice.id, payment_id: payment };
    expect(rows).toEqual([matched, matched]);
  });

  it('are never matched with a payment of another account', async () => {
    const invoice = await db.invoice();
    const payment = await db.payment(invoice);
    const other = await testAccount();
    const id = await unmatched('1 minute');
    await set('update webhook_events set account_id = $2 where id = $1', id, other);
    expect(await matchWebhook(db.pool, id, { reference: payment, provider_payment_id: null })).toBeNull();
  });

  it('are given up with a reason, unless they were matched meanwhile', async () => {
    const lonely = await unmatched('25 hours');
    const matched = await leftWebhook('25 hours');
    await giveUpWebhook(db.pool, lonely, 'nobody knows it');
    await giveUpWebhook(db.pool, matched, 'nobody knows it');
    const { rows } = await db.pool.query('select id, state, reason from webhook_events where id = any($1)', [
      [lonely, matched],
    ]);
    expect(rows).toHaveLength(2);
    expect(rows).toContainEqual({ id: lonely, state: 'dead', reason: 'nobody knows it' });
    expect(rows).toContainEqual({ id: matched, state: 'received', reason: null });
  });
});

describe('invoices past their due time', () => {
  it('are taken when they are still payable a minute later', async () => {
    const make = async (status: string, due: string): Promise<string> => {
      const { id } = await db.invoice();
      await set(
        `update invoices set status = $2, due_at = now() + $3::interval where id = $1`,
        id,
        status,
        due,
      );
      return id;
    };
    const open = await make('open', '-2 minutes');
    const partial = await make('partially_paid', '-2 minutes');
    await make('open', '-30 seconds');
    await make('paid', '-2 minutes');
    await make('expired', '-2 minutes');
    const taken = (await takeOverdueInvoices(db.pool, 10)).map(({ invoice }) => invoice.id);
    expect(taken.sort()).toEqual([open, partial].sort());
    expect(await takeOverdueInvoices(db.pool, 10)).toEqual([]);
  });
});

describe('payments that were asked for and never answered', () => {
  it('are taken a minute after they were sent, or asked for when they were not sent', async () => {
    const make = async (sent: string | null, status = 'requested'): Promise<string> => {
      const id = await db.payment(await db.invoice());
      await set(
        `update payments set created_at = now() - interval '1 hour', sent_at = now() - $2::interval, status = $3 where id = $1`,
        id,
        sent,
        status,
      );
      return id;
    };
    const lost = await make('2 minutes');
    await make('30 seconds');
    const unsent = await make(null);
    await make('2 minutes', 'pending');
    const taken = await takeUnansweredPayments(db.pool, 10);
    expect(taken).toHaveLength(2);
    expect(taken).toContainEqual(expect.objectContaining({ id: lost, account_id: db.account_id }));
    expect(taken).toContainEqual(expect.objectContaining({ id: unsent }));
  });
});

describe('idempotency keys', () => {
  it('are forgotten after two days, and not when a repetition was just invited', async () => {
    const claim = async (key: string, age: string): Promise<void> => {
      await set(
        `insert into idempotency_keys (merchant_id, mode, key, request_hash, resource_id, claimed_at)
         values ($1, 'sandbox', $2, '', 'inv_1', now() - $3::interval)`,
        db.merchant_id,
        key,
        age,
      );
    };
    await claim('old', '49 hours');
    await claim('older', '50 hours');
    await claim('young', '47 hours');
    await claim('open', '50 hours');
    await leaveOpen(db.pool, {
      merchant_id: db.merchant_id,
      mode: 'sandbox',
      key: 'open',
      request_hash: Buffer.alloc(0),
    });
    expect([
      await deleteOldKeys(db.pool, 1),
      await deleteOldKeys(db.pool, 5),
      await deleteOldKeys(db.pool, 5),
    ]).toEqual([1, 1, 0]);
    const { rows } = await db.pool.query('select key from idempotency_keys order by key');
    expect(rows).toEqual([{ key: 'open' }, { key: 'young' }]);
  });
});

it('forgets replaced credentials when their overlap has ended', async () => {
  const keep = (revision: number, from_now: string) =>
    set(
      `insert into previous_credentials (account_id, revision, credentials, valid_until)
       values ($1, $2, '\\x00', now() + $3::interval)`,
      db.account_id,
      revision,
      from_now,
    );
  await keep(1, '-1 second');
  await keep(2, '1 hour');
  expect([await deleteEndedCredentials(db.pool), await deleteEndedCredentials(db.pool)]).toEqual([1, 0]);
  const { rows } = await db.pool.query('select revision from previous_credentials');
  expect(rows).toEqual([{ revision: 2 }]);
});

async function testAccount(): Promise<string> {
  const { rows } = await db.pool.query<{ id: string }>(
    `insert into provider_accounts (id, merchant_id, mode, provider, label, base_url, credentials)
     select id || 'x', merchant_id, mode, provider, 'other', base_url, credentials from provider_accounts where id = $1 returning id`,
    [db.account_id],
  );
  return rows[0]?.id ?? '';
}

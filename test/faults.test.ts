/** Providers that fail in every way they can: nothing is charged twice, nothing is lost, nobody else waits. */
import { eventually } from './setup/eventually.ts';
import { settledViolations } from './setup/invariants.ts';
import { shop, type Shop } from './setup/shop.ts';
import { STACK_TIMEOUT_MS, startTestStack, type TestStack } from './setup/stack.ts';

let stack: TestStack;
let at: Shop;

beforeAll(async () => {
  stack = await startTestStack();
  at = shop(stack);
}, STACK_TIMEOUT_MS);
afterAll(() => stack.stop(), STACK_TIMEOUT_MS);
afterEach(async () => {
  for (const provider of ['finan', 'fapshi']) await at.control('DELETE', `/${provider}/faults`);
});

const isPaid = ({ status }: { status: string }): boolean => status === 'paid';

/** Lets the customer pay the only payment of this invoice and waits until that is on record. */
async function payTheOnlyOne(provider: 'finan' | 'fapshi', invoiceId: string): Promise<void> {
  const accepted = await at.accepted(provider, invoiceId);
  expect(accepted).toHaveLength(1);
  await stack.control.pay(provider, accepted[0]?.id ?? '');
  const { payments } = await stack.merchantApi.until(invoiceId, 'paid', isPaid);
  expect(payments.at(-1)).toMatchObject({ status: 'paid', provider_payment_id: accepted[0]?.id });
}

describe('a provider that fails before it does anything', () => {
  it.each(['finan', 'fapshi'] as const)(
    '%s answers 503: so do we, with its Retry-After, and the same Idempotency-Key works right after',
    async (provider) => {
      const { id } = await at.invoice(provider);
      const key = { 'idempotency-key': `down-${provider}` };
      await stack.control.fault(provider, {
        kind: 'status',
        status: 503,
        retry_after_s: 7,
        operation: 'create',
      });
      const refused = await at.ask(provider, id, key);
      expect(refused.status).toBe(503);
      expect(refused.body).toMatchObject({ code: 'provider_unavailable' });
      expect(refused.headers.get('retry-after')).toBe('7');
      expect(await stack.merchantApi.invoice(id)).toMatchObject({
        status: 'open',
        payments: [{ status: 'failed' }],
      });
      expect(await at.accepted(provider, id)).toEqual([]);

      expect(await at.ask(provider, id, key)).toMatchObject({ status: 201, body: { status: 'pending' } });
      await payTheOnlyOne(provider, id);
    },
  );

  it('that cannot even be connected to is unavailable, and the invoice stays payable', async () => {
    const { id } = await at.invoice('finan');
    const move = (base_url: string) =>
      stack.pool.query(`update provider_accounts set base_url = $1, revision = revision + 1 where id = $2`, [
        base_url,
        stack.merchant.accounts['finan'],
      ]);
    await move('http://127.0.0.1:9');
    try {
      expect(await at.ask('finan', id)).toMatchObject({
        status: 503,
        body: { code: 'provider_unavailable' },
      });
    } finally {
      await move(stack.sandbox.providers['finan']?.base_url ?? '');
    }
    expect(await at.ask('finan', id)).toMatchObject({ status: 201 });
  });

  it('declines: 402 with its reason, and another payment may follow', async () => {
    const { id } = await at.invoice('finan');
    await stack.control.fault('finan', { kind: 'status', status: 402, operation: 'create' });
    expect(await at.ask('finan', id)).toMatchObject({ status: 402, body: { code: 'payment_declined' } });
    expect(await at.ask('finan', id)).toMatchObject({ status: 201 });
    await payTheOnlyOne('finan', id);
  });

  it('resets the connection: unknown until the provider has had time to know of it, then free to be tried again', async () => {
    const { id } = await at.invoice('finan');
    const key = { 'idempotency-key': 'reset-before' };
    await stack.control.fault('finan', { kind: 'reset', operation: 'create' });
    const asked = await at.ask('finan', id, key);
    expect(asked).toMatchObject({ status: 202, body: { status: 'unknown' } });

    // As if two minutes had passed: the provider's silence counts by the wall clock, the look-ups by the invoice's.
    await stack.pool.query(
      `update payments set sent_at = sent_at - interval '2 minutes' where invoice_id = $1`,
      [id],
    );
    await stack.merchantApi.advanceClock(id, 10);
    await stack.merchantApi.until(
      id,
      'rid of the lost payment',
      ({ payments }) => payments[0]?.status === 'failed',
    );
    expect(await at.accepted('finan', id)).toEqual([]);
    expect(await at.ask('finan', id, key)).toMatchObject({
      status: 503,
      body: { code: 'provider_unavailable' },
    });
    expect(await at.ask('finan', id, key)).toMatchObject({ status: 201 });
    await payTheOnlyOne('finan', id);
  });
});

describe('a provider that accepts and then fails', () => {
  it.each([
    ['answers 500', 'finan', { kind: 'status', status: 500, after_accept: true }],
    ['answers 500', 'fapshi', { kind: 'status', status: 500, after_accept: true }],
    ['answers with half of the JSON', 'finan', { kind: 'truncate' }],
    ['answers with half of the JSON', 'fapshi', { kind: 'truncate' }],
    ['resets the connection', 'finan', { kind: 'reset_after_accept' }],
    ['resets the connection', 'fapshi', { kind: 'reset_after_accept' }],
    ['never answers', 'fapshi', { kind: 'hang_after_accept' }],
  ] as const)(
    '%s (%s): its one payment is found by our reference and is ours',
    async (_what, provider, fault) => {
      const { id } = await at.invoice(provider);
      await stack.control.fault(provider, { ...fault, operation: 'create' });
      expect(await at.ask(provider, id)).toMatchObject({ status: 201, body: { status: 'pending' } });
      await payTheOnlyOne(provider, id);
    },
    60_000,
  );

  it('and cannot be asked either: the payment is unknown, and found at a later look-up', async () => {
    const { id } = await at.invoice('finan');
    const key = { 'idempotency-key': 'unknown' };
    await stack.control.fault('finan', { kind: 'truncate', operation: 'create' });
    await stack.control.fault('finan', { kind: 'status', status: 500, operation: 'list' });
    const asked = await at.ask('finan', id, key);
    expect(asked).toMatchObject({ status: 202, body: { status: 'unknown' } });

    await stack.merchantApi.advanceClock(id, 10);
    await stack.merchantApi.until(id, 'found', ({ payments }) => payments[0]?.status === 'pending');
    expect(await at.ask('finan', id, key)).toMatchObject({
      status: 201,
      body: { id: asked.body['id'], status: 'pending' },
    });
    await payTheOnlyOne('finan', id);
  });
});

describe('many at once', () => {
  it('twenty payments asked for at once with one Idempotency-Key are one payment', async () => {
    const { id } = await at.invoice('finan');
    const answers = await Promise.all(
      Array.from({ length: 20 }, () => at.ask('finan', id, { 'idempotency-key': 'twenty' })),
    );
    const made = answers.filter(({ status }) => status === 201);
    expect(made.length).toBeGreaterThan(0);
    expect(new Set(made.map(({ body }) => body['id'])).size).toBe(1);
    for (const { status, body } of answers.filter((answer) => answer.status !== 201)) {
      expect({ status, code: body['code'] }).toEqual({ status: 409, code: 'idempotency_in_progress' });
    }
    await payTheOnlyOne('finan', id);
  });

  it('twenty payments asked for at once on one invoice are twenty, each once at the provider', async () => {
    const { id } = await at.invoice('finan');
    const answers = await Promise.all(Array.from({ length: 20 }, () => at.ask('finan', id)));
    expect(answers.map(({ status }) => status)).toEqual(Array(20).fill(201));
    const references = (await at.accepted('finan', id)).map(({ reference }) => reference);
    expect(references).toHaveLength(20);
    expect(new Set(references)).toEqual(new Set(answers.map(({ body }) => body['id'])));
  });

  it('two live payments that are both paid make the invoice overpaid, for all to see', async () => {
    const { id } = await at.invoice('finan');
    const [first, second] = [await at.ask('finan', id), await at.ask('finan', id)];
    await Promise.all([
      stack.control.pay('finan', String(first.body['provider_payment_id'])),
      stack.control.pay('finan', String(second.body['provider_payment_id'])),
    ]);
    const { amounts } = await stack.merchantApi.until(id, 'overpaid', ({ status }) => status === 'overpaid');
    expect(amounts).toMatchObject({ received: { amount: 400_000 }, excess: { amount: 200_000 } });
  });

  it('a slow provider delays nobody at another', async () => {
    const slow = await Promise.all(Array.from({ length: 20 }, () => at.invoice('fapshi')));
    const quick = await Promise.all(Array.from({ length: 5 }, () => at.invoice('finan')));
    await stack.control.fault('fapshi', { kind: 'slow', ms: 600_000, operation: 'create', times: 20 });
    const order: string[] = [];
    const ask = async (provider: 'finan' | 'fapshi', id: string): Promise<number> => {
      const { status } = await at.ask(provider, id);
      order.push(provider);
      return status;
    };
    const asked = slow.map(({ id }) => ask('fapshi', id));
    // All twenty are at the slow provider by now, more than fit into one account's fast lane.
    await eventually(
      'twenty payments at Fapshi',
      async () => (await Promise.all(slow.map(({ id }) => at.accepted('fapshi', id)))).flat().length,
      (count) => count === 20,
    );
    expect(await Promise.all(quick.map(({ id }) => ask('finan', id)))).toEqual(Array(5).fill(201));
    expect(order).toEqual(Array(5).fill('finan'));
    // Clearing the fault lets the slow answers out.
    await at.control('DELETE', '/fapshi/faults');
    expect(await Promise.all(asked)).toEqual(Array(20).fill(201));
  });
});

describe('a customer who is faster than the provider', () => {
  it.each(['finan', 'fapshi'] as const)(
    '%s: a webhook that comes before the create call has returned is not lost',
    async (provider) => {
      const { id } = await at.invoice(provider);
      await stack.control.fault(provider, { kind: 'slow', ms: 600_000, operation: 'create' });
      let answered = false;
      const asked = at.ask(provider, id).finally(() => (answered = true));
      const [accepted] = await eventually(
        'the payment at the provider',
        () => at.accepted(provider, id),
        (found) => found.length === 1,
      );
      await stack.control.pay(provider, accepted?.id ?? '');
      await eventually(
        'the webhook acknowledged',
        async () =>
          (await stack.control.deliveries(provider, accepted?.id ?? '')).map(
            ({ response }) => response?.status,
          ),
        (statuses) => statuses.join() === '200',
      );
      expect(answered).toBe(false);
      await at.control('DELETE', `/${provider}/faults`);
      expect((await asked).status).toBe(201);
      await stack.merchantApi.until(id, 'paid', isPaid);
    },
  );
});

it('the record and the providers agree on every payment and every transfer', async () => {
  expect(await settledViolations(stack)).toEqual([]);
  for (const provider of ['finan', 'fapshi'] as const) {
    const books = await at.books(provider);
    const count = (kind: string) => books.filter((line) => line.kind === kind).length;
    const { rows } = await stack.pool.query<{ accepted: number; received: number }>(
      `select (select count(*)::int from payments where provider = $1 and provider_payment_id is not null) as accepted,
         (select count(distinct transaction_key)::int from ledger_entries l join payments p on p.id = l.payment_id
          where p.provider = $1) as received`,
      [provider],
    );
    expect(rows[0]).toEqual({ accepted: count('payment_created'), received: count('money_received') });
  }
});

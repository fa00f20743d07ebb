/** Webhooks in any order, in any number, at any time, and some that should never have been sent. */
import { createHash } from 'node:crypto';
import type { Client } from '@temporalio/client';
import type { Invoice } from '../cli/journey/clients.ts';
import { invoiceWorkflowId } from '../workflows/contract.ts';
import { eventually } from './setup/eventually.ts';
import { transfer } from './setup/finan-transfer.ts';
import { settledViolations } from './setup/invariants.ts';
import { shop, type Shop } from './setup/shop.ts';
import { STACK_TIMEOUT_MS, startTestStack, type TestStack } from './setup/stack.ts';
import { temporalClient } from './setup/temporal-client.ts';

let stack: TestStack;
let at: Shop;
let temporal: Client;

beforeAll(async () => {
  stack = await startTestStack();
  at = shop(stack);
  temporal = await temporalClient();
}, STACK_TIMEOUT_MS);
afterAll(async () => {
  await temporal.connection.close();
  await stack.stop();
}, STACK_TIMEOUT_MS);

const isPaid = ({ status }: { status: string }): boolean => status === 'paid';

/** All orders of `items`. */
function permutations<T>(items: readonly T[]): T[][] {
  if (items.length === 0) return [[]];
  return items.flatMap((first, index) =>
    permutations(items.toSpliced(index, 1)).map((rest) => [first, ...rest]),
  );
}

/** Sends each in order, the first once, the second twice at a time, and so on. */
async function sendAll(
  provider: 'finan' | 'fapshi',
  id: string,
  order: readonly Record<string, unknown>[],
): Promise<void> {
  for (const [index, body] of order.entries()) {
    const copies = (index % 5) + 1;
    await Promise.all(Array.from({ length: copies }, () => stack.control.sendWebhook(provider, id, body)));
  }
}

/** The invoice without what differs between two that went the same way. */
function standing({ status, amounts, payments }: Invoice): unknown {
  return {
    status,
    amounts,
    payments: payments.map((payment) => [payment.status, payment.received.amount]),
  };
}

/** No webhook of this invoice waits any more. */
const allEnded = (invoiceId: string): Promise<unknown> =>
  eventually(
    'every webhook has ended',
    async () => {
      const { rows } = await stack.pool.query<{ waiting: number }>(
        `select count(*)::int as waiting from webhook_events where invoice_id = $1 and state = 'received'`,
        [invoiceId],
      );
      return rows[0]?.waiting;
    },
    (waiting) => waiting === 0,
  );

describe('the order and the number of webhooks', () => {
  it('of Fapshi: 24 orders of four events, each sent up to four times at once, all end the same', async () => {
    const orders = permutations(['PENDING', 'FAILED', 'EXPIRED', 'SUCCESSFUL']);
    await at.control('POST', '/fapshi/webhooks/next', { do: 'drop', count: orders.length });
    const ended = await Promise.all(
      orders.map(async (order) => {
        const { invoice, id } = await at.payable('fapshi');
        await stack.control.pay('fapshi', id);
        await sendAll(
          'fapshi',
          id,
          order.map((status) => ({ status })),
        );
        await allEnded(invoice.id);
        return standing(await stack.merchantApi.until(invoice.id, 'paid', isPaid));
      }),
    );
    expect(ended).toHaveLength(24);
    for (const end of ended) expect(end).toEqual(ended[0]);
    expect(ended[0]).toMatchObject({
      status: 'paid',
      amounts: { received: { amount: 5000 }, excess: { amount: 0 } },
    });
  }, 60_000);

  it('of Finan: 24 orders of four transfers, each told up to four times at once, all end the same', async () => {
    const orders = permutations([0, 1, 2, 3]);
    const amounts = [100_000, 60_000, 40_000, 25_000];
    await at.control('POST', '/finan/webhooks/next', {
      do: 'drop',
      count: orders.length * amounts.length,
    });
    const ended = await Promise.all(
      orders.map(async (order) => {
        const { invoice, id } = await at.payable('finan');
        for (const amount of amounts) await stack.control.pay('finan', id, { amount });
        const { transfers } = (await at.control('GET', `/finan/payments/${id}`)) as {
          transfers: { id: string }[];
        };
        await sendAll(
          'finan',
          id,
          order.map((index) => ({ transfer_id: transfers[index]?.id })),
        );
        await allEnded(invoice.id);
        return standing(
          await stack.merchantApi.until(
            invoice.id,
            'overpaid',
            (now) => now.amounts.received.amount === 225_000,
          ),
        );
      }),
    );
    expect(ended).toHaveLength(24);
    for (const end of ended) expect(end).toEqual(ended[0]);
    expect(ended[0]).toMatchObject({ status: 'overpaid', amounts: { excess: { amount: 25_000 } } });
  }, 60_000);

  it('five copies at once are one row, one event and one transfer in the books', async () => {
    const { invoice, id } = await at.payable('finan');
    await stack.control.armWebhook('finan', { do: 'double', copies: 5 });
    await stack.control.pay('finan', id);
    await stack.merchantApi.until(invoice.id, 'paid', isPaid);
    const { rows } = await stack.pool.query(
      `select (select array_agg(copies) from webhook_events where invoice_id = $1) as copies,
         (select count(*)::int from invoice_events where invoice_id = $1 and type = 'money.received') as events,
         (select count(distinct transaction_key)::int from ledger_entries where invoice_id = $1) as transactions`,
      [invoice.id],
    );
    expect(rows).toEqual([{ copies: [5], events: 1, transactions: 1 }]);
  });
});

/** The path under which Finan calls us. */
const finanPath = (): string => `/webhooks/finan/${stack.merchant.accounts['finan']}`;

/** Posts bytes to an endpoint for webhooks; signed as Finan's documentation says, unless other headers are given. */
async function post(
  body: string | Uint8Array,
  {
    path = finanPath(),
    headers,
    at_s = Math.floor(Date.now() / 1000),
  }: {
    path?: string;
    headers?: Record<string, string>;
    at_s?: number;
  } = {},
): Promise<number> {
  const { client_id = '', secret = '' } = stack.sandbox.providers['finan']?.credentials ?? {};
  const digest = createHash('sha256')
    .update(`${secret}_POST_${path}_`)
    .update(body)
    .update(`_${at_s}`)
    .digest('hex');
  const signed = { 'x-client-id': client_id, 'x-timestamp': String(at_s), 'x-signature': digest };
  const response = await fetch(stack.apiUrl + path, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...(headers ?? signed) },
    body,
  });
  await response.arrayBuffer();
  return response.status;
}

const countRows = async (): Promise<number> =>
  (await stack.pool.query<{ count: number }>('select count(*)::int as count from webhook_events')).rows[0]
    ?.count ?? -1;

describe('webhooks that nobody should believe', () => {
  it.each(['finan', 'fapshi'] as const)(
    'forged in the name of %s: 401, and nothing comes of it',
    async (provider) => {
      const { invoice, id } = await at.payable(provider);
      const before = await countRows();
      await stack.control.sendWebhook(provider, id, { forge: true });
      const [delivery] = await stack.control.deliveries(provider, id);
      expect(delivery?.response?.status).toBe(401);
      expect(await countRows()).toBe(before);
      expect(await stack.merchantApi.invoice(invoice.id)).toMatchObject({ status: 'open' });
    },
  );

  it('without a signature, with an old one, with that of another path or of another body: 401', async () => {
    const { payment, id } = await at.payable('finan');
    const body = transfer(payment.id, id);
    const before = await countRows();
    const now_s = Math.floor(Date.now() / 1000);
    expect([
      await post(body, { headers: {} }),
      await post(body, { at_s: now_s - 31 }),
      await post(body, { at_s: now_s + 32 }),
    ]).toEqual([401, 401, 401]);
    const { client_id = '' } = stack.sandbox.providers['finan']?.credentials ?? {};
    const stolen = createHash('sha256').update(body).digest('hex');
    expect(
      await post(body, {
        headers: { 'x-client-id': client_id, 'x-timestamp': String(now_s), 'x-signature': stolen },
      }),
    ).toBe(401);
    expect(await countRows()).toBe(before);
  });

  it('signed truly, but for a payment of nobody here, of another amount than before, or of no sense: no effect', async () => {
    const since = new Date().toISOString();
    const { invoice, payment, id } = await at.payable('finan');
    expect(await post(transfer(payment.id, id, { amount: 50_000 }))).toBe(200);
    await stack.merchantApi.until(invoice.id, 'partially paid', ({ status }) => status === 'partially_paid');
    expect(await post(transfer(payment.id, 'somebody-elses', { id: 'other-1' }))).toBe(200);
    expect(await post(transfer(payment.id, id, { id: 'zero', amount: 0 }))).toBe(200);
    await allEnded(invoice.id);
    expect(await stack.merchantApi.invoice(invoice.id)).toMatchObject({
      status: 'partially_paid',
      amounts: { received: { amount: 50_000 } },
    });
    const { rows } = await stack.pool.query<{ reason: string | null }>(
      `select reason from webhook_events where state = 'dead' and received_at >= $1`,
      [since],
    );
    expect(rows).toEqual([{ reason: expect.stringMatching(/\w/) }, { reason: expect.stringMatching(/\w/) }]);
  });

  it('oversized: 413; too deep, with NUL characters or no JSON at all: a dead row; the API stays up', async () => {
    const before = await countRows();
    expect(await post('x'.repeat(300_000))).toBe(413);
    expect(await countRows()).toBe(before);

    const { payment, id } = await at.payable('finan');
    const bodies = [
      `${'['.repeat(100_000)}${']'.repeat(100_000)}`,
      transfer(payment.id, id, { id: 'nul\0' }),
      Buffer.from([0, 1, 2, 0xff, 0xfe]),
      '',
      'null',
      '{"id": 1e400}',
    ];
    for (const body of bodies) expect(await post(body)).toBe(200);
    const { rows } = await stack.pool.query<{ state: string; reason: string | null }>(
      'select state, reason from webhook_events order by received_at desc limit $1',
      [bodies.length],
    );
    expect(await countRows()).toBe(before + bodies.length);
    for (const row of rows) expect(row).toEqual({ state: 'dead', reason: expect.stringMatching(/\w/) });

    const response = await fetch(`${stack.apiUrl}/readyz`);
    expect(response.status).toBe(200);
    await stack.control.pay('finan', id);
    const { rows: paid } = await stack.pool.query<{ invoice_id: string }>(
      'select invoice_id from payments where id = $1',
      [payment.id],
    );
    await stack.merchantApi.until(paid[0]?.invoice_id ?? '', 'paid', isPaid);
  });

  it('for an account that does not exist, or in the name of another provider: 404', async () => {
    const { finan = '' } = stack.merchant.accounts;
    expect(await post('{}', { path: '/webhooks/finan/pacc_00000000000000000000000000' })).toBe(404);
    expect(await post('{}', { path: `/webhooks/fapshi/${finan}` })).toBe(404);
    expect(await post('{}', { path: '/webhooks/nobody/x' })).toBe(404);
  });
});

describe('webhooks at a bad time', () => {
  it('while no worker runs: acknowledged at once, applied when one is back', async () => {
    const { invoice, id } = await at.payable('finan');
    const back = stack.worker.restarted();
    stack.worker.kill('SIGKILL');
    await stack.control.pay('finan', id);
    const [delivery] = await stack.control.deliveries('finan', id);
    expect(delivery?.response?.status).toBe(200);
    expect(await stack.merchantApi.invoice(invoice.id)).toMatchObject({ status: 'open' });
    await back;
    await stack.merchantApi.until(invoice.id, 'paid', isPaid);
  }, 60_000);

  it('after the workflow has closed: it wakes, and the money is on record', async () => {
    const { invoice, id } = await at.payable('finan');
    await stack.control.pay('finan', id);
    const workflow = temporal.workflow.getHandle(invoiceWorkflowId(invoice.id));
    await workflow.result();
    const first = await workflow.describe();
    expect(first.status.name).toBe('COMPLETED');

    await stack.control.pay('finan', id, { amount: 30_000 });
    await stack.merchantApi.until(invoice.id, 'overpaid', ({ status }) => status === 'overpaid');
    await workflow.result();
    expect((await workflow.describe()).runId).not.toBe(first.runId);
  });
});

it('leaves a record in which every invariant holds', async () => {
  // Some of its money came in webhooks that the test signed, so the simulator's books have none of it.
  expect(await settledViolations(stack, { books: false })).toEqual([]);
});

/** A provider that answers and yet is not well: found by what is measured, told to the merchant, and taken back by itself. */
import type { Client } from '@temporalio/client';
import { sweepScheduleId } from '../temporal/schedules.ts';
import { eventually } from './setup/eventually.ts';
import { settledViolations } from './setup/invariants.ts';
import { shop, type Provider, type Shop } from './setup/shop.ts';
import { STACK_TIMEOUT_MS, startTestStack, type TestStack } from './setup/stack.ts';
import { temporalClient } from './setup/temporal-client.ts';

const TIMEOUT_MS = 120_000;
const AT_ONCE = 16;

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

interface Turn {
  readonly type: string;
  readonly incident: { readonly id: string; readonly cause: string; readonly detail: string };
}

/** What the merchant was told of this provider's account, the newest first. */
const told = async (provider: Provider): Promise<Turn[]> => {
  const all = await Promise.all(
    ['provider.degraded', 'provider.recovered'].map(
      async (type) => (await stack.call('GET', `/v1/events?type=${type}`)).body['data'] as Turn[],
    ),
  );
  const account = stack.merchant.accounts[provider];
  return all.flat().filter(({ incident }) => Object.values(incident).includes(account ?? ''));
};
const sweep = () => temporal.schedule.getHandle(sweepScheduleId(stack.taskQueue)).trigger('ALLOW_ALL');
/** Has what was done measured until the merchant is told of it. */
const measuredAs = (provider: Provider, type: string, cause: string): Promise<Turn> =>
  eventually(
    `${type} for ${cause}`,
    async () => {
      await sweep();
      return (await told(provider)).find((turn) => turn.type === type && turn.incident.cause === cause);
    },
    (turn) => turn !== undefined,
  ).then((turn) => turn as Turn);
/** Has what is usual learned. */
const learned = (provider: Provider, what: 'success_rate' | 'call_ms') =>
  eventually(
    'what is usual is known',
    async () => {
      await sweep();
      const { rows } = await stack.pool.query<{ success_rate: number | null; call_ms: number | null }>(
        'select success_rate, call_ms from provider_usual where account_id = $1',
        [stack.merchant.accounts[provider]],
      );
      return rows[0];
    },
    (usual) => usual !== undefined && usual[what] !== null,
  );

/** Does something with so many new payments, a few at once. */
const withPayments = async (
  provider: Provider,
  count: number,
  work: (invoice: string, payment: string) => Promise<unknown>,
): Promise<void> => {
  let left = count;
  const one = async (): Promise<void> => {
    while (left-- > 0) {
      const { invoice, id } = await at.payable(provider);
      await work(invoice.id, id);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, one));
};
const paid = async (provider: Provider, invoice: string, payment: string): Promise<void> => {
  await stack.control.pay(provider, payment);
  await stack.merchantApi.until(invoice, 'paid', ({ status }) => status === 'paid');
};

it(
  'calls that take far longer than usual begin an incident, and usual ones end it',
  async () => {
    await withPayments('finan', 52, (invoice, payment) => paid('finan', invoice, payment));
    await learned('finan', 'call_ms');
    await stack.control.fault('finan', { kind: 'slow', ms: 1_500, operation: 'create', times: -1 });
    await withPayments('finan', 90, () => Promise.resolve());
    const degraded = await measuredAs('finan', 'provider.degraded', 'slow');
    expect(degraded.incident.detail).toMatch(/^calls take 1\.\d s; 0\.\d s is usual$/);

    await at.control('DELETE', '/finan/faults');
    await withPayments('finan', 70, () => Promise.resolve());
    const recovered = await measuredAs('finan', 'provider.recovered', 'slow');
    expect(recovered.incident.id).toBe(degraded.incident.id);
    expect((await stack.call('GET', `/v1/incidents/${recovered.incident.id}`)).body).toMatchObject({
      status: 'recovered',
      recovery: 'usual_again',
    });
  },
  TIMEOUT_MS,
);

it(
  'far fewer payments that succeed than usual begin an incident, and enough of them end it',
  async () => {
    await withPayments('fapshi', 24, (invoice, payment) => paid('fapshi', invoice, payment));
    await learned('fapshi', 'success_rate');
    await withPayments('fapshi', 26, async (_invoice, payment) => {
      await at.control('POST', `/fapshi/payments/${payment}/expire`, {});
    });
    const degraded = await measuredAs('fapshi', 'provider.degraded', 'low_success_rate');
    expect(degraded.incident.detail).toMatch(/% of the last hour's \d+ payments succeeded; 100 % is usual/);

    await withPayments('fapshi', 60, (invoice, payment) => paid('fapshi', invoice, payment));
    const recovered = await measuredAs('fapshi', 'provider.recovered', 'low_success_rate');
    expect(recovered.incident.id).toBe(degraded.incident.id);
  },
  TIMEOUT_MS,
);

it(
  'payments that are found by asking, while no webhook comes, are an incident of the webhooks',
  async () => {
    await withPayments('fib', 1, (invoice, payment) => paid('fib', invoice, payment));
    await at.control('POST', '/fib/webhooks/next', { do: 'drop', count: 8 });
    await withPayments('fib', 8, async (invoice, payment) => {
      await stack.control.pay('fib', payment);
      await stack.merchantApi.advanceClock(invoice, 120);
      await stack.merchantApi.until(invoice, 'paid', ({ status }) => status === 'paid');
    });
    // They have had time to come.
    await stack.pool.query(
      `update payments set updated_at = updated_at - interval '3 minutes' where account_id = $1`,
      [stack.merchant.accounts['fib']],
    );
    const degraded = await measuredAs('fib', 'provider.degraded', 'webhooks_missing');
    expect(degraded.incident.detail).toBe(
      "no webhook has told of 8 of the last hour's 9 paid payments; they were found by asking",
    );
  },
  TIMEOUT_MS,
);

it('breaks no rule of the record', async () => {
  expect(await settledViolations(stack)).toEqual([]);
});

/** Balances and the audit after real payments and refunds: what the API says, what the ledger has, what the simulators' books have. */
import { audit } from '../audit/index.ts';
import { readSandboxBooks } from '../audit/sandbox-books.ts';
import { settledViolations } from './setup/invariants.ts';
import { shop, type Provider, type Shop } from './setup/shop.ts';
import { STACK_TIMEOUT_MS, startTestStack, type TestStack } from './setup/stack.ts';

let stack: TestStack;
let at: Shop;

beforeAll(async () => {
  stack = await startTestStack();
  at = shop(stack);
}, STACK_TIMEOUT_MS);
afterAll(() => stack.stop(), STACK_TIMEOUT_MS);

const PAID = [
  'finan',
  'fib',
  'tabby',
  'rehive',
  'fapshi',
  'myfatoorah',
] as const satisfies readonly Provider[];

interface Balance {
  readonly currency: string;
  readonly balanced: boolean;
  readonly total: object;
  readonly accounts: readonly { account: string; amount: number; provider_accounts: readonly object[] }[];
}
const balances = async (query = ''): Promise<readonly Balance[]> => {
  const { status, body } = await stack.call('GET', `/v1/balances${query}`);
  expect({ status, balanced: body['balanced'] }).toEqual({ status: 200, balanced: true });
  return body['data'] as readonly Balance[];
};
const amounts = (balance: Balance | undefined) =>
  Object.fromEntries((balance?.accounts ?? []).map(({ account, amount }) => [account, amount]));

it('are empty before any money has come', async () => {
  expect(await balances()).toEqual([]);
});

it('follow payments and refunds, and are zero in all', async () => {
  for (const provider of PAID) {
    const { invoice, payment, id } = await at.payable(provider);
    await stack.control.pay(provider, id);
    await stack.merchantApi.until(invoice.id, 'paid', ({ status }) => status === 'paid');
    if (provider !== 'tabby') continue;
    const { status } = await stack.call('POST', '/v1/refunds', { payment: payment.id, amount: 15_000 });
    expect(status).toBe(201);
    await stack.merchantApi.until(
      invoice.id,
      'partially_refunded',
      (read) => read.status === 'partially_refunded',
    );
  }
  const all = await balances();
  expect(all.map(({ currency }) => currency)).toEqual(['AED', 'IQD', 'KWD', 'USD', 'VND', 'XAF']);
  expect(amounts(all[0])).toMatchObject({ merchant_payable: -25_000 });
  expect(amounts(all[4])).toMatchObject({ merchant_payable: -200_000 });
  // What providers keep is what they tell of: MyFatoorah its service charge, Fapshi all that is not revenue.
  expect(amounts(all[2])).toMatchObject({
    merchant_payable: -10_000,
    provider_fees: expect.any(Number) as number,
  });
  expect(amounts(all[5])).toEqual({ merchant_payable: -5000, provider_clearing: 4850, provider_fees: 150 });
  for (const { total, currency, accounts } of all) {
    expect(total).toMatchObject({ amount: 0 });
    expect(accounts.reduce((sum, { amount }) => sum + amount, 0)).toBe(0);
    expect(accounts[0]?.provider_accounts).toMatchObject([
      {
        provider_account: expect.stringMatching(/^pacc_/) as string,
        display: expect.stringContaining(currency) as string,
      },
    ]);
  }
  expect(await balances('?currency=AED')).toEqual(all.slice(0, 1));
  expect(await balances('?currency=OMR')).toEqual([]);
});

it('refuse a currency that there is not', async () => {
  const { status, body } = await stack.call('GET', '/v1/balances?currency=ved');
  expect(status).toBe(422);
  expect(body['errors']).toMatchObject([{ pointer: '?currency', code: 'unknown_currency' }]);
});

it("hold up against the simulators' own books, and a receipt that the books do not have is found", async () => {
  expect(await settledViolations(stack)).toEqual([]);
  const books = await readSandboxBooks(stack.sandbox.controlUrl, [...PAID]);
  expect(await audit(stack.pool, { books })).toMatchObject({ ok: true, not_in_sandbox: 0 });
  const without = await readSandboxBooks(
    stack.sandbox.controlUrl,
    PAID.filter((provider) => provider !== 'tabby'),
  );
  expect(await audit(stack.pool, { books: without })).toMatchObject({ ok: true, not_in_sandbox: 1 });
  const short = {
    find: (...about: Parameters<typeof books.find>) => {
      const found = books.find(...about);
      return found && about[0] === 'tabby'
        ? { ...found, refunded: [{ amount: '1.00', transfer_id: 'R-1' }] }
        : found;
    },
  };
  const { findings } = await audit(stack.pool, { books: short });
  expect(findings.find(({ id }) => id === 'sandbox_books')?.violations).toMatchObject([
    {
      message: expect.stringMatching(
        /^refunded by our record: 15000 \(\S+\); by tabby's books: 100 \(R-1\)$/,
      ) as string,
    },
  ]);
});

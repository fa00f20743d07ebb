/** Providers that authorize first: the money is captured once, by itself, and everything else is told apart from it. */
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

const AUTHORIZING = ['tabby', 'tamara', 'myfatoorah'] as const satisfies readonly Provider[];
const received = async (provider: Provider, payment: string): Promise<number> =>
  (await at.books(provider)).filter((line) => line.payment_id === payment && line.kind === 'money_received')
    .length;

describe('an invoice that is captured by itself', () => {
  it.each(AUTHORIZING)('%s: authorized, captured once, paid', async (provider) => {
    const { invoice, id } = await at.payable(provider);
    await stack.control.pay(provider, id);
    const paid = await stack.merchantApi.until(invoice.id, 'paid', ({ status }) => status === 'paid');
    expect(paid.payments).toMatchObject([{ status: 'paid', provider_payment_id: id }]);
    expect(paid.amounts).toMatchObject({ remaining: { amount: 0 }, excess: { amount: 0 } });
    expect(await received(provider, id)).toBe(1);
  });
});

it('the record and the providers agree on every payment and every transfer', async () => {
  expect(await settledViolations(stack.pool)).toEqual([]);
});

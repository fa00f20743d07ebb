/**
 * What is particular to ZainCash v2, against its simulator over HTTP. What every connector does is in `test/contract/`.
 */
import { currency } from '../../domain/currency.ts';
import { money } from '../../domain/money.ts';
import { returnAddresses } from '../../domain/return-address.ts';
import { useRig } from '../../test/setup/provider-rig.ts';
import type { CreatePayment } from '../contract.ts';
import { createTokenStore } from '../token-store.ts';
import { zaincash } from './connector.ts';

const rig = useRig(zaincash, { clock: 'simulator' });
const { context } = rig;
const order: CreatePayment = {
  reference: 'pay_01',
  idempotency_key: 'inv_01:create:pay_01',
  method: 'wallet',
  money: money(25_000_000, currency('IQD')),
  description: 'Order 1001',
  customer: { phone: '07800000002' },
  items: [],
  webhook_url: 'https://sarraf.example/webhooks/zaincash/acc_1',
  return_urls: returnAddresses('https://sarraf.example/return/t1'),
};
const create = async (given = context()) => ({
  ...(await zaincash.createPayment(given, order)),
  method: 'wallet',
});

it('is paid on the hosted page, and its webhook says what a reading says', async () => {
  const payment = await create();
  const page = payment.next_action.redirect_url ?? '';
  const submit = (fields: Record<string, string>) =>
    fetch(page, { method: 'POST', body: new URLSearchParams(fields), redirect: 'manual' });
  await submit({ phone: '9647800000002', pin: '1111' });
  const back = await submit({ step: 'otp', otp: '111111' });
  expect(back.headers.get('location')).toContain(order.return_urls.success);
  const [claim] = await rig.claims();
  const reading = await zaincash.readPayment(context(), payment);
  expect(claim?.reading).toMatchObject({ status: 'paid', reference: 'pay_01' });
  expect(claim?.reading?.receipts).toEqual(reading.receipts);
});

it('says the same moment in webhook and reading, however far the clock has moved between', async () => {
  const { provider_payment_id, method } = await create();
  let looks = 0;
  const now = Date.now();
  const clock = jest.spyOn(Date, 'now').mockImplementation(() => now + (looks += 1));
  rig.simulator.payments.pay(provider_payment_id, {});
  clock.mockRestore();
  expect(looks).toBeGreaterThan(1);
  const [claim] = await rig.claims();
  const reading = await zaincash.readPayment(context(), { provider_payment_id, method });
  expect(claim?.reading?.receipts).toHaveLength(1);
  expect(claim?.reading?.receipts).toEqual(reading.receipts);
});

it('tells in webhook and reading what ZainCash keeps', async () => {
  rig.simulator.settings['fee_percent'] = 2;
  const { provider_payment_id, method } = await create();
  rig.simulator.settings['fee_percent'] = 0;
  rig.simulator.payments.pay(provider_payment_id, {});
  const [claim] = await rig.claims();
  const reading = await zaincash.readPayment(context(), { provider_payment_id, method });
  for (const said of [claim?.reading, reading]) {
    expect(said?.receipts).toMatchObject([{ amount: 25_000_000, fee: 500_000 }]);
  }
});

it('tells in the webhook why a payment failed', async () => {
  const { provider_payment_id } = await create();
  rig.simulator.payments.fail(provider_payment_id, 'Insufficient balance');
  const [claim] = await rig.claims();
  expect(claim?.reading).toMatchObject({ status: 'failed', failure: { message: 'Insufficient balance' } });
});

it.each([
  ['resets', { kind: 'reset_after_accept' }],
  ['sends half of it', { kind: 'truncate' }],
  ['answers 500', { kind: 'status', status: 500, after_accept: true }],
] as const)('makes one payment when ZainCash accepts and then %s, without its link', async (_, fault) => {
  rig.strike(fault, 'create');
  const payment = await create();
  expect(rig.booked('payment_created')).toHaveLength(1);
  expect(rig.simulator.payments.find(payment.provider_payment_id)?.reference).toBe('pay_01');
  // The link is told once. The webhook carries our reference all the same, so the money is not lost.
  expect(payment.next_action).toEqual({ type: 'redirect' });
});

it('makes one payment, with its link, when the request never arrived', async () => {
  rig.strike({ kind: 'reset' }, 'create');
  expect((await create()).next_action.redirect_url).toContain(rig.simulator.baseUrl);
  expect(rig.booked('payment_created')).toHaveLength(1);
});

it('makes one payment of the same request sent twenty times at once', async () => {
  const { tokens } = context();
  const made = await Promise.all(Array.from({ length: 20 }, () => create(context({ tokens }))));
  expect(new Set(made.map(({ provider_payment_id }) => provider_payment_id)).size).toBe(1);
  expect(rig.booked('payment_created')).toHaveLength(1);
});

it('gets a new token when its own has run out at ZainCash', async () => {
  // Our clock stands still, so only the 401 can tell.
  const fixed = Date.now();
  const given = context({ tokens: createTokenStore(() => fixed) });
  const payment = await create(given);
  await rig.advance(90_000);
  expect((await zaincash.readPayment(given, payment)).status).toBe('expired');
});

it('takes the webhook of a refund for a hint, and names what it refuses to refund', async () => {
  const { provider_payment_id } = await create();
  const refund = {
    provider_payment_id,
    method: 'wallet',
    money: order.money,
    operation_key: 'inv_01:refund:1',
    reason: null,
  };
  await expect(zaincash.refundPayment?.(context(), refund)).rejects.toThrow(/PENDING/);
  rig.simulator.payments.pay(provider_payment_id, {});
  const part = { ...refund, money: money(1_000_000, order.money.currency) };
  await expect(zaincash.refundPayment?.(context(), part)).rejects.toThrow(/whole payment/);
  await zaincash.refundPayment?.(context(), refund);
  expect(await rig.verdicts()).toEqual([{ ok: true }, { ok: true }]);
  expect((await rig.claims())[1]).toMatchObject({ provider_payment_id, reading: null });
});

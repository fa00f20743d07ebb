/**
 * What is particular to Rehive, against its simulator over HTTP. What every connector does is in `test/contract/`.
 */
import { currency } from '../../domain/currency.ts';
import { money } from '../../domain/money.ts';
import { returnAddresses } from '../../domain/return-address.ts';
import { useRig } from '../../test/setup/provider-rig.ts';
import type { CreatePayment, MoneyOperation } from '../contract.ts';
import { rehive } from './connector.ts';

const rig = useRig(rehive, { seed: 'end-to-end' });
const { context, booked } = rig;
const order: CreatePayment = {
  reference: 'pay_01',
  idempotency_key: 'inv_01:create:pay_01',
  method: 'hosted',
  money: money(10_000, currency('USD')),
  description: 'Order 1001',
  customer: { email: 'sara@example.com' },
  items: [],
  webhook_url: 'https://sarraf.example/webhooks/rehive/acc_1',
  return_urls: returnAddresses('https://sarraf.example/return/t1'),
};
const create = async () => (await rehive.createPayment(context(), order)).provider_payment_id;
const paid = async (): Promise<string> => {
  const id = await create();
  rig.simulator.payments.pay(id, {});
  return id;
};
const known = (provider_payment_id: string) => ({ provider_payment_id, method: 'hosted' });
const read = (id: string) => rehive.readPayment(context(), known(id));
const refund = (id: string, amount: number, operation_key: string, signal?: AbortSignal) => {
  const operation: MoneyOperation = {
    ...known(id),
    money: money(amount, currency('USD')),
    operation_key,
    reason: 'Torn',
  };
  return rehive.refundPayment?.(context(signal ? { signal } : {}), operation);
};

it.each([true, false])('takes a payment with answers in an envelope: %p', async (envelope) => {
  rig.simulator.settings['envelope'] = envelope;
  const id = await paid();
  const [received] = booked('money_received');
  expect(await read(id)).toMatchObject({
    status: 'paid',
    receipts: [{ key: received?.transfer_id, amount: 10_000 }],
  });
  await refund(id, 2_500, 'inv_01:refund:1');
  expect((await read(id)).refunds).toMatchObject([{ amount: 2_500 }]);
  const found = await rehive.findPayment?.(context(), { reference: 'pay_01', method: 'hosted' });
  expect(found?.provider_payment_id).toBe(id);
});

it('counts part payments and too much money exactly', async () => {
  const id = await create();
  rig.simulator.payments.pay(id, { amount: 2_500 });
  const partly = await read(id);
  expect(partly).toMatchObject({ status: 'pending', receipts: [{ amount: 2_500 }] });
  rig.simulator.payments.pay(id, { amount: 9_000 });
  const whole = await read(id);
  expect(whole).toMatchObject({ status: 'paid', receipts: [partly.receipts[0], { amount: 9_000 }] });
});

it('makes one invoice of two equal requests, and finds its link again', async () => {
  const id = await create();
  expect(await create()).toBe(id);
  expect(booked('payment_created')).toMatchObject([{ idempotency_key: 'inv_01:create:pay_01' }]);
  const found = await rehive.findPayment?.(context(), { reference: 'pay_01', method: 'hosted' });
  expect(found).toMatchObject({ status: 'pending', next_action: { type: 'redirect' } });
});

it('refunds once, even when the answer is lost and the key is forgotten after a day', async () => {
  const id = await paid();
  rig.strike({ kind: 'hang_after_accept' }, 'refund');
  const lost = refund(id, 2_500, 'inv_01:refund:1', AbortSignal.timeout(300));
  await expect(lost).rejects.toMatchObject({ failure: { kind: 'unknown_outcome' } });
  await rig.advance(25 * 3600);
  expect(await refund(id, 2_500, 'inv_01:refund:1')).toMatchObject({ status: 'succeeded' });
  expect(booked('refund_requested')).toHaveLength(1);
});

it('tells of refunds that fail afterwards', async () => {
  const id = await paid();
  rig.simulator.settings['refunds_fail'] = true;
  await refund(id, 2_500, 'inv_01:refund:1');
  await rig.advance(2);
  expect((await read(id)).refunds).toMatchObject([{ status: 'failed', amount: 2_500 }]);
  expect(booked('money_refunded')).toEqual([]);
});

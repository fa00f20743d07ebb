/**
 * What is particular to Tabby, against its simulator over HTTP. What every connector does is in `test/contract/`.
 */
import { currency } from '../../domain/currency.ts';
import { money } from '../../domain/money.ts';
import { returnAddresses } from '../../domain/return-address.ts';
import { useRig } from '../../test/setup/provider-rig.ts';
import type { CreatePayment, MoneyOperation } from '../contract.ts';
import { tabby } from './connector.ts';

const rig = useRig(tabby, { seed: 'end-to-end' });
const { context, booked } = rig;
const KWD = currency('KWD');
const order: CreatePayment = {
  reference: 'pay_01',
  idempotency_key: 'inv_01:create:pay_01',
  method: 'installments',
  money: money(12_500, KWD),
  description: 'Order 1001',
  customer: { name: 'Sara', email: 'otp.success@tabby.ai', phone: '+965 9000 0001' },
  items: [{ name: 'T-shirt', quantity: 2, unit_amount: 6_250 }],
  webhook_url: 'https://sarraf.example/webhooks/tabby/acc_1',
  return_urls: returnAddresses('https://sarraf.example/return/t1'),
};
const create = async (over: Partial<CreatePayment> = {}) =>
  (await tabby.createPayment(context(), { ...order, ...over })).provider_payment_id;
const authorized = async (over: Partial<CreatePayment> = {}): Promise<string> => {
  const id = await create(over);
  rig.simulator.payments.pay(id, {});
  return id;
};
const known = (provider_payment_id: string) => ({ provider_payment_id, method: 'installments' });
const operation = (id: string, amount: number, operation_key: string): MoneyOperation => ({
  ...known(id),
  money: money(amount, KWD),
  operation_key,
  reason: null,
});
const find = () => tabby.findPayment?.(context(), { reference: 'pay_01', method: 'installments' });

it('is told of the authorization, the capture and the closing that follows by itself, each with its own key', async () => {
  const id = await authorized();
  await tabby.capturePayment?.(context(), operation(id, 12_500, 'cap_1'));
  expect(booked('money_received')).toMatchObject([
    { amount: '12.500', currency: 'KWD', idempotency_key: 'cap_1' },
  ]);
  const keys = (await rig.claims()).map(({ event_key }) => event_key);
  expect(rig.merchant.bodies().map(({ status }) => status)).toEqual(['authorized', 'authorized', 'closed']);
  expect(new Set(keys).size).toBe(3);
});

it('lets the customer pay, cancel or be refused on the page', async () => {
  const play = async (what: string, email: string) => {
    const customer = { ...order.customer, email };
    const created = await tabby.createPayment(context(), { ...order, customer });
    const answer = await fetch(created.next_action.redirect_url ?? '', {
      method: 'POST',
      body: new URLSearchParams({ do: what }),
      redirect: 'manual',
    });
    const { status } = await tabby.readPayment(context(), known(created.provider_payment_id));
    return [answer.headers.get('location')?.split('?')[0], status];
  };
  expect(await play('pay', 'otp.success@tabby.ai')).toEqual([order.return_urls.success, 'authorized']);
  expect(await play('cancel', 'otp.success@tabby.ai')).toEqual([order.return_urls.cancel, 'expired']);
  expect(await play('pay', 'otp.rejected@tabby.ai')).toEqual([order.return_urls.failure, 'failed']);
});

it('says that pre-scoring declined the customer', async () => {
  const customer = { ...order.customer, phone: '+96590000002' };
  await expect(create({ customer })).rejects.toMatchObject({
    failure: { kind: 'declined', code: 'not_available' },
  });
  expect(booked('payment_created')).toEqual([]);
});

it('refunds closed payments only', async () => {
  const id = await authorized();
  await tabby.capturePayment?.(context(), operation(id, 5_000, 'cap_1'));
  const refund = () => tabby.refundPayment?.(context(), operation(id, 1, 'ref_1'));
  await expect(refund()).rejects.toMatchObject({ failure: { kind: 'invalid_request' } });
  await tabby.voidPayment?.(context(), { ...known(id), operation_key: 'void_1' });
  expect(await refund()).toMatchObject({ amount: 1, status: 'succeeded' });
});

it('lists no payment that is merely created, whose link nobody may have', async () => {
  const id = await create();
  expect(await find()).toBeNull();
  rig.simulator.payments.pay(id, {});
  expect(await find()).toMatchObject({ provider_payment_id: id, status: 'authorized' });
});

it('finds a payment behind a page of newer ones', async () => {
  const id = await authorized();
  for (let number = 0; number < 25; number += 1) await authorized({ reference: `other_${number}` });
  expect(await find()).toMatchObject({ provider_payment_id: id, reference: 'pay_01' });
});

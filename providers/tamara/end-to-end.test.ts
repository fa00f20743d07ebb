/**
 * What is particular to Tamara, against its simulator over HTTP. What every connector does is in `test/contract/`.
 */
import { currency } from '../../domain/currency.ts';
import { money } from '../../domain/money.ts';
import { returnAddresses } from '../../domain/return-address.ts';
import { useRig } from '../../test/setup/provider-rig.ts';
import type { CreatePayment, MoneyOperation } from '../contract.ts';
import { tamara } from './connector.ts';

const rig = useRig(tamara, { seed: 'end-to-end' });
const { context, booked } = rig;
const order = (): CreatePayment => ({
  reference: 'pay_01',
  idempotency_key: 'inv_01:create:pay_01',
  method: 'instalments',
  money: money(12_500, currency('KWD')),
  description: 'Order 1001',
  customer: { name: 'Sara', email: 'sara@example.com', phone: '+96550000001' },
  items: [],
  webhook_url: rig.merchant.url('/per-payment'),
  return_urls: returnAddresses('https://sarraf.example/return/t1'),
});
const create = async () => (await tamara.createPayment(context(), order())).provider_payment_id;
const approved = async (): Promise<string> => {
  const id = await create();
  rig.simulator.payments.pay(id, {});
  return id;
};
const known = (provider_payment_id: string) => ({ provider_payment_id, method: 'instalments' });
const read = (id: string) => tamara.readPayment(context(), known(id));
const operation = (id: string, amount: number, operation_key: string): MoneyOperation => ({
  ...known(id),
  money: money(amount, currency('KWD')),
  operation_key,
  reason: null,
});

it('is told of an approval at the registered URL and at that of the payment, as one event', async () => {
  const id = await approved();
  expect(await rig.verdicts()).toEqual([{ ok: true }, { ok: true }]);
  expect(await rig.claims()).toMatchObject([
    { provider_payment_id: id, reference: 'pay_01', event_key: `${id}:approved:` },
    { event_key: `${id}:approved:` },
  ]);
});

it('authorises an approved order by reading it, once', async () => {
  const id = await approved();
  expect(booked('money_authorized')).toEqual([]);
  expect(await read(id)).toMatchObject({ status: 'authorized', authorized: 12_500, receipts: [] });
  await read(id);
  expect(booked('money_authorized')).toHaveLength(1);
});

it('says when the customer leaves', async () => {
  const { next_action, provider_payment_id: left } = await tamara.createPayment(context(), order());
  const body = new URLSearchParams({ do: 'cancel' });
  const answer = await fetch(next_action.redirect_url ?? '', { method: 'POST', body, redirect: 'manual' });
  expect(answer.headers.get('location')).toContain('paymentStatus=canceled');
  expect(await read(left)).toMatchObject({ status: 'canceled' });
});

it('loses an approved order that nobody reads for 72 hours, and keeps one that was read', async () => {
  const [read_in_time, forgotten] = [await approved(), await approved()];
  await read(read_in_time);
  await rig.advance(72 * 3600 + 1);
  expect(await read(forgotten)).toMatchObject({ status: 'expired' });
  expect(await read(read_in_time)).toMatchObject({ status: 'authorized' });
  // Tamara captures by itself after 21 days.
  await rig.advance(21 * 24 * 3600);
  expect(await read(read_in_time)).toMatchObject({ status: 'paid', receipts: [{ amount: 12_500 }] });
});

it('reads an order that is captured as it is authorised', async () => {
  rig.simulator.settings['auto_capture'] = true;
  expect(await read(await approved())).toMatchObject({ status: 'paid', receipts: [{ amount: 12_500 }] });
});

it('refunds what is captured while the rest is still open', async () => {
  const id = await approved();
  await read(id);
  await tamara.capturePayment?.(context(), operation(id, 5_000, 'op-1'));
  const refund = await tamara.refundPayment?.(context(), operation(id, 1_250, 'op-2'));
  expect(refund).toMatchObject({ amount: 1_250, reference: 'op-2', status: 'succeeded' });
  const capture = tamara.capturePayment?.(context(), operation(id, 7_501, 'op-3'));
  await expect(capture).rejects.toMatchObject({ failure: { kind: 'invalid_request' } });
  expect(booked('money_refunded')).toMatchObject([{ amount: 1.25, idempotency_key: 'op-2' }]);
});

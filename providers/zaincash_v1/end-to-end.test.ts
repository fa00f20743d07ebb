/**
 * What is particular to ZainCash v1, against its simulator over HTTP. What every connector does is in `test/contract/`.
 */
import { currency } from '../../domain/currency.ts';
import { money } from '../../domain/money.ts';
import { returnAddresses } from '../../domain/return-address.ts';
import { useRig } from '../../test/setup/provider-rig.ts';
import { zaincashV1 } from './connector.ts';

const rig = useRig(zaincashV1);
const { context } = rig;
const create = async () => ({
  ...(await zaincashV1.createPayment(context(), {
    reference: 'pay_01',
    idempotency_key: 'inv_01:create:pay_01',
    method: 'wallet',
    money: money(25_000_000, currency('IQD')),
    description: 'Order 1001',
    customer: {},
    items: [],
    webhook_url: rig.webhook_url,
    return_urls: returnAddresses('https://sarraf.example/return/t1'),
  })),
  method: 'wallet',
});

it('is paid on the page, and the token of the return is a hint that leads to the payment', async () => {
  const payment = await create();
  const page = payment.next_action.redirect_url ?? '';
  const submit = (fields: Record<string, string>) =>
    fetch(page, { method: 'POST', body: new URLSearchParams(fields), redirect: 'manual' });
  await submit({ phonenumber: '9647800000002', pin: '1111' });
  const back = new URL((await submit({ step: 'otp', otp: '111111' })).headers.get('location') ?? '');
  const body = Buffer.from(JSON.stringify({ token: back.searchParams.get('token') }));
  const webhook = { method: 'POST', path: '/', headers: {}, body, received_at: Date.now() };
  expect(zaincashV1.verifyWebhook(context().account, webhook)).toEqual({ ok: true });
  expect(zaincashV1.parseWebhook(body)).toMatchObject({
    provider_payment_id: payment.provider_payment_id,
    reference: 'pay_01',
    reading: null,
  });
  expect(await rig.received()).toEqual([]);
});

it('tells why a payment failed', async () => {
  const payment = await create();
  rig.simulator.payments.fail(payment.provider_payment_id, 'Not enough credit on balance');
  expect(await zaincashV1.readPayment(context(), payment)).toMatchObject({
    failure: { message: 'Not enough credit on balance' },
  });
});

it('does not try a create again whose answer was lost', async () => {
  rig.strike({ kind: 'truncate' }, 'create');
  await expect(create()).rejects.toMatchObject({ failure: { kind: 'unknown_outcome' } });
  expect(rig.simulator.requests()).toBe(1);
});

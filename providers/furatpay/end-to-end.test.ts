/**
 * What is particular to FuratPay, against its simulator over HTTP. What every connector does is in `test/contract/`.
 */
import { currency } from '../../domain/currency.ts';
import { money } from '../../domain/money.ts';
import { returnAddresses } from '../../domain/return-address.ts';
import { useRig } from '../../test/setup/provider-rig.ts';
import type { CreatePayment } from '../contract.ts';
import { furatpay } from './connector.ts';

const rig = useRig(furatpay, { seed: 'end-to-end' });
const { context } = rig;
const order = (method: string): CreatePayment => ({
  reference: 'pay_01',
  idempotency_key: 'inv_01:create:pay_01',
  method,
  money: money(25_000_000, currency('IQD')),
  description: 'Order 1001',
  customer: { name: 'Sara' },
  items: [{ name: 'T-shirt', quantity: 2, unit_amount: 12_500_000 }],
  webhook_url: rig.webhook_url,
  return_urls: returnAddresses('https://sarraf.example/return/t1'),
});
const create = async (method = 'zaincash') =>
  (await furatpay.createPayment(context(), order(method))).provider_payment_id;
const read = (provider_payment_id: string) =>
  furatpay.readPayment(context(), { provider_payment_id, method: 'zaincash' });

it('sees money that comes after the service has stopped waiting', async () => {
  const id = await create('fib');
  await rig.advance(24 * 3600 + 1);
  expect(await read(id)).toMatchObject({ status: 'expired', receipts: [] });
  rig.simulator.payments.pay(id, { after_expiry: true });
  expect(await read(id)).toMatchObject({ status: 'paid', receipts: [{ amount: 25_000_000 }] });
});

it('is not fooled by a true webhook with a false status', async () => {
  const id = await create();
  rig.simulator.payments.sendWebhook(id, { status: 'paid' });
  expect(await rig.verdicts()).toEqual([{ ok: true }]);
  expect(await rig.claims()).toMatchObject([{ event_key: `${id}:INVOICE_PAID:paid`, reading: null }]);
  expect(await read(id)).toMatchObject({ status: 'pending', receipts: [] });
});

it.each(['create', 'pay'])(
  'leaves an invoice with our reference when "%s" is never answered',
  async (call) => {
    rig.strike({ kind: 'hang_after_accept' }, call);
    const failing = furatpay.createPayment(context({ signal: AbortSignal.timeout(300) }), order('zaincash'));
    await expect(failing).rejects.toMatchObject({ failure: { kind: 'unknown_outcome' } });
    // Should somebody pay it all the same, the webhook leads back to our payment.
    expect(rig.simulator.payments.list('pay_01')).toHaveLength(1);
  },
);

/**
 * What is particular to MyFatoorah, against its simulator over HTTP. What every connector does is in `test/contract/`.
 */
import { currency } from '../../domain/currency.ts';
import { money } from '../../domain/money.ts';
import { returnAddresses } from '../../domain/return-address.ts';
import { useRig } from '../../test/setup/provider-rig.ts';
import type { CreatePayment } from '../contract.ts';
import { myfatoorah } from './connector.ts';

const KWD = currency('KWD');
const order: CreatePayment = {
  reference: 'pay_01',
  idempotency_key: 'inv_01:create:pay_01',
  method: 'payment_link',
  money: money(1_234_567, KWD),
  description: 'Order 1001',
  customer: { name: 'Sara', phone: '+96550000000' },
  items: [],
  webhook_url: 'https://sarraf.example/webhooks/myfatoorah/acc_1',
  return_urls: returnAddresses('https://sarraf.example/return/t1'),
};

describe.each([
  ['V1', 1, 'Invoice.ExternalIdentifier'],
  ['V2', 2, 'Invoice.ExternalIdentifier'],
  ['V2 of an old account', 2, 'Customer.Reference'],
])('webhooks %s', (_, webhook_version, webhook_v2_field) => {
  const rig = useRig(myfatoorah, { clock: 'simulator', credentials: { webhook_v2_field } });

  it('tell of a success by KNET twice, in the same words', async () => {
    rig.simulator.settings['webhook_version'] = webhook_version;
    const { provider_payment_id } = await myfatoorah.createPayment(rig.context(), order);
    rig.simulator.payments.pay(provider_payment_id, { medium: 'KNET' });
    expect(await rig.verdicts()).toEqual([{ ok: true }, { ok: true }]);
    const [first, second] = await rig.claims();
    expect(second).toEqual(first);
    expect(first).toMatchObject({ provider_payment_id, reference: 'pay_01', reading: null });
  });
});

describe('a payment', () => {
  const rig = useRig(myfatoorah, { clock: 'simulator' });
  const { context } = rig;
  const create = async (method = 'payment_link') => {
    const { provider_payment_id } = await myfatoorah.createPayment(context(), { ...order, method });
    return { provider_payment_id, method };
  };

  it('that was declined is pending, with a key for each attempt, until money comes late', async () => {
    const known = await create();
    const { payments } = rig.simulator;
    const read = () => myfatoorah.readPayment(context(), known);
    payments.fail(known.provider_payment_id, null);
    expect(await read()).toMatchObject({ status: 'pending', provider_status: 'Pending (Failed MF004)' });
    payments.fail(known.provider_payment_id, null);
    await rig.advance(24 * 3600);
    expect(await read()).toMatchObject({ status: 'expired', receipts: [] });
    payments.pay(known.provider_payment_id, { after_expiry: true });
    expect(await read()).toMatchObject({ status: 'paid', receipts: [{ amount: 1_234_567 }] });
    expect(new Set((await rig.claims()).map(({ event_key }) => event_key)).size).toBe(3);
  });

  it('keeps what was authorized in sight when a part of it is captured', async () => {
    const known = await create('card_authorization');
    rig.simulator.payments.pay(known.provider_payment_id, {});
    const capture = { ...known, money: money(1_000_000, KWD), operation_key: 'cap_1', reason: null };
    expect(await myfatoorah.capturePayment?.(context(), capture)).toMatchObject({
      status: 'paid',
      authorized: 1_234_567,
      receipts: [{ amount: 1_000_000 }],
    });
    expect(await rig.verdicts()).toEqual([{ ok: true }, { ok: true }]);
  });

  it('is refunded when the finance team says so, which a webhook tells', async () => {
    const known = await create();
    rig.simulator.payments.pay(known.provider_payment_id, {});
    const refund = { ...known, money: money(34_567, KWD), operation_key: 'rf_1', reason: 'Returned' };
    const asked = await myfatoorah.refundPayment?.(context(), refund);
    expect(asked).toMatchObject({ reference: 'rf_1', amount: 34_567, status: 'pending' });
    expect(rig.booked('money_refunded')).toEqual([]);
    await rig.advance(3_601);
    const [, decided] = await rig.claims();
    expect(decided).toMatchObject({
      event_key: `refund:${asked?.key}:REFUNDED`,
      provider_payment_id: known.provider_payment_id,
    });
    expect(rig.booked('money_refunded')).toMatchObject([{ amount: '34.567', idempotency_key: 'rf_1' }]);
  });

  it('keeps its money when the finance team refuses a refund', async () => {
    const known = await create();
    rig.simulator.payments.pay(known.provider_payment_id, {});
    rig.simulator.settings['refuse_refunds'] = true;
    const refund = { ...known, money: money(34_567, KWD), operation_key: 'rf_1', reason: null };
    await myfatoorah.refundPayment?.(context(), refund);
    await rig.advance(3_601);
    const { refunds } = await myfatoorah.readPayment(context(), known);
    expect(refunds).toMatchObject([{ reference: 'rf_1', status: 'canceled' }]);
    expect(rig.booked('money_refunded')).toEqual([]);
  });
});

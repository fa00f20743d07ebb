/**
 * What is particular to FIB, against its simulator over HTTP. What every connector does is in `test/contract/`.
 */
import { currency } from '../../domain/currency.ts';
import { money } from '../../domain/money.ts';
import { returnAddresses } from '../../domain/return-address.ts';
import { useRig } from '../../test/setup/provider-rig.ts';
import type { CreatedPayment } from '../contract.ts';
import { fib } from './connector.ts';

const rig = useRig(fib, { seed: 'end-to-end' });
const { context } = rig;
const create = (given = context()): Promise<CreatedPayment> =>
  fib.createPayment(given, {
    reference: 'pay_01',
    idempotency_key: 'inv_01:create:pay_01',
    method: 'qr_code',
    money: money(25_000_000, currency('IQD')),
    description: null,
    customer: {},
    items: [],
    webhook_url: rig.webhook_url,
    return_urls: returnAddresses('https://sarraf.example/return/t1'),
  });
const known = ({ provider_payment_id }: CreatedPayment) => ({ provider_payment_id, method: 'qr_code' });
const books = () => rig.simulator.ledger.lines().map(({ kind, amount }) => `${kind} ${amount}`);

it('gives the image, the code and a link for each app, and the end that FIB names', async () => {
  const created = await create();
  expect(created.next_action).toMatchObject({
    type: 'qr_code',
    qr_image: expect.stringMatching(/^data:image\/png;base64,/),
    readable_code: expect.any(String),
    deep_links: [{ label: 'FIB Personal' }, { label: 'FIB Business' }, { label: 'FIB Corporate' }],
  });
  expect((await fib.readPayment(context(), known(created))).expires_at).toBe(created.expires_at);
});

it('is told without a reference, at a URL of the payment alone', async () => {
  const { provider_payment_id } = await create();
  rig.simulator.payments.pay(provider_payment_id, {});
  expect(await rig.claims()).toEqual([
    { event_key: `${provider_payment_id}:PAID`, provider_payment_id, reference: null, reading: null },
  ]);
  expect(rig.merchant.received[0]?.path).toMatch(/^\/webhooks\/fib\/acc_1\/pay_01\/[\w-]{43}$/);
});

it('lives through the end of its token: FIB refuses it, a new one is got, the call is made again', async () => {
  const given = context();
  const created = await create(given);
  await rig.advance(61);
  expect((await fib.readPayment(given, known(created))).status).toBe('pending');
  expect(rig.simulator.callsOf(created.provider_payment_id).map(({ status }) => status)).toEqual([201, 200]);
});

it('leaves an orphan that runs out unpaid when the answer to a create is lost', async () => {
  rig.strike({ kind: 'hang_after_accept' }, 'create');
  const lost = create(context({ signal: AbortSignal.timeout(300) }));
  await expect(lost).rejects.toMatchObject({ failure: { kind: 'unknown_outcome' } });
  await rig.advance(3601);
  expect(books()).toEqual(['payment_created 25000', 'payment_expired 25000']);
});

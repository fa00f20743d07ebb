import { currency } from '../domain/currency.ts';
import { money, MoneyError } from '../domain/money.ts';
import { ProviderError } from '../domain/provider-error.ts';
import { returnAddresses } from '../domain/return-address.ts';
import { checkRepetition, checkRequest, exactly } from './check-request.ts';
import type { CreatePayment, Manifest, MoneyOperation } from './contract.ts';

const IQD = currency('IQD');
const manifest: Manifest = {
  provider: 'bazaar',
  title: 'Bazaar',
  countries: ['IQ'],
  hosts: { live: 'https://bazaar.example', sandbox: null },
  methods: [
    {
      method: 'phone',
      title: 'Phone',
      flow: 'confirm_on_phone',
      amounts: [{ currency: IQD, min: 1000, max: 9_000_000, step: 1000 }],
      lifetime_s: 60,
      requires: ['customer.phone'],
      description_max: 5,
    },
  ],
  capture: 'automatic',
  refund: 'none',
  can_expire: false,
  lookup: 'none',
  webhook_trust: 'hint',
  webhook_registration: 'dashboard',
  poll_s: [10],
  settlement_days: 1,
};
const good: CreatePayment = {
  reference: 'pay_1',
  idempotency_key: 'k',
  method: 'phone',
  money: money(1000, IQD),
  description: 'ééééé',
  customer: { phone: '+9647700000000' },
  items: [],
  webhook_url: 'https://sarraf.example/webhooks/x/pacc_1',
  return_urls: returnAddresses('https://sarraf.example/return/t1'),
};

it('gives the method of a request that fits', () => {
  expect(checkRequest(manifest, good).title).toBe('Phone');
});

it.each<[string, Partial<CreatePayment>]>([
  ['unknown_method', { method: 'card' }],
  ['unsupported_currency', { money: money(1000, currency('VND')) }],
  ['unsupported_amount', { money: money(0, IQD) }],
  ['unsupported_amount', { money: money(1500, IQD) }],
  ['unsupported_amount', { money: money(9_001_000, IQD) }],
  ['description_too_long', { description: 'éééééé' }],
  ['missing_customer', { customer: { phone: '' } }],
])('refuses with %s before anything is sent', (code, over) => {
  const check = (): unknown => checkRequest(manifest, { ...good, ...over });
  expect(check).toThrow(ProviderError);
  expect(check).toThrow(
    expect.objectContaining({ failure: expect.objectContaining({ kind: 'invalid_request', code }) }),
  );
});

it('refuses an amount that the wire cannot carry exactly, and passes other errors on', () => {
  expect(exactly(() => 5)).toBe(5);
  const inexact = (): never => {
    throw new MoneyError('half a dinar');
  };
  expect(() => exactly(inexact)).toThrow(ProviderError);
  const broken = (): never => {
    throw new TypeError('bug');
  };
  expect(() => exactly(broken)).toThrow(TypeError);
});

it('lets a repetition pass and refuses a key that comes back with another amount', () => {
  const operation: MoneyOperation = {
    provider_payment_id: 'p1',
    method: 'hosted',
    money: good.money,
    operation_key: 'inv_01:refund:1',
    reason: null,
  };
  expect(() => checkRepetition(good.money.amount, operation)).not.toThrow();
  expect(() => checkRepetition(good.money.amount + 1, operation)).toThrow(
    expect.objectContaining({
      failure: expect.objectContaining({ kind: 'invalid_request', code: 'key_reused' }),
    }),
  );
});

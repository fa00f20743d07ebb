import type { ReturningPayment } from '../db/returns.ts';
import { merchantAddress } from './merchant-address.ts';

type Urls = ReturningPayment['return_urls'];
const invoice = {
  id: 'inv_1',
  merchant_id: 'mer_1',
  reference: null,
  currency: 'VND',
  amount: 1,
  status: 'open',
} as const;
const address = (return_urls: Urls, outcome: 'paid' | 'failed' | 'canceled') =>
  merchantAddress({ id: 'pay_1', status: 'pending', invoice, return_urls }, outcome);
const HINTS = 'invoice_id=inv_1&payment_id=pay_1&status=pending';
const ALL = {
  success: 'https://shop.example/ok',
  failure: 'https://shop.example/no',
  cancel: 'https://shop.example/cancel',
};

it('is the one for the outcome, with hints', () => {
  expect(address(ALL, 'paid')).toBe(`https://shop.example/ok?${HINTS}`);
  expect(address(ALL, 'failed')).toBe(`https://shop.example/no?${HINTS}`);
  expect(address(ALL, 'canceled')).toBe(`https://shop.example/cancel?${HINTS}`);
});

it('is that of the failure for a customer who canceled, when there is none for that', () => {
  const { cancel: _, ...rest } = ALL;
  expect(address(rest, 'canceled')).toBe(`https://shop.example/no?${HINTS}`);
});

it('is never that of the success for anybody who has not paid', () => {
  expect(address({ success: ALL.success }, 'failed')).toBeNull();
  expect(address({ success: ALL.success }, 'canceled')).toBeNull();
  expect(address({ failure: ALL.failure, cancel: ALL.cancel }, 'paid')).toBeNull();
});

it.each([
  ['https://shop.example/?a=1&b=%20x', `https://shop.example/?a=1&b=%20x&${HINTS}`],
  ['https://shop.example/?', `https://shop.example/?${HINTS}`],
  ['https://shop.example/#/done', `https://shop.example/?${HINTS}#/done`],
  ['https://shop.example/?status=paid&x=1&payment%5Fid=2', `https://shop.example/?x=1&${HINTS}`],
  ['https://متجر.example/تم', `https://xn--pgbep1f.example/%D8%AA%D9%85?${HINTS}`],
])('keeps the rest of %s as the merchant wrote it', (success, expected) => {
  expect(address({ success }, 'paid')).toBe(expected);
});

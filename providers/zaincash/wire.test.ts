import { externalReference, walletNumber } from './wire.ts';

it('makes the same UUID of the same key, and another of another', () => {
  const made = externalReference('inv_01:create:pay_01');
  expect(made).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  expect(externalReference('inv_01:create:pay_01')).toBe(made);
  expect(externalReference('inv_01:create:pay_02')).not.toBe(made);
});

it.each([
  ['9647800000002', '9647800000002'],
  ['+964 780 000 0002', '9647800000002'],
  ['00964-780-000-0002', '9647800000002'],
  ['0780 000 0002', '9647800000002'],
  ['780 000 0002', null],
  ['+49 170 0000000', null],
  ['96478000000021', null],
])('reads the wallet number %s as %s', (given, expected) => {
  expect(walletNumber(given)).toBe(expected);
});

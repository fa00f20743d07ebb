import { looksLikeCardNumber, withoutCardNumbers } from './card-number.ts';

describe('looksLikeCardNumber', () => {
  it.each([
    '4111111111111111',
    'card 5555 5555 5555 4444 exp 12/30',
    '3782-822463-10005',
    '6011000990139424.',
  ])('recognises %s', (text) => expect(looksLikeCardNumber(text)).toBe(true));

  it.each([
    ['another check digit', '4111111111111112'],
    ['a time in milliseconds', '1732163443008'],
    ['an id with letters', 'inv4111111111111111'],
    ['twenty digits', '41111111111111111111'],
    ['an amount', 'VND 4,111,111,111,111'],
  ])('lets %s pass', (_name, text) => expect(looksLikeCardNumber(text)).toBe(false));
});

it('takes card numbers out of a text and leaves the rest as it is', () => {
  const text = 'paid with 4111-1111 1111 1111, order 4111111111111112';
  expect(withoutCardNumbers(text, '[card]')).toBe('paid with [card], order 4111111111111112');
});

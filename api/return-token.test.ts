import { newId } from '../db/ids.ts';
import { paymentOfToken, returnToken } from './return-token.ts';

const KEY = Buffer.alloc(32, 7);
const id = newId('pay');
const token = returnToken(id, KEY);

it('names the payment it was made for, and is the same every time', () => {
  expect(paymentOfToken(token, KEY)).toBe(id);
  expect(returnToken(id, KEY)).toBe(token);
});

it('goes into a path as it is, and is short', () => {
  expect(encodeURIComponent(token)).toBe(token);
  expect(token).toHaveLength(49);
});

it('is refused in every way of being wrong', () => {
  const [suffix = '', proof = ''] = token.split(/_(.*)/s);
  const other = returnToken(newId('pay'), KEY);
  const wrong = [
    '',
    id,
    suffix,
    `${suffix}_`,
    `${suffix}_${'A'.repeat(22)}`,
    `${other.slice(0, 26)}_${proof}`,
    `${token}A`,
    token.slice(0, -1),
    token.toUpperCase(),
    returnToken(id, Buffer.alloc(32, 8)),
  ];
  expect(wrong.map((text) => paymentOfToken(text, KEY))).toEqual(wrong.map(() => null));
});

it('is refused when any single character is another one', () => {
  // But for the last one: four of its bits are padding and mean nothing.
  const changed = Array.from(token.slice(0, -1)).map(
    (character, at) => `${token.slice(0, at)}${character === '2' ? '3' : '2'}${token.slice(at + 1)}`,
  );
  expect(changed.filter((text) => paymentOfToken(text, KEY) !== null)).toEqual([]);
});

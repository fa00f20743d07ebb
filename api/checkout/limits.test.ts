import { createRateLimit } from './limits.ts';

it('lets a burst through, then one at a time, and everybody else regardless', () => {
  let now_ms = 1_000_000;
  const limit = createRateLimit(() => now_ms, 3, 2_000);
  expect([1, 2, 3, 4].map(() => limit.take('a'))).toEqual([0, 0, 0, 2]);
  expect(limit.take('b')).toBe(0);
  now_ms += 2_000;
  expect([limit.take('a'), limit.take('a')]).toEqual([0, 2]);
  now_ms += 6_000;
  expect([1, 2, 3, 4].map(() => limit.take('a'))).toEqual([0, 0, 0, 2]);
});

it('remembers no more than it has room for', () => {
  let now_ms = 0;
  const limit = createRateLimit(() => now_ms, 1, 1_000);
  for (let key = 0; key < 50_000; key += 1) limit.take(String(key));
  now_ms += 10;
  expect(limit.take('one more')).toBe(0);
  expect(limit.take('one more')).toBe(1);
});

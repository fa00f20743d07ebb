import { ATTEMPTS_MAX, pauseAfter, retryAfterSeconds, verdictOn } from './delivery.ts';

describe('the pauses between attempts', () => {
  it('are those of Standard Webhooks, ten attempts over three days', () => {
    const pauses = Array.from({ length: ATTEMPTS_MAX }, (_, index) => pauseAfter(index + 1, null, 0));
    expect(pauses.at(-1)).toBeNull();
    const seconds = pauses.slice(0, -1).map((pause) => Number(pause) / 1000);
    expect(seconds).toEqual([5, 300, 1800, 7200, 18_000, 36_000, 50_400, 72_000, 86_400]);
    expect(seconds.reduce((sum, pause) => sum + pause, 0)).toBe(75 * 3600 + 35 * 60 + 5);
  });

  it('differ by up to a tenth', () => {
    expect(pauseAfter(2, null, 1)).toBe(330_000);
    expect(pauseAfter(2, null, 0.5)).toBe(315_000);
  });

  it('are made longer by what the endpoint asks for, up to a day, and never shorter', () => {
    expect(pauseAfter(1, 120, 1)).toBe(120_000);
    expect(pauseAfter(3, 120, 0)).toBe(1_800_000);
    expect(pauseAfter(1, 999_999, 0)).toBe(86_400_000);
  });

  it('end with the last attempt, whatever the endpoint asks for', () => {
    expect(pauseAfter(ATTEMPTS_MAX, 5, 0)).toBeNull();
  });
});

describe('Retry-After', () => {
  const now = Date.parse('2026-11-21T10:00:00Z');
  it.each([
    ['120', 120],
    ['0', 0],
    ['Sat, 21 Nov 2026 10:01:30 GMT', 90],
    ['Sat, 21 Nov 2026 09:00:00 GMT', 0],
    ['soon', null],
    ['-5', null],
    ['1e3', null],
    ['2026', 2026],
    [undefined, null],
  ])('%s means %s seconds', (header, seconds) => {
    expect(retryAfterSeconds(header, now)).toBe(seconds);
  });
});

it.each([
  [200, 'taken'],
  [204, 'taken'],
  [299, 'taken'],
  [301, 'failed'],
  [308, 'failed'],
  [400, 'failed'],
  [404, 'failed'],
  [410, 'gone'],
  [429, 'failed'],
  [503, 'failed'],
  [null, 'failed'],
] as const)('an answer of %s is %s', (status, verdict) => {
  expect(verdictOn(status)).toBe(verdict);
});

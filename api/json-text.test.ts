import fc from 'fast-check';
import { isDeeperThan, locateJsonError } from './json-text.ts';

describe('isDeeperThan', () => {
  it('counts brackets outside of strings only', () => {
    expect(isDeeperThan(2, '[[1],[2]]')).toBe(false);
    expect(isDeeperThan(2, '[[{}]]')).toBe(true);
    expect(isDeeperThan(1, String.raw`["[[[\"[[["]`)).toBe(false);
  });
});

describe('locateJsonError', () => {
  it.each([
    ['', 'line 1, column 1 (the end): expected a value'],
    ['{"a" 1}', 'line 1, column 6: expected ":"'],
    ['{"a":1,}', 'line 1, column 8: expected a field name in double quotes'],
    ["{'a':1}", 'line 1, column 2: expected a field name or "}"'],
    ['[1,\n 2', 'line 2, column 3 (the end): expected "," or the end'],
    ['[1,]', 'line 1, column 4: expected a value'],
    ['{"a":01}', 'line 1, column 7: expected "," or the end'],
    ['{} x', 'line 1, column 4: expected nothing more'],
    ['["\t"]', 'line 1, column 2: expected a value or "]"'],
    ['[1}', 'line 1, column 3: expected "," or the end'],
  ])('finds the place in %j', (text, where) => {
    expect(() => JSON.parse(text)).toThrow();
    expect(locateJsonError(text)).toBe(where);
  });

  it('reads valid JSON to its end', () => {
    fc.assert(
      fc.property(fc.json(), (text) => {
        expect(locateJsonError(text)).toMatch(/\(the end\): expected nothing more$/);
      }),
    );
  });
});

import fc from 'fast-check';
import { isDeeperThan, locateJsonError, repeatedFields } from './json-text.ts';

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

describe('fields that an object has twice', () => {
  it.each([
    ['{"a": 1, "a": 2}', ['/a']],
    ['{"a": {"b": [0, {"c": 1, "d": {}, "c": 2}]}}', ['/a/b/1/c']],
    ['{"a": 1, "\\u0061": 2}', ['/a']],
    ['{"x/y~": 1, "b": "x/y~", "x/y~": 2}', ['/x~1y~0']],
    ['[{"a": 1}, {"a": 1}]', []],
    ['{"a": {"a": "a"}, "b": ["a", "a", ","], "c": "\\"a\\":{"}', []],
    ['"a"', []],
  ])('%s', (text, pointers) => {
    expect(() => JSON.parse(text) as unknown).not.toThrow();
    expect(repeatedFields(text)).toEqual(pointers);
  });

  it('are looked for without a limit of depth or length', () => {
    const text = '['.repeat(20_000) + `{"a":"${'\\\\'.repeat(20_000)}","a":1}` + ']'.repeat(20_000);
    expect(repeatedFields(text)).toHaveLength(1);
  });
});

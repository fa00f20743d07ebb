import { randomBytes } from 'node:crypto';
import { createSealer } from './sealed.ts';

const key = (id: string) => ({ id, key: randomBytes(32) });
const one = key('one');
const two = key('two');

describe('a sealer', () => {
  it('opens what it has sealed, and nothing of it can be read in between', () => {
    const sealer = createSealer([one]);
    const sealed = sealer.seal({ secret: 'canary-123' }, 'pacc_1');
    expect(sealed.toString('latin1')).not.toContain('canary-123');
    expect(sealer.open(sealed, 'pacc_1')).toEqual({ secret: 'canary-123' });
  });

  it('never seals the same value to the same bytes', () => {
    const sealer = createSealer([one]);
    expect(sealer.seal({}, 'pacc_1')).not.toEqual(sealer.seal({}, 'pacc_1'));
  });

  it('refuses a value that was moved to another row', () => {
    const sealer = createSealer([one]);
    expect(() => sealer.open(sealer.seal({}, 'pacc_1'), 'pacc_2')).toThrow();
  });

  it('refuses a value in which any byte was changed', () => {
    const sealer = createSealer([one]);
    const sealed = sealer.seal({ a: 1 }, 'pacc_1');
    for (let index = 0; index < sealed.length; index++) {
      const changed = Buffer.from(sealed);
      changed[index] = (changed[index] ?? 0) ^ 1;
      expect(() => sealer.open(changed, 'pacc_1')).toThrow();
    }
  });

  it('opens with every configured key, so that keys can be rotated, and says when one is missing', () => {
    const old = createSealer([one]).seal('x', 'pacc_1');
    expect(createSealer([two, one]).open(old, 'pacc_1')).toBe('x');
    expect(() => createSealer([two]).open(old, 'pacc_1')).toThrow(/a key that is not configured/);
    expect(() => createSealer([])).toThrow(/at least one/);
  });
});

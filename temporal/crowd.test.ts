import { createCrowd } from './crowd.ts';

/** A call that ends when it is told to. */
function call(name: string, log: string[]) {
  let end: (outcome: 'well' | 'badly') => void = () => undefined;
  const run = () =>
    new Promise<string>((resolve, reject) => {
      log.push(name);
      end = (outcome) => (outcome === 'well' ? resolve(name) : reject(new Error(name)));
    });
  return { run, end: (outcome: 'well' | 'badly') => end(outcome) };
}
const settled = () => new Promise((resolve) => setImmediate(resolve));

describe('a crowd before one invoice', () => {
  it('is let in by its width, in the order in which it came, whether those before end well or badly', async () => {
    const crowd = createCrowd(2);
    const log: string[] = [];
    const [a, b, c, d] = ['a', 'b', 'c', 'd'].map((name) => call(name, log));
    const outcomes = [a, b, c, d].map((one) => crowd.run('invoice', one!.run));
    await settled();
    expect(log).toEqual(['a', 'b']);
    b?.end('badly');
    await expect(outcomes[1]).rejects.toThrow('b');
    expect(log).toEqual(['a', 'b', 'c']);
    a?.end('well');
    await expect(outcomes[0]).resolves.toBe('a');
    expect(log).toEqual(['a', 'b', 'c', 'd']);
    c?.end('well');
    d?.end('well');
    await Promise.allSettled(outcomes);
  });

  it('holds up nobody at another invoice, and is gone when the last has left', async () => {
    const crowd = createCrowd(1);
    const log: string[] = [];
    const [first, second] = [call('first', log), call('second', log)];
    const outcomes = [crowd.run('one', first.run), crowd.run('other', second.run)];
    await settled();
    expect(log).toEqual(['first', 'second']);
    first.end('well');
    second.end('well');
    await Promise.all(outcomes);
    await expect(crowd.run('one', () => Promise.resolve('again'))).resolves.toBe('again');
  });
});

import { createTurns, NoTurnError, type Turns } from './turns.ts';

const SOON = 60_000;

/** Merchants whose calls end when they are told to. */
function merchants(turns: Turns) {
  const log: string[] = [];
  const ends = new Map<string, () => void>();
  const ask = (merchant: string, name: string, { asksProvider = false, within_ms = SOON } = {}) =>
    turns.run({ merchant, deadline: Date.now() + within_ms, asksProvider }, () => {
      log.push(name);
      return new Promise<string>((resolve) => ends.set(name, () => resolve(name)));
    });
  const end = async (name: string): Promise<void> => {
    ends.get(name)?.();
    await settled();
  };
  return { log, ask, end };
}
const anyTurn = () => ({ merchant: 'a', deadline: Date.now() + SOON, asksProvider: false });
const settled = () => new Promise((resolve) => setImmediate(resolve));

describe('turns before the workflow engine', () => {
  beforeEach(() => void jest.useFakeTimers({ doNotFake: ['setImmediate'] }));
  afterEach(() => void jest.useRealTimers());

  it('go to whoever is alone as long as there are places, and then in the order of asking', async () => {
    const { log, ask, end } = merchants(createTurns(2));
    const asked = ['a1', 'a2', 'a3', 'a4'].map((name) => ask('a', name));
    await settled();
    expect(log).toEqual(['a1', 'a2']);
    await end('a2');
    expect(log).toEqual(['a1', 'a2', 'a3']);
    for (const name of ['a1', 'a3', 'a4']) await end(name);
    await expect(Promise.all(asked)).resolves.toEqual(['a1', 'a2', 'a3', 'a4']);
  });

  it('go to a merchant with few calls before one who floods', async () => {
    const { log, ask, end } = merchants(createTurns(4));
    for (const name of ['a1', 'a2', 'a3', 'a4', 'a5', 'a6', 'a7', 'a8']) void ask('a', name);
    void ask('b', 'b1');
    void ask('b', 'b2');
    await settled();
    expect(log).toEqual(['a1', 'a2', 'a3', 'a4']);
    await end('a1');
    await end('a2');
    expect(log.slice(4)).toEqual(['b1', 'b2']);
  });

  it('leave room for somebody who was there a moment ago, and give it away when nobody comes', async () => {
    const { log, ask, end } = merchants(createTurns(2));
    void ask('b', 'b1');
    for (const name of ['a1', 'a2', 'a3']) void ask('a', name);
    await end('b1');
    expect(log).toEqual(['b1', 'a1']);
    void ask('b', 'b2');
    await settled();
    expect(log).toEqual(['b1', 'a1', 'b2']);
    await end('b2');
    await jest.advanceTimersByTimeAsync(1_100);
    expect(log).toEqual(['b1', 'a1', 'b2', 'a2']);
  });

  it('are given to more merchants than there are places in the order in which they had their last', async () => {
    const { log, ask, end } = merchants(createTurns(1));
    for (const merchant of ['a', 'b', 'c'])
      for (const turn of [1, 2]) void ask(merchant, `${merchant}${turn}`);
    await settled();
    for (const name of ['a1', 'b1', 'c1', 'a2', 'b2']) await end(name);
    expect(log).toEqual(['a1', 'b1', 'c1', 'a2', 'b2', 'c2']);
  });

  it('are not kept by a call that waits for its provider', async () => {
    const { log, ask, end } = merchants(createTurns(1));
    const slow = ask('a', 'a1', { asksProvider: true });
    void ask('b', 'b1');
    await jest.advanceTimersByTimeAsync(60);
    expect(log).toEqual(['a1', 'b1']);
    await end('a1');
    await expect(slow).resolves.toBe('a1');
  });

  it('are kept for longer by such a call while the engine is slower than it can be', async () => {
    const { log, ask, end } = merchants(createTurns(1));
    const engineTakes = async (name: string, ms: number): Promise<void> => {
      void ask('a', name);
      await jest.advanceTimersByTimeAsync(ms);
      await end(name);
    };
    await engineTakes('a1', 10);
    await engineTakes('a2', 600);
    void ask('a', 'a3', { asksProvider: true });
    void ask('b', 'b1');
    await jest.advanceTimersByTimeAsync(300);
    expect(log).toEqual(['a1', 'a2', 'a3']);
    await jest.advanceTimersByTimeAsync(300);
    expect(log).toEqual(['a1', 'a2', 'a3', 'b1']);
  });

  it('are kept for longest by such a call when the engine is so slow that other calls lose their places', async () => {
    const { log, ask, end } = merchants(createTurns(1));
    void ask('a', 'a1');
    await end('a1');
    void ask('a', 'a2');
    await jest.advanceTimersByTimeAsync(3_000);
    await end('a2');
    void ask('a', 'a3', { asksProvider: true });
    void ask('b', 'b1');
    await jest.advanceTimersByTimeAsync(900);
    expect(log).toEqual(['a1', 'a2', 'a3']);
    await jest.advanceTimersByTimeAsync(200);
    expect(log).toEqual(['a1', 'a2', 'a3', 'b1']);
  });

  it('are kept by no call for more than two seconds, whatever it waits for', async () => {
    const { log, ask, end } = merchants(createTurns(1));
    const stuck = ask('a', 'a1');
    void ask('b', 'b1');
    await jest.advanceTimersByTimeAsync(1_900);
    expect(log).toEqual(['a1']);
    await jest.advanceTimersByTimeAsync(200);
    expect(log).toEqual(['a1', 'b1']);
    await end('a1');
    await expect(stuck).resolves.toBe('a1');
  });

  it('are not taken by a call that fails', async () => {
    const turns = createTurns(1);
    const failing = turns.run(anyTurn(), () => Promise.reject(new Error('refused')));
    await expect(failing).rejects.toThrow('refused');
    await expect(turns.run(anyTurn(), () => Promise.resolve('again'))).resolves.toBe('again');
  });

  it('that come too late are none: the engine is not called any more', async () => {
    const turns = createTurns(1);
    const { log, ask, end } = merchants(turns);
    void ask('a', 'a1');
    const late = ask('a', 'a2', { within_ms: 10 }).catch((error: unknown) => error);
    await jest.advanceTimersByTimeAsync(10);
    expect(await late).toBeInstanceOf(NoTurnError);
    expect(turns.waiting).toBe(0);
    await end('a1');
    await expect(turns.run(anyTurn(), () => Promise.resolve('a3'))).resolves.toBe('a3');
    expect(log).toEqual(['a1']);
  });
});

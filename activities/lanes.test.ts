import type { AccountLimits } from './limits.ts';
import { createLanes } from './lanes.ts';

const account = (account_id: string, more: Partial<AccountLimits> = {}): AccountLimits => ({
  account_id,
  provider: `provider of ${account_id}`,
  max_concurrent: null,
  max_per_second: null,
  ...more,
});
const A = account('a');
const B = account('b');

describe('lanes', () => {
  it('let only so many calls of one account in at a time, and hold nobody else up', () => {
    const lanes = createLanes({ account: 2, provider: 8, calls: 8 });
    const leave = lanes.enter(A);
    expect(lanes.enter(A)).not.toBeNull();
    expect(lanes.enter(A)).toBeNull();
    expect(lanes.enter(B)).not.toBeNull();
    leave?.();
    expect(lanes.enter(A)).not.toBeNull();
  });

  it('give a place back only once', () => {
    const lanes = createLanes({ account: 1, provider: 8, calls: 8 });
    const leave = lanes.enter(A);
    leave?.();
    leave?.();
    expect(lanes.enter(A)).not.toBeNull();
    expect(lanes.enter(A)).toBeNull();
  });

  it('are shared by all accounts at one provider: where one hangs, the others do', () => {
    const lanes = createLanes({ account: 2, provider: 3, calls: 8 });
    const [one, two, other] = [account('1', { provider: 'p' }), account('2', { provider: 'p' }), A];
    const leave = lanes.enter(one);
    lanes.enter(one);
    expect(lanes.enter(two)).not.toBeNull();
    expect(lanes.enter(two)).toBeNull();
    expect(lanes.enterOrdinary(two)).not.toBeNull();
    expect(lanes.enter(other)).not.toBeNull();
    leave?.();
    expect(lanes.enter(two)).not.toBeNull();
  });
});

describe('the number of calls of one account', () => {
  it('is limited, inside workflow tasks and outside together', () => {
    const lanes = createLanes({ account: 2, provider: 8, calls: 3 });
    const leave = lanes.enter(A);
    expect(lanes.enterOrdinary(A)).not.toBeNull();
    expect(lanes.enterOrdinary(A)).not.toBeNull();
    expect(lanes.enterOrdinary(A)).toBeNull();
    expect(lanes.enter(A)).toBeNull();
    expect(lanes.enterOrdinary(B)).not.toBeNull();
    leave?.();
    expect(lanes.enterOrdinary(A)).not.toBeNull();
  });

  it.each([
    ['its own limit', { max_concurrent: 2 }, 2],
    ['its own limit, which may be more than others have', { max_concurrent: 5 }, 5],
    ['twice its calls a second', { max_per_second: 1 }, 2],
    ['what any account may have, where that is less', { max_per_second: 100 }, 3],
  ])('is %s', (_, limits, places) => {
    const lanes = createLanes({ account: 1, provider: 8, calls: 3 });
    const limited = account('limited', limits);
    for (let place = 0; place < places; place += 1) expect(lanes.enterOrdinary(limited)).not.toBeNull();
    expect(lanes.enterOrdinary(limited)).toBeNull();
  });
});

import { createAlarm } from './alarm.ts';

/** What stands for the server's timers: none of them ever rings. */
const timers: string[] = [];
let isPatched = true;

jest.mock('@temporalio/workflow', () => ({
  CancellationScope: class {
    run = (work: () => Promise<void>): Promise<void> => work();
    cancel = (): void => void timers.push('canceled');
  },
  isCancellation: () => false,
  patched: () => isPatched,
  sleep: (ms: number): Promise<void> => {
    timers.push(`in ${ms} ms`);
    return new Promise(() => undefined);
  },
}));

const NOON = Date.parse('2030-01-01T12:00:00Z');

beforeEach(() => {
  jest.useFakeTimers({ now: NOON });
  timers.length = 0;
  isPatched = true;
});
afterEach(() => jest.useRealTimers());

describe('the alarm of an invoice', () => {
  it('keeps one timer for one moment, however often it is set', () => {
    const alarm = createAlarm();
    alarm.set(NOON + 500, 'a poll');
    alarm.set(NOON + 500, 'a poll');
    expect(timers).toEqual(['in 500 ms']);
    expect(alarm.rings).toBe(false);
  });

  it('changes its timer for another moment', () => {
    const alarm = createAlarm();
    alarm.set(NOON + 500, 'a poll');
    alarm.set(NOON + 200, 'an expiry');
    expect(timers).toEqual(['in 500 ms', 'canceled', 'in 200 ms']);
    alarm.set(null, 'nothing');
    expect(timers).toEqual(['in 500 ms', 'canceled', 'in 200 ms', 'canceled']);
  });

  it('rings at once for a moment that has passed, without a timer', () => {
    const alarm = createAlarm();
    alarm.set(NOON - 1, 'a poll');
    expect([alarm.rings, timers]).toEqual([true, []]);
  });

  it('rings when its moment has passed and the timer has not come', () => {
    const alarm = createAlarm();
    alarm.set(NOON + 500, 'an expiry');
    jest.setSystemTime(NOON + 500);
    alarm.set(NOON + 500, 'an expiry');
    expect(alarm.rings).toBe(true);
    expect(timers).toEqual(['in 500 ms', 'canceled']);
  });

  it('still waits for the timer in a run that has gone on without this', () => {
    isPatched = false;
    const alarm = createAlarm();
    alarm.set(NOON + 500, 'an expiry');
    jest.setSystemTime(NOON + 600);
    alarm.set(NOON + 500, 'an expiry');
    expect(alarm.rings).toBe(false);
    expect(timers).toEqual(['in 500 ms']);
  });
});

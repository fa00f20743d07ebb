import {
  createCircuitBreaker,
  type BreakerStanding,
  type CallVerdict,
  type CircuitBreaker,
} from './circuit-breaker.ts';

let now: number;
let changes: BreakerStanding[];
let breaker: CircuitBreaker;

beforeEach(() => {
  now = 1_000_000_000;
  changes = [];
  breaker = createCircuitBreaker(
    () => now,
    (standing) => void changes.push(standing),
  );
});

/** Lets one call through that ends later. */
const begin = (): ((verdict: CallVerdict) => void) => {
  const entry = breaker.enter();
  if (!entry.admitted) throw new Error(`refused for ${entry.retry_after_ms} ms`);
  return entry.leave;
};
const call = (...verdicts: readonly CallVerdict[]): void => {
  for (const verdict of verdicts) begin()(verdict);
};
const times = (count: number, verdict: CallVerdict): readonly CallVerdict[] =>
  Array.from({ length: count }, () => verdict);
const states = (): readonly string[] => changes.map(({ state }) => state);
const trip = (): void => call(...times(5, 'failed'));

describe('closed', () => {
  it('opens with the fifth failure, and not with the fourth', () => {
    call(...times(4, 'failed'));
    expect(changes).toEqual([]);
    call('failed');
    expect(changes).toEqual([{ state: 'open', since: now, failures: 5, cooldown_s: 30 }]);
  });

  it('stays closed while less than half of the calls fail', () => {
    call(...times(6, 'healthy'), ...times(5, 'failed'));
    expect(changes).toEqual([]);
    call('failed');
    expect(states()).toEqual(['open']);
  });

  it('forgets failures after thirty seconds', () => {
    call(...times(4, 'failed'));
    now += 30_000;
    call(...times(4, 'failed'));
    expect(changes).toEqual([]);
    now += 29_000;
    call('failed');
    expect(states()).toEqual(['open']);
  });

  it('counts nothing that ended on our side', () => {
    call(...times(50, 'neutral'), ...times(4, 'failed'), ...times(50, 'neutral'));
    expect(changes).toEqual([]);
  });
});

describe('open', () => {
  it('refuses until the cooldown is over and says how long that is', () => {
    trip();
    expect(breaker.enter()).toEqual({ admitted: false, forced: false, retry_after_ms: 30_000 });
    now += 29_999;
    expect(breaker.enter()).toEqual({ admitted: false, forced: false, retry_after_ms: 1 });
    now += 1;
    expect(breaker.enter()).toMatchObject({ admitted: true });
  });

  it('does not listen to calls that were begun before', () => {
    const [slow, late] = [begin(), begin()];
    trip();
    slow('healthy');
    late('failed');
    expect(states()).toEqual(['open']);
  });
});

describe('half-open', () => {
  it('lets a single call through, refuses the others meanwhile and closes when it is answered', () => {
    trip();
    now += 30_000;
    const end = begin();
    expect(breaker.enter()).toMatchObject({ admitted: false, retry_after_ms: 1_000 });
    end('healthy');
    call(...times(4, 'failed'));
    expect(states()).toEqual(['open', 'half_open', 'closed']);
    call('failed');
    expect(changes.at(-1)).toMatchObject({ state: 'open', cooldown_s: 30 });
  });

  it('doubles the cooldown with each probe that fails, to ten minutes at most', () => {
    trip();
    for (const cooldown_s of [60, 120, 240, 480, 600, 600]) {
      now += (changes.at(-1)?.cooldown_s ?? 0) * 1000;
      call('failed');
      expect(changes.at(-1)).toMatchObject({ state: 'open', since: now, cooldown_s });
    }
  });

  it('tries with the next call when the probe ended on our side', () => {
    trip();
    now += 30_000;
    call('neutral', 'healthy');
    expect(states()).toEqual(['open', 'half_open', 'closed']);
  });

  it('does not take a call of an earlier state for its probe', () => {
    const slow = begin();
    trip();
    now += 30_000;
    begin();
    slow('healthy');
    expect(states()).toEqual(['open', 'half_open']);
  });
});

describe('forced', () => {
  it('open, refuses every call; closed, none, whatever becomes of them', () => {
    breaker.reset('open');
    expect(breaker.enter()).toEqual({ admitted: false, forced: true, retry_after_ms: 60_000 });
    breaker.reset('closed');
    call(...times(20, 'failed'));
    expect(changes).toEqual([]);
  });

  it('starts afresh when it is left to itself again', () => {
    trip();
    breaker.reset(null);
    expect(states()).toEqual(['open', 'closed']);
    call(...times(4, 'failed'));
    expect(states()).toEqual(['open', 'closed']);
  });
});

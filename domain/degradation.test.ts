import { begins, isOver, learn, type Measured } from './degradation.ts';

const WELL: Measured = {
  ended: 100,
  paid: 80,
  calls: 400,
  call_ms: 200,
  settled: 80,
  unheard: 1,
  has_webhooks: true,
  usual_success_rate: 0.8,
  usual_call_ms: 200,
};
const but = (facts: Partial<Measured>): Measured => ({ ...WELL, ...facts });

it('finds nothing wrong with a provider that is as usual', () => {
  expect(begins('low_success_rate', WELL)).toBeNull();
  expect(begins('slow', WELL)).toBeNull();
  expect(begins('webhooks_missing', WELL)).toBeNull();
});

describe('payments that succeed far less than usual', () => {
  it('are said with both figures', () => {
    expect(begins('low_success_rate', but({ paid: 30 }))).toBe(
      "30 % of the last hour's 100 payments succeeded; 80 % is usual",
    );
  });

  it('are none where few is usual, or where few have ended', () => {
    expect(begins('low_success_rate', but({ paid: 30, usual_success_rate: 0.4 }))).toBeNull();
    expect(begins('low_success_rate', but({ paid: 0, ended: 19 }))).toBeNull();
    expect(begins('low_success_rate', but({ paid: 0, usual_success_rate: null }))).toBeNull();
  });

  it('are over only well above where they began', () => {
    expect(isOver('low_success_rate', but({ paid: 45 }))).toBe(false);
    expect(begins('low_success_rate', but({ paid: 45 }))).toBeNull();
    expect(isOver('low_success_rate', but({ paid: 61 }))).toBe(true);
    expect(isOver('low_success_rate', but({ paid: 0, ended: 0 }))).toBe(true);
  });
});

describe('calls that take far longer than usual', () => {
  it('are said, also where usual is quick', () => {
    expect(begins('slow', but({ call_ms: 3_000 }))).toBe('calls take 3.0 s; 0.2 s is usual');
    expect(begins('slow', but({ call_ms: 900, usual_call_ms: 20 }))).toBeNull();
    expect(begins('slow', but({ call_ms: 3_000, calls: 49 }))).toBeNull();
  });

  it('are over only well below where they began', () => {
    const slow = { usual_call_ms: 500 };
    expect(begins('slow', but({ ...slow, call_ms: 1_500 }))).toBeNull();
    expect(isOver('slow', but({ ...slow, call_ms: 1_500 }))).toBe(false);
    expect(isOver('slow', but({ ...slow, call_ms: 1_000 }))).toBe(true);
  });
});

describe('webhooks that have stopped', () => {
  it('are said when most paid payments were found by asking', () => {
    expect(begins('webhooks_missing', but({ unheard: 40 }))).toContain('40 of the last hour');
    expect(begins('webhooks_missing', but({ unheard: 39 }))).toBeNull();
  });

  it('are none where a few are lost, or none was ever set up', () => {
    expect(begins('webhooks_missing', but({ settled: 4, unheard: 4 }))).toBeNull();
    expect(begins('webhooks_missing', but({ unheard: 80, has_webhooks: false }))).toBeNull();
  });

  it('are over when nearly all come again', () => {
    expect(isOver('webhooks_missing', but({ unheard: 17 }))).toBe(false);
    expect(isOver('webhooks_missing', but({ unheard: 16 }))).toBe(true);
    expect(isOver('webhooks_missing', but({ unheard: 0, settled: 0 }))).toBe(true);
  });
});

describe('what is usual', () => {
  it('is the first that was measured, and follows slowly', () => {
    expect(learn(but({ usual_success_rate: null, usual_call_ms: null }), [])).toEqual({
      success_rate: 0.8,
      call_ms: 200,
    });
    const { success_rate } = learn(but({ paid: 90 }), []);
    expect(success_rate).toBeGreaterThan(0.8);
    expect(success_rate).toBeLessThan(0.801);
  });

  it('is not what is wrong now, nor what a few payments say', () => {
    expect(learn(but({ paid: 10, call_ms: 5_000 }), [])).toEqual({ success_rate: 0.8, call_ms: 200 });
    expect(learn(but({ paid: 50 }), ['low_success_rate'])).toMatchObject({ success_rate: 0.8 });
    expect(learn(but({ ended: 5, paid: 0, calls: 5 }), [])).toEqual({ success_rate: 0.8, call_ms: 200 });
  });
});

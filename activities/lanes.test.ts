import { createLanes } from './lanes.ts';

describe('lanes', () => {
  it('let only so many calls of one account in at a time, and hold nobody else up', () => {
    const lanes = createLanes(2);
    const leave = lanes.enter('a');
    expect(lanes.enter('a')).not.toBeNull();
    expect(lanes.enter('a')).toBeNull();
    expect(lanes.enter('b')).not.toBeNull();
    leave?.();
    expect(lanes.enter('a')).not.toBeNull();
  });

  it('give a place back only once', () => {
    const lanes = createLanes(1);
    const leave = lanes.enter('a');
    leave?.();
    leave?.();
    expect(lanes.enter('a')).not.toBeNull();
    expect(lanes.enter('a')).toBeNull();
  });
});

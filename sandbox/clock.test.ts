import { SimulatorClock } from './clock.ts';

const settled = (): Promise<void> => Promise.resolve();

function newClock(): { clock: SimulatorClock; errors: unknown[] } {
  const errors: unknown[] = [];
  return { clock: new SimulatorClock((error) => errors.push(error)), errors };
}

describe('SimulatorClock', () => {
  it('runs what falls due on the way, in order and each at its own moment', async () => {
    const { clock } = newClock();
    const start = clock.now();
    const ran: [string, number][] = [];
    const note = (name: string) => () => void ran.push([name, Math.round((clock.now() - start) / 1000)]);
    clock.schedule(3_600_000, note('hour'));
    clock.schedule(60_000, note('minute'));
    clock.schedule(86_400_000, note('day'));
    expect(await clock.advance(7200, settled)).toBe(2);
    expect(ran).toEqual([
      ['minute', 60],
      ['hour', 3600],
    ]);
    expect(clock.offsetS()).toBe(7200);
    clock.stop();
  });

  it('runs what a task schedules on the way', async () => {
    const { clock } = newClock();
    let times = 0;
    const again = (): void => {
      times += 1;
      if (times < 3) clock.schedule(600_000, again);
    };
    clock.schedule(300_000, again);
    await clock.advance(1500, settled);
    expect(times).toBe(3);
    clock.stop();
  });

  it('runs it also when the tasks take their time', async () => {
    const { clock } = newClock();
    const start = clock.now();
    const ran: number[] = [];
    const again = async (): Promise<void> => {
      ran.push(clock.now() - start);
      await new Promise((resolve) => setTimeout(resolve, 10));
      if (ran.length < 3) clock.schedule(600_000, again);
    };
    clock.schedule(300_000, again);
    await clock.advance(1500, settled);
    expect(ran.map((ms) => Math.round(ms / 1000))).toEqual([300, 900, 1500]);
    clock.stop();
  });

  it('forgets a cancelled task', async () => {
    const { clock } = newClock();
    let ran = false;
    clock.schedule(1000, () => void (ran = true)).cancel();
    expect(await clock.advance(10, settled)).toBe(0);
    expect(ran).toBe(false);
    clock.stop();
  });

  it('fires by itself when real time reaches the moment', async () => {
    const { clock } = newClock();
    const start = clock.now();
    const firedAt = await new Promise<number>((resolve) => clock.schedule(20, () => resolve(clock.now())));
    expect(firedAt - start).toBeGreaterThanOrEqual(19);
    clock.stop();
  });

  it('reports a task that fails and goes on with the next', async () => {
    const { clock, errors } = newClock();
    let ran = false;
    clock.schedule(1000, () => {
      throw new Error('broken');
    });
    clock.schedule(2000, () => void (ran = true));
    await clock.advance(5, settled);
    expect(errors).toHaveLength(1);
    expect(ran).toBe(true);
    clock.stop();
  });
});

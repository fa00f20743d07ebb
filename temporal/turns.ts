/**
 * Turns before the workflow engine. What all merchants have under way there at once is bounded, so that a flood waits here and
 * not inside the engine, where everybody's calls share the processors first come, first served. Here the next turn is that of
 * the merchant with the fewest calls under way, and nobody has more than an equal share while others are about.
 *
 * A call that has a provider asked holds its place for as long as a busy engine needs; how busy it is, the other calls show. What takes
 * longer waits for the provider, which costs the engine nothing: it goes on without a place. So slow providers take no turns away.
 * Nor do calls to a workflow that cannot take them because its worker has died: nobody holds a place for long.
 */
export interface Turns {
  /**
   * Runs `call` when it is the merchant's turn; gives its outcome. Throws `NoTurnError`, without having called, when that
   * takes until its deadline.
   */
  run<Result>(turn: Turn, call: () => Promise<Result>): Promise<Result>;
  /** Calls that wait for their turn. */
  readonly waiting: number;
}

export interface Turn {
  readonly merchant: string;
  /** Milliseconds since 1970. */
  readonly deadline: number;
  /** True when the call may wait for a provider's answer. */
  readonly asksProvider: boolean;
}

/** The engine has not been called: others had every turn until it was too late. */
export class NoTurnError extends Error {
  override readonly name = 'NoTurnError';
}

/**
 * A call with a provider's answer in the middle waits in the engine so many times as often as others do; the bounds of how long it
 * holds its place for that, and how long any other call does at most, milliseconds.
 */
const HOLD = { times: 8, min_ms: 50, max_ms: 1_000, anyway_ms: 2_000 } as const;
/** What the last call weighs in the pace, and by how much the best one is forgotten with each. */
const WEIGHT = 0.1;
const FORGETTING = 1.001;

/** How long a merchant's share is kept free after its last call: whoever asks for one payment after the other makes short pauses. */
const LINGER_MS = 500;

interface Line {
  underWay: number;
  /** Which turn of all was its last; 0: it has had none. */
  lastTurn: number;
  /** Monotonic milliseconds. */
  lastSeen: number;
  readonly waiting: Set<() => void>;
}

/** `places`: calls of all merchants that are under way at once. */
export function createTurns(places: number): Turns {
  /** Those who are about. */
  const lines = new Map<string, Line>();
  let underWay = 0;
  let waiting = 0;
  let turns = 0;
  /** How long calls take that wait for nobody outside, now and at best: the difference is what they wait for each other. Milliseconds. */
  let pace_ms = 0;
  let best_ms = Infinity;
  let recheck: NodeJS.Timeout | null = null;

  const lineOf = (merchant: string): Line => {
    const line = lines.get(merchant) ?? { underWay: 0, lastTurn: 0, lastSeen: 0, waiting: new Set() };
    lines.set(merchant, line);
    line.lastSeen = performance.now();
    return line;
  };

  /** Places that one merchant may have. */
  const share = (): number => {
    const since = performance.now() - LINGER_MS;
    for (const [merchant, line] of lines)
      if (line.underWay === 0 && line.waiting.size === 0 && line.lastSeen < since) lines.delete(merchant);
    return Math.max(1, Math.floor(places / lines.size));
  };

  const take = (line: Line): void => {
    line.underWay += 1;
    line.lastTurn = ++turns;
    underWay += 1;
  };

  /** While there is a place: of those who wait and may go, whoever has the fewest calls under way, and of several whose last turn is longest ago. */
  const next = (limit: number): Line | null => {
    let found: Line | null = null;
    if (underWay >= places) return null;
    for (const line of lines.values())
      if (line.waiting.size > 0 && line.underWay < limit && (found === null || isBefore(line, found)))
        found = line;
    return found;
  };

  const admit = (): void => {
    if (waiting === 0) return;
    const limit = share();
    for (let line = next(limit); line !== null; line = next(limit)) {
      take(line);
      const [enter] = line.waiting;
      enter?.();
    }
    // The share of somebody who has left is given to others when it is certain that they have.
    if (waiting > 0 && underWay < places) recheck ??= setTimeout(checkAgain, LINGER_MS).unref();
  };
  const checkAgain = (): void => {
    recheck = null;
    admit();
  };

  const turnOf = (line: Line, deadline: number): Promise<void> =>
    new Promise((resolve, reject) => {
      const leave = (): void => {
        clearTimeout(tooLate);
        line.waiting.delete(enter);
        waiting -= 1;
      };
      const enter = (): void => {
        leave();
        resolve();
      };
      const tooLate = setTimeout(() => {
        leave();
        reject(new NoTurnError('other calls to the workflow engine had every turn'));
      }, deadline - Date.now());
      line.waiting.add(enter);
      waiting += 1;
      admit();
    });

  const note = (took_ms: number): void => {
    pace_ms += (took_ms - pace_ms) * WEIGHT;
    best_ms = Math.min(best_ms * FORGETTING, took_ms);
  };

  return {
    get waiting() {
      return waiting;
    },
    async run({ merchant, deadline, asksProvider }, call) {
      const line = lineOf(merchant);
      if (waiting === 0 && underWay < places && line.underWay < share()) take(line);
      else await turnOf(line, deadline);
      const began = performance.now();
      let holds = true;
      const leave = (): void => {
        if (!holds) return;
        holds = false;
        line.underWay -= 1;
        underWay -= 1;
        line.lastSeen = performance.now();
        admit();
      };
      const held = setTimeout(leave, asksProvider ? holdTime(pace_ms - best_ms) : HOLD.anyway_ms);
      try {
        return await call();
      } finally {
        clearTimeout(held);
        leave();
        if (!asksProvider) note(Math.min(performance.now() - began, HOLD.anyway_ms));
      }
    },
  };
}

const holdTime = (waits_ms: number): number =>
  Math.min(Math.max(waits_ms * HOLD.times, HOLD.min_ms), HOLD.max_ms);

function isBefore(one: Line, other: Line): boolean {
  return one.underWay === other.underWay ? one.lastTurn < other.lastTurn : one.underWay < other.underWay;
}

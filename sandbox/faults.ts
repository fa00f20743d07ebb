/**
 * Faults that a simulator was told to show. Each says whether the request takes effect before things go wrong,
 * because that is the difference a caller cannot see and must survive.
 */
import type { SeededRandom } from './random.ts';

export type Fault =
  /**
   * The answer comes late, or when faults are cleared. The effect happens at once, or, with `before`, just as late as
   * the answer.
   */
  | { readonly kind: 'slow'; readonly ms: number; readonly before?: boolean }
  /** An error status in the provider's own format; nothing is done, unless `after_accept`. */
  | {
      readonly kind: 'status';
      readonly status: number;
      readonly retry_after_s?: number;
      readonly after_accept?: boolean;
    }
  /** Done, but no answer ever comes. */
  | { readonly kind: 'hang_after_accept' }
  /** The connection is reset and nothing was done. */
  | { readonly kind: 'reset' }
  /** Done, then the connection is reset. */
  | { readonly kind: 'reset_after_accept' }
  /** Done, and answered with half of the JSON. */
  | { readonly kind: 'truncate' }
  /** Done, and answered with a web page under the status of the true answer, as proxies do. */
  | { readonly kind: 'html' }
  /** Done, and answered with no body at all. */
  | { readonly kind: 'empty' };

/** When and how often a fault strikes. `times` -1 means until cleared. */
export interface FaultRule {
  readonly times: number;
  readonly operation: string | null;
  /** 0 to 1; the dice come from the simulator's seed. */
  readonly probability: number;
}

interface ArmedFault {
  readonly id: number;
  readonly fault: Fault;
  readonly rule: FaultRule;
  left: number;
  hits: number;
}

/** What `GET /{provider}` shows of an armed fault. */
export type FaultView = Fault & {
  readonly id: number;
  readonly times_left: number;
  readonly hits: number;
  readonly operation: string | null;
  readonly probability: number;
};

export class FaultBook {
  #armed: ArmedFault[] = [];
  #lastId = 0;
  #injected = 0;
  #untilCleared = new AbortController();
  readonly #random: SeededRandom;

  constructor(random: SeededRandom) {
    this.#random = random;
  }

  arm(fault: Fault, rule: FaultRule): FaultView {
    this.#lastId += 1;
    const armed: ArmedFault = { id: this.#lastId, fault, rule, left: rule.times, hits: 0 };
    this.#armed.push(armed);
    return view(armed);
  }

  /** The fault that strikes a request known under these operation names, or null. Uses up one of its times. */
  take(operations: readonly string[]): Fault | null {
    if (operations.length === 0) return null;
    for (const armed of this.#armed) {
      if (armed.left === 0) continue;
      if (armed.rule.operation !== null && !operations.includes(armed.rule.operation)) continue;
      if (armed.rule.probability < 1 && this.#random.fraction() >= armed.rule.probability) continue;
      if (armed.left > 0) armed.left -= 1;
      armed.hits += 1;
      this.#injected += 1;
      return armed.fault;
    }
    return null;
  }

  /** Faults that can still strike. */
  list(): FaultView[] {
    return this.#armed.filter((armed) => armed.left !== 0).map(view);
  }

  /** How many requests were struck since the last reset. */
  injected(): number {
    return this.#injected;
  }

  /** Aborts when faults are cleared next: answers that are slow because of one go out. */
  get cleared(): AbortSignal {
    return this.#untilCleared.signal;
  }

  clear(): void {
    this.#armed = [];
    this.#untilCleared.abort();
    this.#untilCleared = new AbortController();
  }

  reset(): void {
    this.clear();
    this.#injected = 0;
  }
}

function view(armed: ArmedFault): FaultView {
  return {
    ...armed.fault,
    id: armed.id,
    times_left: armed.left,
    hits: armed.hits,
    operation: armed.rule.operation,
    probability: armed.rule.probability,
  };
}

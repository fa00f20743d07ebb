/**
 * Rehive's memory for idempotency keys: the same key, path and method get the first answer again, marked
 * `Idempotent-Replayed: true`, for 24 hours (docs.rehive.com, "Idempotency").
 */
import type { Reply, SimulatorRequest } from '../../sandbox/http-server.ts';

const REMEMBERED_MS = 24 * 60 * 60 * 1000;
/** "Must be under 100 characters long." */
const MAX_LENGTH = 99;

export class IdempotencyBook {
  readonly #answers = new Map<string, { readonly reply: Reply; readonly until: number }>();
  readonly #now: () => number;

  constructor(now: () => number) {
    this.#now = now;
  }

  /** The answer of before, or that of `handle`. `null` stands for a key that is too long. */
  once(request: SimulatorRequest, handle: (key: string | null) => Reply): Reply | null {
    const key = request.headers['idempotency-key'];
    if (typeof key !== 'string' || request.method === 'GET') return handle(null);
    if (key.length > MAX_LENGTH) return null;
    const name = `${request.method} ${request.target} ${key}`;
    const known = this.#answers.get(name);
    if (known !== undefined && known.until > this.#now()) {
      return { ...known.reply, headers: { ...known.reply.headers, 'idempotent-replayed': 'true' } };
    }
    const reply = handle(key);
    this.#answers.set(name, { reply, until: this.#now() + REMEMBERED_MS });
    return reply;
  }

  reset(): void {
    this.#answers.clear();
  }
}

/** Which requests were made about which payment. */
import type { ServedCall } from './http-server.ts';

export interface CallView {
  readonly at: string;
  readonly operation: string | null;
  readonly method: string;
  readonly path: string;
  readonly status: number | null;
  readonly fault: string | null;
}

const MAX_CALLS_PER_PAYMENT = 200;

export class CallLog {
  #total = 0;
  readonly #byPayment = new Map<string, CallView[]>();
  readonly #now: () => number;

  constructor(now: () => number) {
    this.#now = now;
  }

  add(call: ServedCall): void {
    if (call.operation === null) return;
    this.#total += 1;
    if (call.paymentId === null) return;
    const { operation, method, path, status, fault } = call;
    const list = this.#byPayment.get(call.paymentId) ?? [];
    list.push({ at: new Date(this.#now()).toISOString(), operation, method, path, status, fault });
    if (list.length > MAX_CALLS_PER_PAYMENT) list.shift();
    this.#byPayment.set(call.paymentId, list);
  }

  of(paymentId: string): readonly CallView[] {
    return this.#byPayment.get(paymentId) ?? [];
  }

  total(): number {
    return this.#total;
  }

  reset(): void {
    this.#total = 0;
    this.#byPayment.clear();
  }
}

/**
 * Sends a simulator's webhooks by the provider's own rule (time-out, what counts as acknowledged, which failures are
 * tried again and when) and keeps a record of every attempt. The next ones can be told to go wrong.
 */
import type { SimulatorClock } from './clock.ts';
import { nothingSent, postWebhook } from './webhook-post.ts';
import type { DeliveryOutcome, PostResult } from './webhook-post.ts';

export interface OutgoingWebhook {
  readonly paymentId: string;
  /** For people and logs: `transfer 3f…`, `SUCCESSFUL`. */
  readonly event: string;
  readonly body: string;
  /** The body of a forgery, for providers whose proof is in the body. Left out: the true one. */
  readonly forgedBody?: string;
  /** Headers that prove the sender, made anew for each attempt; wrong on purpose when `forged`. */
  readonly proof: (target: URL, forged: boolean) => Record<string, string>;
  /**
   * Where it goes, for providers that are told with each payment: null sends nothing, `forged` is what a stranger would
   * try. Left out: the URL of the dashboard.
   */
  readonly url?: (forged: boolean) => URL | null;
  /** Delays before its repetitions, for providers with a rule for each kind of webhook. Left out: the policy's. */
  readonly retryDelaysS?: readonly number[];
}

export interface WebhookPolicy {
  readonly timeoutMs: number;
  readonly acknowledged: (status: number) => boolean;
  /** Delays before the first, second, … repetition, in seconds of the simulator's time. */
  readonly retryDelaysS: readonly number[];
  readonly retried: (outcome: DeliveryOutcome) => boolean;
}

export interface DeliveryAttempt {
  readonly id: number;
  /** Simulator time and wall time at which it was sent, RFC 3339 UTC. */
  readonly at: string;
  readonly wall_time: string;
  readonly payment_id: string;
  readonly event: string;
  /** 1 for the first attempt, 2 for the first repetition. */
  readonly attempt: number;
  readonly mode: WebhookMode['do'] | 'normal';
  readonly url: string | null;
  readonly request: { readonly headers: Record<string, string>; readonly body: string };
  readonly response: { readonly status: number; readonly body: string } | null;
  readonly duration_ms: number;
  readonly outcome: DeliveryOutcome;
  readonly error: string | null;
}

/** What happens to the next webhook. */
export type WebhookMode =
  | { readonly do: 'drop' }
  | { readonly do: 'double'; readonly copies: number }
  | { readonly do: 'delay'; readonly delay_ms: number }
  | { readonly do: 'reorder' }
  | { readonly do: 'forge' };

/** Old attempts are forgotten beyond this many, so that a long load test does not fill the memory. */
const MAX_ATTEMPTS_KEPT = 20_000;

export class WebhookSender {
  #url: URL | null = null;
  #attempts: DeliveryAttempt[] = [];
  #lastId = 0;
  #armed: { readonly mode: WebhookMode; left: number }[] = [];
  #held: OutgoingWebhook[] = [];
  /** Rises on reset, so that a delivery of before leaves no trace after. */
  #generation = 0;
  readonly #inFlight = new Set<Promise<void>>();
  readonly #policy: WebhookPolicy;
  readonly #clock: SimulatorClock;
  readonly #onAttempt: (attempt: DeliveryAttempt) => void;

  constructor(policy: WebhookPolicy, clock: SimulatorClock, onAttempt: (attempt: DeliveryAttempt) => void) {
    this.#policy = policy;
    this.#clock = clock;
    this.#onAttempt = onAttempt;
  }

  /** What a merchant enters in the provider's dashboard; null sends nothing. */
  setUrl(url: URL | null): void {
    this.#url = url;
  }

  url(): string | null {
    return this.#url?.href ?? null;
  }

  /** Tells what happens to the next `count` webhooks (repetitions of earlier ones do not count). */
  arm(mode: WebhookMode, count: number): void {
    this.#armed.push({ mode, left: count });
  }

  armed(): (WebhookMode & { readonly count_left: number })[] {
    return this.#armed.map((armed) => ({ ...armed.mode, count_left: armed.left }));
  }

  attempts(): readonly DeliveryAttempt[] {
    return this.#attempts;
  }

  /** Sends in the background; `idle` waits for it. */
  send(webhook: OutgoingWebhook): void {
    this.#track(this.#dispatch(webhook));
  }

  /** Sends one now, past whatever is armed, signed wrongly when `forged`. */
  sendNow(webhook: OutgoingWebhook, forged: boolean): void {
    this.#track(
      this.#deliver(webhook, { attempt: 1, mode: forged ? 'forge' : 'normal' }).then(() => undefined),
    );
  }

  /** Sends what `reorder` still holds back. Returns how many. */
  flush(): number {
    const held = this.#held;
    this.#held = [];
    for (const webhook of held) this.#track(this.#deliverWithRetries(webhook, 1, 'reorder'));
    return held.length;
  }

  /** Resolves when nothing is being sent. Repetitions and delays that lie in the future do not count. */
  async idle(): Promise<void> {
    while (this.#inFlight.size > 0) await Promise.all(this.#inFlight);
  }

  reset(): void {
    this.#generation += 1;
    this.#attempts = [];
    this.#armed = [];
    this.#held = [];
  }

  async #dispatch(webhook: OutgoingWebhook): Promise<void> {
    const mode = this.#takeMode();
    switch (mode?.do) {
      case undefined:
        await this.#deliverWithRetries(webhook, 1, 'normal');
        return this.#releaseHeld();
      case 'drop':
        this.#note(webhook, 'drop', 'dropped');
        return;
      case 'double': {
        // Only one of the copies is tried again: the provider believes it has sent one.
        const extras = Array.from({ length: mode.copies - 1 }, () =>
          this.#deliver(webhook, { attempt: 1, mode: 'double' }),
        );
        await Promise.all([this.#deliverWithRetries(webhook, 1, 'double'), ...extras]);
        return this.#releaseHeld();
      }
      case 'delay':
        this.#note(webhook, 'delay', 'delayed');
        this.#clock.schedule(mode.delay_ms, () =>
          this.#tracked(this.#deliverWithRetries(webhook, 1, 'delay')),
        );
        return;
      case 'reorder':
        this.#note(webhook, 'reorder', 'held');
        this.#held.push(webhook);
        return;
      case 'forge':
        await this.#deliver(webhook, { attempt: 1, mode: 'forge' });
        return;
    }
  }

  async #releaseHeld(): Promise<void> {
    const held = this.#held;
    this.#held = [];
    for (const webhook of held) await this.#deliverWithRetries(webhook, 1, 'reorder');
  }

  #takeMode(): WebhookMode | undefined {
    const armed = this.#armed[0];
    if (armed === undefined) return undefined;
    armed.left -= 1;
    if (armed.left <= 0) this.#armed.shift();
    return armed.mode;
  }

  async #deliverWithRetries(
    webhook: OutgoingWebhook,
    attempt: number,
    mode: DeliveryAttempt['mode'],
  ): Promise<void> {
    const generation = this.#generation;
    const outcome = await this.#deliver(webhook, { attempt, mode });
    const delayS = (webhook.retryDelaysS ?? this.#policy.retryDelaysS)[attempt - 1];
    if (delayS === undefined || !this.#policy.retried(outcome) || generation !== this.#generation) return;
    this.#clock.schedule(delayS * 1000, () =>
      this.#tracked(this.#deliverWithRetries(webhook, attempt + 1, 'normal')),
    );
  }

  async #deliver(
    given: OutgoingWebhook,
    how: { readonly attempt: number; readonly mode: DeliveryAttempt['mode'] },
  ): Promise<DeliveryOutcome> {
    const webhook = how.mode === 'forge' ? { ...given, body: given.forgedBody ?? given.body } : given;
    const generation = this.#generation;
    const url = this.#target(webhook, how.mode === 'forge');
    if (url === null) {
      this.#record(webhook, how, { url: null, headers: {}, ...nothingSent('no_url') });
      return 'no_url';
    }
    const headers = {
      'content-type': 'application/json',
      'user-agent': 'sarraf-sandbox',
      ...webhook.proof(url, how.mode === 'forge'),
    };
    const result = await postWebhook(url, headers, webhook.body, this.#policy);
    if (generation === this.#generation) this.#record(webhook, how, { url: url.href, headers, ...result });
    return result.outcome;
  }

  #note(webhook: OutgoingWebhook, mode: WebhookMode['do'], outcome: DeliveryOutcome): void {
    const url = this.#target(webhook, false)?.href ?? null;
    this.#record(webhook, { attempt: 1, mode }, { url, headers: {}, ...nothingSent(outcome) });
  }

  #target(webhook: OutgoingWebhook, forged: boolean): URL | null {
    return webhook.url === undefined ? this.#url : webhook.url(forged);
  }

  #record(
    webhook: OutgoingWebhook,
    how: Pick<DeliveryAttempt, 'attempt' | 'mode'>,
    sent: PostResult & { readonly url: string | null; readonly headers: Record<string, string> },
  ): void {
    this.#lastId += 1;
    const entry: DeliveryAttempt = {
      id: this.#lastId,
      at: new Date(this.#clock.now()).toISOString(),
      wall_time: new Date().toISOString(),
      payment_id: webhook.paymentId,
      event: webhook.event,
      ...how,
      url: sent.url,
      request: { headers: sent.headers, body: webhook.body },
      response: sent.response,
      duration_ms: sent.duration_ms,
      outcome: sent.outcome,
      error: sent.error,
    };
    this.#attempts.push(entry);
    if (this.#attempts.length > MAX_ATTEMPTS_KEPT) this.#attempts.shift();
    this.#onAttempt(entry);
  }

  #track(work: Promise<void>): void {
    const tracked = work.finally(() => this.#inFlight.delete(tracked));
    this.#inFlight.add(tracked);
  }

  #tracked(work: Promise<void>): Promise<void> {
    this.#track(work);
    return work;
  }
}

/** A provider's HTTP client whose every call takes one of the places of an account that may have only so many calls under way. */
import { setTimeout as sleep } from 'node:timers/promises';
import { ProviderError } from '../domain/provider-error.ts';
import type { ProviderHttp, ProviderRequest } from './http.ts';
import { Interruption, networkFailure } from './network-failure.ts';

export interface CallPlace {
  /** Gives it back. Never throws: what cannot be given back is free when its time has passed. */
  readonly leave: () => Promise<void>;
}

/** How often a call looks for a place again, and for how long, milliseconds. */
const LOOK_EVERY_MS = 200;
const WAIT_MS = 10_000;
/** When it has found none. */
const RETRY_MS = 5_000;

/**
 * The same client for what is made of many calls. `take`: one of the account's places, null while all are taken. A call that finds none
 * for a while is refused as `rate_limited` instead of being made.
 */
export function placed(
  http: ProviderHttp,
  take: () => Promise<CallPlace | null>,
  wait_ms: number = WAIT_MS,
): ProviderHttp {
  return {
    async send(request) {
      const place = await placeFor(request, take, wait_ms);
      try {
        return await http.send(request);
      } finally {
        await place.leave();
      }
    },
  };
}

async function placeFor(
  { signal, mutates }: ProviderRequest,
  take: () => Promise<CallPlace | null>,
  wait_ms: number,
): Promise<CallPlace> {
  const until = performance.now() + wait_ms;
  for (;;) {
    const place = await take();
    if (place) return place;
    if (performance.now() >= until) throw noPlace();
    await sleep(LOOK_EVERY_MS * (0.5 + Math.random()));
    if (signal?.aborted === true)
      throw new ProviderError(networkFailure(new Interruption('aborted'), { sent: false, mutates }));
  }
}

function noPlace(): ProviderError {
  return new ProviderError({
    kind: 'rate_limited',
    code: 'no_place',
    message: 'as many calls with this provider account are under way as may be; nothing was sent',
    retry_after_ms: RETRY_MS,
  });
}

/** A provider's HTTP client that keeps to the account's pace: it awaits its turn, and rests when the provider says so. */
import { ProviderError } from '../domain/provider-error.ts';
import { retryAfter } from './answers.ts';
import type { ProviderHttp, ProviderRequest } from './http.ts';
import { Interruption, networkFailure } from './network-failure.ts';

export interface Pace {
  /** Until when the account is left alone, wall clock in milliseconds; 0 when the provider has not asked for it. */
  readonly rests_until: number;
  /** The provider wants no call for so long, milliseconds. Never throws. */
  rest(for_ms: number): Promise<void>;
  /** Waits for the account's turn. False: there are too many before this call, which is not made then. */
  turn(signal: AbortSignal | undefined): Promise<boolean>;
}

/** When there are too many before a call. */
const CROWDED_RETRY_MS = 5_000;

/**
 * The same client. A provider that answers 429 with `Retry-After` is asked nothing more with this account until then: calls are
 * refused as `rate_limited` instead of being made, and so is one whose turn is too far away.
 */
export function paced(http: ProviderHttp, pace: Pace, now: () => number): ProviderHttp {
  return {
    async send(request) {
      refuseWhileResting(pace, now);
      if (!(await turnOf(pace, request))) throw refused('no_turn', CROWDED, CROWDED_RETRY_MS);
      // The provider may have asked for a rest while this call waited.
      refuseWhileResting(pace, now);
      const response = await http.send(request);
      const rest_ms = response.status === 429 ? retryAfter(response) : null;
      if (rest_ms !== null) await pace.rest(rest_ms);
      return response;
    },
  };
}

const CROWDED = 'too many calls with this provider account are waiting for their turn; nothing was sent';
const RESTING =
  'the provider has asked for fewer calls with this account, so none is made for a while; nothing was sent';

function refuseWhileResting({ rests_until }: Pace, now: () => number): void {
  const left_ms = rests_until - now();
  if (left_ms > 0) throw refused('resting', RESTING, left_ms);
}

async function turnOf(pace: Pace, { signal, mutates }: ProviderRequest): Promise<boolean> {
  try {
    return await pace.turn(signal);
  } catch (error) {
    if (!signal?.aborted) throw error;
    throw new ProviderError(networkFailure(new Interruption('aborted'), { sent: false, mutates }));
  }
}

function refused(code: string, message: string, retry_after_ms: number): ProviderError {
  return new ProviderError({ kind: 'rate_limited', code, message, retry_after_ms });
}

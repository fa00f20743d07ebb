/** When a webhook that was not taken is sent again, when it is given up, and when an endpoint is. */

/** Pauses before the second attempt and each further one, seconds: those of Standard Webhooks, three days in all. */
const PAUSES_S = [5, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400];
/** Each pause is made longer by up to this part of it, so that what failed together does not come back together. */
const JITTER = 0.1;
/** What an endpoint may ask for at most. */
const RETRY_AFTER_MAX_S = 86_400;

/** Attempts until a delivery is given up. */
export const ATTEMPTS_MAX = PAUSES_S.length + 1;

const DAY_MS = 86_400_000;
/** Failing for so long without any success, an endpoint is warned of, and then disabled. */
export const WARN_AFTER_MS = DAY_MS;
export const DISABLE_AFTER_MS = 5 * DAY_MS;

/**
 * Milliseconds to wait after the attempt number `tries` has failed; null: it was the last one. `retryAfter_s` is what the endpoint
 * asked for; it makes the pause longer, never shorter. `random`: from 0 to 1.
 */
export function pauseAfter(tries: number, retryAfter_s: number | null, random: number): number | null {
  const pause_s = PAUSES_S[tries - 1];
  if (pause_s === undefined) return null;
  const asked_s = Math.min(retryAfter_s ?? 0, RETRY_AFTER_MAX_S);
  return Math.round(Math.max(pause_s * (1 + JITTER * random), asked_s) * 1000);
}

/** The seconds that a `Retry-After` header asks for: a number of them, or a date. Null when it says nothing that can be read. */
export function retryAfterSeconds(header: string | undefined, now_ms: number): number | null {
  if (header === undefined) return null;
  if (/^\d{1,9}$/.test(header.trim())) return Number(header);
  // Of dates only the form that HTTP knows: Date.parse would take much that is none.
  const at = /^[A-Z][a-z]{2}, \d\d [A-Z][a-z]{2} \d{4} [\d:]{8} GMT$/.test(header) ? Date.parse(header) : NaN;
  return Number.isNaN(at) ? null : Math.max(0, Math.ceil((at - now_ms) / 1000));
}

/** What becomes of an answer: taken, never wanted again, or to be tried again. Only 2xx is success; a redirect is none. */
export function verdictOn(status: number | null): 'taken' | 'gone' | 'failed' {
  if (status === null) return 'failed';
  if (status >= 200 && status < 300) return 'taken';
  return status === 410 ? 'gone' : 'failed';
}

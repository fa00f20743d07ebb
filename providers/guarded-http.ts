/** A provider's HTTP client behind a circuit breaker: which answers and failures count against the provider. */
import { ProviderError } from '../domain/provider-error.ts';
import type { CallVerdict, CircuitBreaker, Entry } from './circuit-breaker.ts';
import type { ProviderHttp } from './http.ts';
import type { FailureCode } from './network-failure.ts';

/** False for what ended on our side, or would at any provider: it says nothing of this one. */
const COUNTS: Readonly<Record<FailureCode, boolean>> = {
  dns_failure: true,
  connection_refused: true,
  connect_timeout: true,
  unreachable: true,
  tls_failure: true,
  connection_failed: true,
  connection_reset: true,
  malformed_answer: true,
  timeout: true,
  answer_too_large: false,
  address_not_allowed: false,
  aborted: false,
  unsendable_request: false,
};

/**
 * The same client; a call that the breaker refuses is not made and fails as `unavailable` with the code `circuit_open`.
 * Only answers of 5xx, time-outs and broken connections count as failures: whoever declines, complains of our request
 * or asks us to slow down is there.
 */
export function guarded(http: ProviderHttp, breaker: CircuitBreaker): ProviderHttp {
  return {
    async send(request) {
      const entry = breaker.enter();
      if (!entry.admitted) throw refused(entry);
      let verdict: CallVerdict = 'neutral';
      try {
        const response = await http.send(request);
        verdict = response.status >= 500 ? 'failed' : 'healthy';
        return response;
      } catch (error) {
        if (error instanceof ProviderError && counts(error.failure.code)) verdict = 'failed';
        throw error;
      } finally {
        entry.leave(verdict);
      }
    },
  };
}

function counts(code: string): boolean {
  return Object.hasOwn(COUNTS, code) && COUNTS[code as FailureCode];
}

function refused({ forced, retry_after_ms }: Entry & { admitted: false }): ProviderError {
  const message = forced
    ? 'calls with this provider account have been stopped by an operator; nothing was sent'
    : 'too many calls with this provider account have failed, so it is given a rest; nothing was sent';
  return new ProviderError({ kind: 'unavailable', code: 'circuit_open', message, retry_after_ms });
}

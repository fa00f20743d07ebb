/** What a failure of the network means for a call: did anything happen at the provider or not. */
import type { ProviderErrorKind, ProviderFailure } from '../domain/provider-error.ts';

/** A call that ended on our side. */
export class Interruption extends Error {
  override readonly name = 'Interruption';
  readonly code: FailureCode;

  constructor(code: FailureCode) {
    super(WORDS[code]);
    this.code = code;
  }
}

const WORDS = {
  dns_failure: 'the name of the provider could not be resolved',
  address_not_allowed: 'the address of the provider is not one that this installation may call',
  connection_refused: 'the provider refused the connection',
  connect_timeout: 'the connection to the provider took too long',
  unreachable: 'there is no route to the provider',
  tls_failure: 'no trusted TLS connection to the provider could be made',
  connection_failed: 'the connection to the provider failed',
  connection_reset: 'the connection to the provider broke off',
  malformed_answer: 'the answer of the provider was not HTTP, or was cut off',
  answer_too_large: 'the answer of the provider was too large to read',
  timeout: 'the provider did not answer in time',
  aborted: 'the call was ended on our side',
  unsendable_request: 'the request could not be written: its URL or a header is not valid',
} as const;

export type FailureCode = keyof typeof WORDS;

/**
 * `sent`: bytes of the request may have reached the provider. Nothing sent: nothing happened (`unavailable`).
 * Sent by a call that mutates: it may have happened (`unknown_outcome`). Words of the error itself are not kept,
 * because some carry bytes of the answer; of it only the system's code, such as `CERT_HAS_EXPIRED`, is.
 */
export function networkFailure(
  error: Error,
  { sent, mutates }: { sent: boolean; mutates: boolean },
): ProviderFailure {
  const code = codeOf(error, sent);
  const detail = error instanceof Interruption ? '' : systemCode(error);
  const message = WORDS[code] + (/^[A-Z0-9_]{2,60}$/.test(detail) ? ` (${detail})` : '');
  return { kind: kindOf(code, sent && mutates), code, message };
}

function systemCode(error: Error): string {
  return 'code' in error && typeof error.code === 'string' ? error.code : '';
}

function kindOf(code: FailureCode, mayHaveHappened: boolean): ProviderErrorKind {
  if (mayHaveHappened) return 'unknown_outcome';
  // Repeating these changes nothing: somebody has to correct the account's base URL.
  const isOurs = code === 'unsendable_request' || code === 'address_not_allowed';
  return isOurs ? 'invalid_request' : 'unavailable';
}

const SYSTEM_CODES: Readonly<Record<string, FailureCode>> = {
  ENOTFOUND: 'dns_failure',
  EAI_AGAIN: 'dns_failure',
  EAI_FAIL: 'dns_failure',
  ECONNREFUSED: 'connection_refused',
  UND_ERR_CONNECT_TIMEOUT: 'connect_timeout',
  EHOSTUNREACH: 'unreachable',
  ENETUNREACH: 'unreachable',
  EADDRNOTAVAIL: 'unreachable',
  ECONNRESET: 'connection_reset',
  EPIPE: 'connection_reset',
  UND_ERR_SOCKET: 'connection_reset',
  UND_ERR_HEADERS_OVERFLOW: 'answer_too_large',
  UND_ERR_RES_CONTENT_LENGTH_MISMATCH: 'malformed_answer',
  UND_ERR_INVALID_ARG: 'unsendable_request',
  UND_ERR_NOT_SUPPORTED: 'unsendable_request',
  ERR_INVALID_URL: 'unsendable_request',
};

/** OpenSSL's verification results and Node's own TLS codes. */
const TLS_CODE =
  /^(ERR_TLS|ERR_SSL|ERR_OSSL|EPROTO$|CERT_|CRL_|UNABLE_TO_|DEPTH_ZERO_|SELF_SIGNED_|HOSTNAME_MISMATCH|INVALID_CA|INVALID_PURPOSE)/;

function codeOf(error: Error, sent: boolean): FailureCode {
  if (error instanceof Interruption) return error.code;
  const code = systemCode(error);
  if (code === 'ETIMEDOUT') return sent ? 'timeout' : 'connect_timeout';
  const known = SYSTEM_CODES[code];
  if (known) return known;
  if (TLS_CODE.test(code)) return 'tls_failure';
  if (error.name === 'HTTPParserError') return 'malformed_answer';
  return sent ? 'connection_reset' : 'connection_failed';
}

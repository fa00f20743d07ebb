/** Refusals without what proves who we are: some servers repeat in them what they were sent, and words of refusals are kept. */
import type { ProviderRequest } from './http.ts';

const PROOF = /auth|key|secret|token|signature|password|client|user|merchant/i;
/** Shorter values would be found in ordinary words. */
const LENGTH_MIN = 8;

/**
 * `text` with every header and form field of `request` that proves the account replaced by `…`. The transport does it for
 * statuses from 400; who reads a refusal out of a success does it there.
 */
export function redacted(text: string, request: ProviderRequest): string {
  let clean = text;
  for (const proof of proofsIn(request)) {
    for (const form of new Set([proof, encodeURIComponent(proof), JSON.stringify(proof).slice(1, -1)])) {
      clean = clean.replaceAll(form, '…');
    }
  }
  return clean;
}

function proofsIn({ headers = {}, body = '' }: ProviderRequest): string[] {
  const isForm = headers['content-type'] === 'application/x-www-form-urlencoded';
  const fields = [...Object.entries(headers), ...(isForm ? new URLSearchParams(body) : [])];
  return fields
    .filter(([name]) => PROOF.test(name) && name !== 'idempotency-key')
    .map(([, value]) => value.split(' ').at(-1) ?? '')
    .filter((value) => value.length >= LENGTH_MIN)
    .sort((a, b) => b.length - a.length);
}

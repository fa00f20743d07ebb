/** Refusals without what proves who we are: some servers repeat in them what they were sent, and words of refusals are kept. */
import type { ProviderRequest } from './http.ts';
import { createSecretText, isSecretName } from './secret-text.ts';

/** Beside the names of secrets: what names the account is nobody else's to know. */
const ACCOUNT = /auth|key|client|user|merchant/i;
/** Refusals are read after this, so a shorter value, which could be one of their own words, stays. */
const LENGTH_MIN = 8;

/**
 * `text` without the value of any header and form field of `request` that proves the account. The transport does it for
 * statuses from 400; who reads a refusal out of a success does it there.
 */
export function withoutProofs(text: string, request: ProviderRequest): string {
  return createSecretText(proofsIn(request)).withoutValues(text);
}

function proofsIn({ headers = {}, body = '' }: ProviderRequest): string[] {
  const isForm = headers['content-type'] === 'application/x-www-form-urlencoded';
  const fields = [...Object.entries(headers), ...(isForm ? new URLSearchParams(body) : [])];
  return fields
    .filter(([name]) => (isSecretName(name) || ACCOUNT.test(name)) && name !== 'idempotency-key')
    .map(([, value]) => value.split(' ').at(-1) ?? '')
    .filter((value) => value.length >= LENGTH_MIN);
}

/**
 * The token in a customer's return address: names the payment and cannot be guessed. It is made from the payment's id,
 * so nothing is stored or looked up for it, and a made-up one is refused before the database is asked.
 */
import { createHmac, timingSafeEqual } from 'node:crypto';
import { isId } from '../db/ids.ts';

/** 128 bits: as hard to guess as a random id, and short enough for providers that limit the length of addresses. */
const PROOF_BYTES = 16;
const TOKEN = /^([0-9a-z]{26})_([\w-]{22})$/;

/** The token of a payment. `key`: the pepper of the API keys; whoever changes it ends the links of payments in flight. */
export function returnToken(paymentId: string, key: Uint8Array): string {
  return `${paymentId.slice('pay_'.length)}_${proofOf(paymentId, key).toString('base64url')}`;
}

/** The payment that a token names, or null when it was not made here. */
export function paymentOfToken(token: string, key: Uint8Array): string | null {
  const [, suffix = '', proof = ''] = TOKEN.exec(token) ?? [];
  const paymentId = `pay_${suffix}`;
  if (!isId('pay', paymentId)) return null;
  return timingSafeEqual(Buffer.from(proof, 'base64url'), proofOf(paymentId, key)) ? paymentId : null;
}

/** The text before the id keeps this use of the key apart from the hashes of API keys. */
function proofOf(paymentId: string, key: Uint8Array): Buffer {
  return createHmac('sha256', key).update(`return:${paymentId}`).digest().subarray(0, PROOF_BYTES);
}

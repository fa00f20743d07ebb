/**
 * Tokens in addresses for people: each names one object and cannot be guessed. It is made from the object's id, so nothing
 * is stored or looked up for it, and a made-up one is refused before the database is asked.
 */
import { createHmac, timingSafeEqual } from 'node:crypto';
import { isId, type IdPrefix } from '../db/ids.ts';

/** 128 bits: as hard to guess as a random id, and short enough for providers that limit the length of addresses. */
const PROOF_BYTES = 16;
const TOKEN = /^([0-9a-z]{26})_([\w-]{22})$/;

/** What a token is for, and of which kind of object. A token for one thing is none for another. */
export interface LinkKind {
  readonly purpose: 'return' | 'checkout';
  readonly prefix: IdPrefix;
}

/** The token of an object. `key`: the pepper of the API keys; whoever changes it ends the links that are out. */
export function linkToken({ purpose, prefix }: LinkKind, id: string, key: Uint8Array): string {
  return `${id.slice(prefix.length + 1)}_${proofOf(purpose, id, key).toString('base64url')}`;
}

/** The object that a token names, or null when it was not made here. */
export function idOfToken({ purpose, prefix }: LinkKind, token: string, key: Uint8Array): string | null {
  const [, suffix = '', proof = ''] = TOKEN.exec(token) ?? [];
  const id = `${prefix}_${suffix}`;
  if (!isId(prefix, id)) return null;
  return timingSafeEqual(Buffer.from(proof, 'base64url'), proofOf(purpose, id, key)) ? id : null;
}

/** The text before the id keeps these uses of the key apart from each other and from the hashes of API keys. */
function proofOf(purpose: string, id: string, key: Uint8Array): Buffer {
  return createHmac('sha256', key).update(`${purpose}:${id}`).digest().subarray(0, PROOF_BYTES);
}

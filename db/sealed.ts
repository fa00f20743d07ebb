/**
 * Encryption of what is kept by others: AES-256-GCM, the key's id in front. Of provider credentials the row's id is the
 * associated data, so that a sealed value cannot be moved to another row. Several keys may open; the first seals.
 */
import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';

const NONCE_BYTES = 12;
const TAG_BYTES = 16;

export interface SealingKey {
  /** 1 to 255 characters, stored beside the sealed value. */
  readonly id: string;
  /** 32 bytes. */
  readonly key: Uint8Array;
}

export interface Sealer {
  /** Encrypts JSON for the row `owner`. */
  seal(value: unknown, owner: string): Buffer;
  /** The value sealed for `owner`; throws when the key is unknown or the value was changed or moved. */
  open(sealed: Uint8Array, owner: string): unknown;
}

export function createSealer(keys: readonly SealingKey[]): Sealer {
  const bytes = createByteSealer(keys);
  return {
    seal: (value, owner) => bytes.seal(Buffer.from(JSON.stringify(value)), owner),
    open: (sealed, owner) => JSON.parse(bytes.open(sealed, owner).toString('utf8')),
  };
}

export interface ByteSealer {
  /** Encrypts; only `open` with the same `context` gets it back. */
  seal(bytes: Uint8Array, context: string): Buffer;
  /** Throws when the key is unknown, or the value or its context was changed. */
  open(sealed: Uint8Array, context: string): Buffer;
}

export function createByteSealer(keys: readonly SealingKey[]): ByteSealer {
  const [first] = keys;
  if (!first) throw new Error('at least one key is needed to encrypt');
  const byId = new Map(keys.map((entry) => [entry.id, entry.key]));

  return {
    seal(plain, context) {
      const id = Buffer.from(first.id);
      const nonce = randomBytes(NONCE_BYTES);
      const cipher = createCipheriv('aes-256-gcm', first.key, nonce).setAAD(Buffer.from(context));
      const text = Buffer.concat([cipher.update(plain), cipher.final()]);
      return Buffer.concat([Buffer.from([id.length]), id, nonce, cipher.getAuthTag(), text]);
    },
    open(sealed, context) {
      const bytes = Buffer.from(sealed);
      const idEnd = 1 + (bytes[0] ?? 0);
      const key = byId.get(bytes.subarray(1, idEnd).toString());
      if (!key) throw new Error('this was encrypted with a key that is not configured');
      const nonce = bytes.subarray(idEnd, idEnd + NONCE_BYTES);
      const tag = bytes.subarray(idEnd + NONCE_BYTES, idEnd + NONCE_BYTES + TAG_BYTES);
      const decipher = createDecipheriv('aes-256-gcm', key, nonce, { authTagLength: TAG_BYTES });
      decipher.setAAD(Buffer.from(context)).setAuthTag(tag);
      const text = bytes.subarray(idEnd + NONCE_BYTES + TAG_BYTES);
      return Buffer.concat([decipher.update(text), decipher.final()]);
    },
  };
}

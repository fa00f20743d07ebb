/** Passwords of people: scrypt, with its parameters beside each hash, so that they can grow and old hashes stay good. */
import { randomBytes, scrypt, timingSafeEqual, type ScryptOptions } from 'node:crypto';

/** 32 MiB and about a tenth of a second: as much as OWASP asks of scrypt. */
const PARAMETERS = { N: 2 ** 15, r: 8, p: 3 } as const;
const SALT_BYTES = 16;
const HASH_BYTES = 32;
/** What a stored hash may ask for at most, so that a row that somebody changed cannot take all memory. */
const MAX_MEMORY = 256 * 1024 * 1024;

/** What is stored of a password: `scrypt$N$r$p$salt$hash`. */
export async function hashPassword(password: string): Promise<string> {
  const salt = randomBytes(SALT_BYTES);
  const { N, r, p } = PARAMETERS;
  const hash = await derive(password, salt, HASH_BYTES, { N, r, p });
  return ['scrypt', N, r, p, salt.toString('base64url'), hash.toString('base64url')].join('$');
}

/** True when `stored` was made of this password. Null, for nobody of that name, takes as long and is false. */
export async function isPassword(password: string, stored: string | null): Promise<boolean> {
  const [, N, r, p, salt = '', hash = ''] = (stored ?? NOBODY).split('$');
  const expected = Buffer.from(hash, 'base64url');
  const found = await derive(password, Buffer.from(salt, 'base64url'), expected.length, {
    N: Number(N),
    r: Number(r),
    p: Number(p),
  });
  return timingSafeEqual(found, expected) && stored !== null;
}

const { N: COST, r: BLOCK, p: LANES } = PARAMETERS;
const NOBODY = `scrypt$${COST}$${BLOCK}$${LANES}$${'A'.repeat(22)}$${'A'.repeat(43)}`;

/** One at a time: they share few threads with everything else of this process. */
let last: Promise<unknown> = Promise.resolve();

function derive(password: string, salt: Buffer, length: number, options: ScryptOptions): Promise<Buffer> {
  // The same word typed on another keyboard is the same password.
  const text = password.normalize('NFKC');
  const next = last.then(
    () =>
      new Promise<Buffer>((resolve, reject) => {
        scrypt(text, salt, length, { ...options, maxmem: MAX_MEMORY }, (error, key) =>
          error ? reject(error) : resolve(key),
        );
      }),
  );
  last = next.catch(() => undefined);
  return next;
}

/** Bodies that come packed although nobody asked for that: proxies and some servers pack whatever passes. */
import { brotliDecompressSync, gunzipSync, inflateSync } from 'node:zlib';
import { Interruption } from './network-failure.ts';

/**
 * The body as it was before `encoding` (the header Content-Encoding), no more than `maxBytes` long. Throws `Interruption`
 * when it is longer, cut off or packed in a way that is not known.
 */
export function unpacked(body: Buffer, encoding: string | undefined, maxBytes: number): Buffer {
  try {
    // The last one named was applied last.
    return namesIn(encoding).reduceRight((packed, name) => unpackedOnce(packed, name, maxBytes), body);
  } catch (error) {
    const isTooLong = error instanceof RangeError || codeOf(error) === 'ERR_BUFFER_TOO_LARGE';
    throw new Interruption(isTooLong ? 'answer_too_large' : 'malformed_answer');
  }
}

const namesIn = (encoding = ''): string[] =>
  encoding
    .split(',')
    .map((name) => name.trim().toLowerCase())
    .filter((name) => name !== '' && name !== 'identity');

function unpackedOnce(body: Buffer, name: string, maxOutputLength: number): Buffer {
  // An answer without a body has nothing to unpack, whatever its header says.
  if (body.length === 0) return body;
  switch (name) {
    case 'gzip':
    case 'x-gzip':
      return gunzipSync(body, { maxOutputLength });
    case 'deflate':
      return inflateSync(body, { maxOutputLength });
    case 'br':
      return brotliDecompressSync(body, { maxOutputLength });
    default:
      throw new Error('unknown content encoding');
  }
}

const codeOf = (error: unknown): unknown =>
  typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined;

/** The official release of the Temporal CLI: a gzipped tar with the program in it. */
import { execFile } from 'node:child_process';
import { createWriteStream } from 'node:fs';
import { join } from 'node:path';
import { Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { ReadableStream } from 'node:stream/web';
import { promisify } from 'node:util';
import { arch, platform } from 'node:os';
import type { Step } from './report.ts';
import { messageOf } from '../config/system-error.ts';

const run = promisify(execFile);

const ORIGIN = 'https://temporal.download';
/** Without an answer by then the next way is tried. */
const ANSWER_WITHIN_MS = 5_000;
/** A download that stands still for so long is given up. */
const STALLED_AFTER_MS = 15_000;

/**
 * Fetches the release into `directory` and returns the path of the program, unverified. Throws with a short reason.
 * The address is that of https://docs.temporal.io/cli (CDN).
 */
export async function downloadRelease(
  directory: string,
  version: string,
  step: Step,
  origin = ORIGIN,
): Promise<string> {
  const cpu = arch() === 'x64' ? 'amd64' : arch();
  const archive = join(directory, 'temporal.tar.gz');
  await download(`${origin}/cli/archive/v${version}?platform=${platform()}&arch=${cpu}`, archive, step);
  await run('tar', ['-xzf', archive, '-C', directory, 'temporal']);
  return join(directory, 'temporal');
}

async function download(url: string, file: string, step: Step): Promise<void> {
  const patience = new AbortController();
  let timer = setTimeout(() => patience.abort(), ANSWER_WITHIN_MS);
  let done = 0;
  try {
    const response = await fetch(url, { signal: patience.signal });
    if (!response.ok || !response.body) throw new Error(`answered ${response.status}`);
    const total = Number(response.headers.get('content-length')) || null;
    const meter = new Transform({
      transform(chunk: Buffer, _encoding, next) {
        clearTimeout(timer);
        timer = setTimeout(() => patience.abort(), STALLED_AFTER_MS);
        done += chunk.length;
        step.progress(done, total);
        next(null, chunk);
      },
    });
    const body = Readable.fromWeb(response.body as ReadableStream<Uint8Array>);
    await pipeline(body, meter, createWriteStream(file), { signal: patience.signal });
  } catch (error) {
    throw new Error(reason(error, patience.signal.aborted, done), { cause: error });
  } finally {
    clearTimeout(timer);
  }
}

function reason(error: unknown, aborted: boolean, done: number): string {
  if (aborted)
    return done === 0 ? `no answer within ${ANSWER_WITHIN_MS / 1000} s` : 'the download stood still';
  // `fetch failed` says nothing; the cause does (`getaddrinfo ENOTFOUND temporal.download`).
  const cause: unknown =
    typeof error === 'object' && error !== null ? Reflect.get(error, 'cause') : undefined;
  return messageOf(cause ?? error);
}

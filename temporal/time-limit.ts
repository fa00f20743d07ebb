/** For calls that have no end of their own. */

/** The call took longer than we wait. */
export class TimeLimitError extends Error {
  override readonly name = 'TimeLimitError';
}

/** The outcome of `call`, or `TimeLimitError` after `limit_ms`; the call itself goes on. */
export async function withTimeLimit<T>(limit_ms: number, call: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new TimeLimitError(`no answer within ${limit_ms} ms`)), limit_ms);
  });
  try {
    return await Promise.race([call, limit]);
  } finally {
    clearTimeout(timer);
  }
}

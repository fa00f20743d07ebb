/**
 * Keeps what was said to providers, off the path of payments: a call is only put aside here, and written with others a
 * moment later, on a connection of its own. While the database is away a bounded number waits; what comes beyond that
 * is dropped, counted and told of. A process that is killed loses what it had not written yet.
 */
import type pg from 'pg';
import type { Logger } from 'pino';
import type { ExchangeRecorder, RawExchange } from '../activities/dependencies.ts';
import { insertExchanges, type NewExchange } from '../db/exchanges.ts';
import { newId } from '../db/ids.ts';

const FLUSH_AFTER_MS = 40;
const RETRY_AFTER_MS = 1_000;
const BATCH = 50;
const WAITING_MAX = 2_000;
/** Characters of URLs and bodies that may wait. */
const WAITING_SIZE_MAX = 16 * 1024 * 1024;
const CLOSE_WITHIN_MS = 3_000;
/** Classes 22 and 23: this row will never be taken. */
const BAD_ROW = /^2[23]/;

export interface ExchangeRecorderOptions {
  readonly pool: pg.Pool;
  readonly logger: Logger;
  /** How many calls may wait; default 2,000. */
  readonly waiting_max?: number;
}

export function createExchangeRecorder({
  pool,
  logger,
  waiting_max = WAITING_MAX,
}: ExchangeRecorderOptions): ExchangeRecorder & {
  /** How many were dropped so far. */
  dropped(): number;
  /** Writes what waits, within three seconds. */
  close(): Promise<void>;
} {
  const waiting: { readonly id: string; readonly raw: RawExchange; readonly size: number }[] = [];
  let size = 0;
  let dropped = 0;
  let untold = 0;
  let closing = false;
  let timer: NodeJS.Timeout | undefined;
  /** The run of `write` that is under way. */
  let writing: Promise<unknown> | undefined;

  const drop = (count: number): void => {
    if (count === 0) return;
    dropped += count;
    // One line for the first; the rest are counted until writing works again.
    if (untold === 0) logger.error({ dropped }, 'an exchange with a provider could not be kept');
    untold += count;
  };
  const schedule = (after_ms: number): void => {
    if (timer || writing || closing) return;
    timer = setTimeout(() => {
      timer = undefined;
      writing = write().then((isWritten) => {
        writing = undefined;
        if (waiting.length > 0) schedule(isWritten ? FLUSH_AFTER_MS : RETRY_AFTER_MS);
      });
    }, after_ms);
  };

  /** Writes one batch after the other. False: the database is away. Never rejects. */
  const write = async (): Promise<boolean> => {
    while (waiting.length > 0) {
      const batch = waiting.slice(0, BATCH);
      try {
        const rows = batch.flatMap((entry) => toRow(entry, logger));
        drop(batch.length - rows.length + (await store(pool, rows, logger)));
      } catch (err) {
        logger.warn({ err, waiting: waiting.length }, 'exchanges with providers could not be written yet');
        return false;
      }
      waiting.splice(0, batch.length);
      size -= batch.reduce((sum, entry) => sum + entry.size, 0);
    }
    if (untold > 0) logger.error({ dropped: untold }, 'exchanges with providers were dropped');
    untold = 0;
    return true;
  };

  return {
    record(raw) {
      const added = sizeOf(raw);
      if (closing || waiting.length >= waiting_max || size + added > WAITING_SIZE_MAX) return drop(1);
      waiting.push({ id: newId('exc'), raw, size: added });
      size += added;
      schedule(FLUSH_AFTER_MS);
    },
    dropped: () => dropped,
    async close() {
      clearTimeout(timer);
      closing = true;
      let limit: NodeJS.Timeout | undefined;
      const late = new Promise<void>((resolve) => (limit = setTimeout(resolve, CLOSE_WITHIN_MS)));
      await Promise.race([Promise.resolve(writing).then(write), late]);
      clearTimeout(limit);
      if (waiting.length > 0) drop(waiting.length);
    },
  };
}

function sizeOf({ seen: { request, outcome } }: RawExchange): number {
  const answered = outcome.type === 'answered' ? outcome.response.text.length : 0;
  return request.url.length + (request.body?.length ?? 0) + answered;
}

/**
 * The row, or none when it cannot be made safe. Redacts here, not when the call ends: a customer may be waiting for
 * what comes after the call.
 */
function toRow(
  { id, raw }: { readonly id: string; readonly raw: RawExchange },
  logger: Logger,
): NewExchange[] {
  const { seen, redactor, ...about } = raw;
  const { request, started_at, duration_ms, outcome } = seen;
  const { operation, method } = request;
  try {
    const safe = redactor.exchange(seen);
    const status = outcome.type === 'answered' ? outcome.response.status : null;
    const failure = outcome.type === 'failed' ? outcome.failure : null;
    return [{ id, ...about, ...safe, operation, method, status, failure, started_at, duration_ms }];
  } catch (err) {
    logger.error({ err, invoice_id: raw.invoice_id, operation }, 'an exchange could not be redacted');
    return [];
  }
}

/** Stores a batch; rows that the database will never take are left out, and counted. Throws when it is away. */
async function store(pool: pg.Pool, rows: readonly NewExchange[], logger: Logger): Promise<number> {
  if (rows.length === 0) return 0;
  try {
    await insertExchanges(pool, rows);
    return 0;
  } catch (err) {
    if (!isBadRow(err)) throw err;
    const [row, ...others] = rows;
    if (row && others.length === 0) {
      logger.error({ err, invoice_id: row.invoice_id, operation: row.operation }, 'an exchange was refused');
      return 1;
    }
    let refused = 0;
    for (const single of rows) refused += await store(pool, [single], logger);
    return refused;
  }
}

function isBadRow(error: unknown): boolean {
  return error instanceof Error && 'code' in error && BAD_ROW.test(String(error.code));
}

/** When each key was used last: noted in memory, written at most once a minute, never while somebody waits. */
import type pg from 'pg';
import type { Logger } from 'pino';
import { storeKeyUses } from '../db/api-keys.ts';
import { asService } from '../db/scope.ts';

const EVERY_MS = 60_000;

export interface KeyUses {
  note(keyId: string): void;
  /** Writes what has been noted. Never rejects: what could not be written is written with the next. */
  flush(): Promise<void>;
  /** Writes the last ones and stops. */
  stop(): Promise<void>;
}

export function createKeyUses(pool: pg.Pool, logger: Logger, now: () => number): KeyUses {
  let noted = new Map<string, number>();

  const flush = async (): Promise<void> => {
    if (noted.size === 0) return;
    const uses = noted;
    noted = new Map();
    try {
      await asService(() => storeKeyUses(pool, uses));
    } catch (error) {
      noted = new Map([...uses, ...noted]);
      logger.warn({ err: error }, 'the uses of API keys could not be written');
    }
  };
  const timer = setInterval(() => void flush(), EVERY_MS).unref();

  return {
    note: (keyId) => void noted.set(keyId, now()),
    flush,
    async stop() {
      clearInterval(timer);
      await flush();
    },
  };
}

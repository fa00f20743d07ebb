/**
 * Live pages: server-sent events that say what has changed, never what it is now. One poller per process asks while anybody listens,
 * with one small statement for each kind of thing; browsers read again what they show.
 */
import type { Response } from 'express';
import type pg from 'pg';
import type { Logger } from 'pino';
import { asService } from '../../db/scope.ts';
import type { Visitor } from './session.ts';

/** Something that pages can be live about. */
export interface LiveSource {
  /** `invoices`; a page of one object listens to `invoices:inv_…`. */
  readonly topic: string;
  /**
   * What changed in the last `seconds`: the id of each object and a mark that is another one after each change. Bounded, by an index,
   * cheap enough to be asked every second. What it tells twice is passed on once.
   */
  read(pool: pg.Pool, seconds: number): Promise<readonly { readonly id: string; readonly mark: string }[]>;
}

export interface Live {
  /** Answers with a stream that ends when the browser leaves, the session ends or the process stops. */
  open(response: Response, wanted: Wanted, still: () => Promise<Visitor | null>): void;
}

export interface Wanted {
  readonly topics: readonly string[];
  /** When the page was asked for that listens now, milliseconds: what has changed since then is told at once. */
  readonly since_ms: number;
}

const POLL_MS = 1_000;
/** Rows become visible when their statement has committed, so each look goes back further than the last one. */
const LOOK_BACK_S = 15;
const BEAT_MS = 20_000;
/** A page that comes back after longer than this reads itself again anyway. */
const CATCH_UP_MS = 60_000;
const LISTENERS = 500;
const TOPICS = 10;

interface Listener {
  readonly topics: ReadonlySet<string>;
  readonly response: Response;
}

export function createLive(
  sources: readonly LiveSource[],
  {
    pool,
    logger,
    closing,
    now,
  }: {
    readonly pool: pg.Pool;
    readonly logger: Logger;
    readonly closing: AbortSignal;
    readonly now: () => number;
  },
): Live {
  const listeners = new Set<Listener>();
  /** What has been told, with when. */
  const told = new Map<string, number>();
  let timer: NodeJS.Timeout | null = null;
  let isFirst = true;

  const look = async (): Promise<void> => {
    const wanted = new Set(
      [...listeners].flatMap(({ topics }) => [...topics].map((topic) => topic.split(':')[0])),
    );
    const changed = new Set<string>();
    for (const source of sources.filter(({ topic }) => wanted.has(topic))) {
      for (const { id, mark } of await source.read(pool, LOOK_BACK_S)) {
        const key = `${source.topic}:${id}:${mark}`;
        if (!told.has(key)) changed.add(source.topic).add(`${source.topic}:${id}`);
        told.set(key, Date.now());
      }
    }
    for (const [key, at] of told) if (at < Date.now() - 2_000 * LOOK_BACK_S) told.delete(key);
    if (!isFirst) for (const listener of listeners) tell(listener, changed);
    isFirst = false;
  };

  /** Tells of what has changed between the reading of a page and now, when it begins to listen. */
  const catchUp = async (listener: Listener, since_ms: number): Promise<void> => {
    const behind_ms = now() - since_ms;
    if (!(behind_ms >= 0 && behind_ms <= CATCH_UP_MS)) return;
    const wanted = new Set([...listener.topics].map((topic) => topic.split(':')[0]));
    for (const source of sources.filter(({ topic }) => wanted.has(topic))) {
      const changed = await source.read(pool, Math.ceil(behind_ms / 1000));
      if (changed.length === 0) continue;
      tell(listener, new Set([source.topic, ...changed.map(({ id }) => `${source.topic}:${id}`)]));
    }
  };
  const warn = (error: unknown): void =>
    logger.warn({ err: error }, 'live pages could not be told what has changed');

  const poll = (): void => {
    timer = setTimeout(
      () => {
        // Not in the scope of whoever was the first to listen.
        asService(look)
          .catch(warn)
          .finally(() => {
            if (listeners.size > 0) return poll();
            timer = null;
          });
      },
      isFirst ? 0 : POLL_MS,
    );
    timer.unref();
  };

  const add = (listener: Listener): void => {
    listeners.add(listener);
    if (timer !== null) return;
    told.clear();
    isFirst = true;
    poll();
  };

  closing.addEventListener('abort', () => {
    for (const { response } of listeners) response.end();
  });

  return {
    open(response, { topics, since_ms }, still) {
      if (listeners.size >= LISTENERS || closing.aborted) {
        response.writeHead(503, { 'Retry-After': '30' }).end();
        return;
      }
      response.writeHead(200, {
        'Content-Type': 'text/event-stream',
        'Cache-Control': 'no-store',
        // Proxies that collect answers would keep them all.
        'X-Accel-Buffering': 'no',
      });
      response.write('retry: 3000\nevent: ready\ndata: {}\n\n');
      const listener: Listener = { topics: new Set(topics.slice(0, TOPICS)), response };
      const beat = setInterval(() => {
        response.write(': still here\n\n');
        still()
          .then((visitor) => visitor ?? response.end())
          .catch(() => response.end());
      }, BEAT_MS);
      beat.unref();
      response.once('close', () => {
        clearInterval(beat);
        listeners.delete(listener);
      });
      add(listener);
      asService(() => catchUp(listener, since_ms)).catch(warn);
    },
  };
}

function tell({ topics, response }: Listener, changed: ReadonlySet<string>): void {
  // A reader that does not read gets no more until it does.
  if (response.writableNeedDrain) return;
  if ([...topics].some((topic) => changed.has(topic))) response.write('event: changed\ndata: {}\n\n');
}

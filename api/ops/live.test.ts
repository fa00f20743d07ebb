/** The stream of live pages over real HTTP; what has changed comes from a list. */
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Response } from 'express';
import { pino } from 'pino';
import { createPool } from '../../db/pool.ts';
import { eventually } from '../../test/setup/eventually.ts';
import { createLive } from './live.ts';

interface Change {
  readonly id: string;
  readonly at_ms: number;
}

const changes: Change[] = [];
const closing = new AbortController();
// Never connects: the source reads a list.
const pool = createPool({
  url: 'postgres://nobody@127.0.0.1:9/none',
  size: 1,
  name: 'test',
  onError: () => undefined,
});
let server: Server;
let since_ms: number;

beforeAll(async () => {
  const live = createLive(
    [
      {
        topic: 'things',
        read: async (_pool, seconds) =>
          changes
            .filter(({ at_ms }) => at_ms >= Date.now() - seconds * 1000)
            .map(({ id, at_ms }) => ({ id, mark: String(at_ms) })),
      },
    ],
    { pool, logger: pino({ enabled: false }), closing: closing.signal, now: Date.now },
  );
  server = createServer((_request, response) => {
    live.open(response as Response, { topics: ['things:one'], since_ms }, async () => null);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
});
afterAll(async () => {
  closing.abort();
  server.closeAllConnections();
  server.close();
  await pool.end();
});
beforeEach(() => changes.splice(0));

/** What a page that was read at `since` has been told so far. */
async function listening(since: number) {
  since_ms = since;
  const ended = new AbortController();
  const answer = await fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}`, {
    signal: ended.signal,
  });
  let text = '';
  const reading = (async () => {
    for await (const piece of answer.body ?? []) text += new TextDecoder().decode(piece as Uint8Array);
  })().catch(() => undefined);
  return {
    told: () => text.match(/event: changed/g)?.length ?? 0,
    ready: () =>
      eventually(
        'it is ready',
        async () => text,
        (so_far) => so_far.includes('event: ready'),
      ),
    async stop() {
      ended.abort();
      await reading;
    },
  };
}

it('tells at once of what has changed between the reading of a page and its listening', async () => {
  const read_ms = Date.now();
  changes.push({ id: 'one', at_ms: read_ms + 1 });
  const page = await listening(read_ms);
  const told = await eventually(
    'it is told',
    async () => page.told(),
    (times) => times > 0,
  );
  expect(told).toBe(1);
  await page.stop();
});

it('tells of changes while it listens, each once, and of nothing else', async () => {
  changes.push({ id: 'one', at_ms: Date.now() - 5_000 });
  const page = await listening(Date.now());
  await page.ready();
  changes.push({ id: 'two', at_ms: Date.now() });
  changes.push({ id: 'one', at_ms: Date.now() });
  await eventually(
    'it is told',
    async () => page.told(),
    (times) => times > 0,
    10_000,
  );
  changes.push({ id: 'one', at_ms: Date.now() + 1 });
  await eventually(
    'it is told again',
    async () => page.told(),
    (times) => times > 1,
    10_000,
  );
  expect(page.told()).toBe(2);
  await page.stop();
});

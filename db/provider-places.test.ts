import { ENGINES_TIMEOUT_MS } from '../test/setup/engines.ts';
import { testRecord, type TestRecord } from '../test/setup/record.ts';
import { leavePlace, takePlace, type TakenPlace } from './provider-places.ts';

let db: TestRecord;

beforeAll(async () => {
  db = await testRecord({ provider: 'bank', credentials: {} });
}, ENGINES_TIMEOUT_MS);
afterAll(() => db.close());
beforeEach(() => db.pool.query('delete from provider_places'));

const take = (places: number): Promise<TakenPlace | null> => takePlace(db.pool, db.account_id, places);
const isTaken = (place: TakenPlace | null): place is TakenPlace => place !== null;

it('gives no more places than there are, whoever asks at the same moment', async () => {
  const taken = (await Promise.all(Array.from({ length: 40 }, () => take(5)))).filter(isTaken);
  expect(taken.length).toBeGreaterThan(0);
  expect(taken.length).toBeLessThanOrEqual(5);
  expect(new Set(taken.map(({ place }) => place)).size).toBe(taken.length);
});

it('gives a place again when it was given back', async () => {
  const first = await take(1);
  expect(await take(1)).toBeNull();
  if (first) await leavePlace(db.pool, first);
  expect(await take(1)).toMatchObject({ place: 1 });
});

it('gives the place of a worker that was killed to another one, and that one keeps it', async () => {
  const lost = await take(1);
  await db.pool.query(`update provider_places set until = now() - interval '1 second'`);
  const held = await take(1);
  expect(held).toMatchObject({ place: 1 });
  // The first was not dead, only slow.
  if (lost) await leavePlace(db.pool, lost);
  expect(await take(1)).toBeNull();
});

it('takes no more when the limit has become lower, until enough were given back', async () => {
  const taken = (await Promise.all([take(3), take(3), take(3)])).filter(isTaken);
  for (let more = 0; taken.length < 3 && more < 10; more += 1) {
    const place = await take(3);
    if (place) taken.push(place);
  }
  expect(taken).toHaveLength(3);
  expect(await take(1)).toBeNull();
  for (const place of taken.filter((one) => one.place === 1)) await leavePlace(db.pool, place);
  expect(await take(1)).toMatchObject({ place: 1 });
});

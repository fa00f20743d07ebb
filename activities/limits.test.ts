import type { AccountRow } from '../db/work.ts';
import { createLimitBook, limitsOf } from './limits.ts';

const row = (more: Partial<AccountRow> = {}): AccountRow => ({
  id: 'pacc_1',
  provider: 'bank',
  base_url: 'https://bank.example',
  credentials: Buffer.alloc(0),
  revision: 1,
  breaker_forced: null,
  max_concurrent: null,
  max_per_second: null,
  rests_ms: 0,
  ...more,
});
const MANIFEST = { limits: { max_concurrent: 8, max_per_second: 20 } };

it('takes what an account says before what its provider says, and nothing where neither does', () => {
  expect(limitsOf(row({ max_per_second: 3 }), MANIFEST)).toMatchObject({
    max_concurrent: 8,
    max_per_second: 3,
  });
  expect(limitsOf(row({ max_concurrent: 2 }), MANIFEST)).toMatchObject({
    max_concurrent: 2,
    max_per_second: 20,
  });
  expect(limitsOf(row(), {})).toMatchObject({ max_concurrent: null, max_per_second: null });
});

it('asks the record once for each account, and learns of changes from rows that are read anyway', async () => {
  const asked: string[] = [];
  const book = createLimitBook(
    (id) => {
      asked.push(id);
      return Promise.resolve(id === 'pacc_1' ? row() : null);
    },
    () => ({}),
  );
  expect(await book.of('pacc_1')).toMatchObject({ max_per_second: null });
  book.learn(row({ max_per_second: 5 }));
  expect(await book.of('pacc_1')).toMatchObject({ max_per_second: 5 });
  expect(asked).toEqual(['pacc_1']);
  expect(await book.of('nobody')).toMatchObject({ max_per_second: null, max_concurrent: null });
});

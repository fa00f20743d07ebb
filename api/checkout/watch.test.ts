import { eventually } from '../../test/setup/eventually.ts';
import { createInvoiceWatch } from './watch.ts';

/** Versions that a test sets, and the questions that were asked about them. */
function record() {
  const versions = new Map([
    ['inv_1', 1],
    ['inv_2', 1],
  ]);
  const asked: (readonly string[])[] = [];
  const trouble = { next: false };
  const errors: unknown[] = [];
  const watch = createInvoiceWatch({
    load: async (ids) => {
      asked.push(ids);
      if (trouble.next) {
        trouble.next = false;
        throw new Error('the database is away');
      }
      return new Map(ids.flatMap((id) => (versions.has(id) ? [[id, versions.get(id) ?? 0] as const] : [])));
    },
    limit: 2,
    every_ms: 10,
    onError: (error) => void errors.push(error),
  });
  return { versions, asked, trouble, errors, watch };
}

const until = (what: string, wanted: () => boolean) => eventually(what, async () => wanted(), Boolean, 5_000);

it('asks one question for a hundred pages, and none when the last is closed', async () => {
  const { versions, asked, watch } = record();
  const told: number[] = [];
  const ends = Array.from({ length: 100 }, (_, index) =>
    watch.watch(index % 2 ? 'inv_1' : 'inv_2', 1, (version) => void told.push(version)),
  );
  await until('a look', () => asked.length > 1);
  expect(new Set(asked.map((ids) => ids.length))).toEqual(new Set([2]));
  expect(told).toEqual([]);
  versions.set('inv_1', 2);
  await until('the news', () => told.length === 50);
  const before = asked.length;
  for (const end of ends) end?.();
  await new Promise((resolve) => setTimeout(resolve, 100));
  expect(asked.length).toBeLessThanOrEqual(before + 1);
  expect(new Set(told)).toEqual(new Set([2]));
});

it('tells each version once, and at once what somebody did not know', async () => {
  const { versions, asked, watch } = record();
  const told: number[] = [];
  const end = watch.watch('inv_1', 0, (version) => void told.push(version));
  await until('two looks', () => asked.length > 2);
  versions.set('inv_1', 5);
  await until('the news', () => told.length === 2);
  end?.();
  expect(told).toEqual([1, 5]);
});

it('has room for so many invoices and no more', async () => {
  const { watch } = record();
  const ends = [watch.watch('inv_1', 1, () => undefined), watch.watch('inv_2', 1, () => undefined)];
  expect(watch.watch('inv_3', 1, () => undefined)).toBeNull();
  expect(await watch.next('inv_3')).toBeNull();
  for (const end of ends) end?.();
  expect(await watch.next('inv_1')).toBe(1);
});

it('goes on when the database was away', async () => {
  const { trouble, errors, watch } = record();
  trouble.next = true;
  expect(await watch.next('inv_2')).toBe(1);
  expect(errors).toHaveLength(1);
});

import { equalInConstantTime } from './webhook-proof.ts';

it('tells equal from different, also when the lengths differ', () => {
  expect(equalInConstantTime('s3cret', 's3cret')).toBe(true);
  for (const other of ['', 's3cre', 's3cret ', 'S3cret', 's3creT', 'x'.repeat(10_000)]) {
    expect(equalInConstantTime(other, 's3cret')).toBe(false);
  }
});

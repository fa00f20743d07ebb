import { isId, newId } from './ids.ts';

describe('ids', () => {
  it('carry their prefix and sort by the time they were made', async () => {
    const first = newId('inv');
    await new Promise((resolve) => setTimeout(resolve, 2));
    const second = newId('inv');
    expect(first).toMatch(/^inv_[0-9a-z]{26}$/);
    expect(first < second).toBe(true);
  });

  it('are told from everything else', () => {
    expect(isId('inv', newId('inv'))).toBe(true);
    for (const text of [
      newId('pay'),
      'inv_',
      'inv_x',
      `${newId('inv')}0`,
      newId('inv').toUpperCase(),
      "inv_' or 1=1",
    ]) {
      expect(isId('inv', text)).toBe(false);
    }
  });
});

import { readdir, readFile, stat } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { processFiles } from './process-files.ts';

describe('the files of the processes', () => {
  it('are built once and used again while no source has changed', async () => {
    const files = await processFiles();
    const before = await Promise.all(Object.values(files).map((file) => stat(file)));
    expect(await processFiles()).toEqual(files);
    const after = await Promise.all(Object.values(files).map((file) => stat(file)));
    expect(after.map(({ mtimeMs }) => mtimeMs)).toEqual(before.map(({ mtimeMs }) => mtimeMs));
  });

  it.each(['api', 'worker', 'sandbox'] as const)(
    '%s tells where each of its lines was written',
    async (name) => {
      const file = (await processFiles())[name];
      const map = JSON.parse(await readFile(`${file}.map`, 'utf8')) as {
        readonly sources: readonly string[];
      };
      const sources = map.sources.map((source) => relative(process.cwd(), join(dirname(file), source)));
      expect(sources).toContain(`${name}/main.ts`);
    },
  );

  it('look for what lies beside a module where that was written', async () => {
    const folder = dirname((await processFiles()).api);
    const code = (await readdir(folder)).filter((name) => name.endsWith('.mjs') || name.endsWith('.js'));
    expect(code.length).toBeGreaterThan(3);
    for (const name of code)
      expect([name, await readFile(join(folder, name), 'utf8')]).not.toEqual([
        name,
        expect.stringContaining('import.meta.url'),
      ]);
  });
});

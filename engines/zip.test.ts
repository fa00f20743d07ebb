import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { deflateRawSync } from 'node:zlib';
import { extractZipEntry } from './zip.ts';

/** A zip archive with these files, each deflated or stored. */
function zip(files: readonly { name: string; content: string; stored?: boolean }[], comment = ''): Buffer {
  const locals: Buffer[] = [];
  const entries: Buffer[] = [];
  let offset = 0;
  for (const { name, content, stored } of files) {
    const data = stored ? Buffer.from(content) : deflateRawSync(content);
    const local = Buffer.alloc(30);
    local.writeUInt32LE(0x04034b50, 0);
    local.writeUInt16LE(stored ? 0 : 8, 8);
    local.writeUInt16LE(name.length, 26);
    locals.push(local, Buffer.from(name), data);
    const entry = Buffer.alloc(46);
    entry.writeUInt32LE(0x02014b50, 0);
    entry.writeUInt16LE(stored ? 0 : 8, 10);
    entry.writeUInt32LE(data.length, 20);
    entry.writeUInt16LE(name.length, 28);
    entry.writeUInt32LE(offset, 42);
    entries.push(entry, Buffer.from(name));
    offset += local.length + name.length + data.length;
  }
  const directory = Buffer.concat(entries);
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt32LE(directory.length, 12);
  end.writeUInt32LE(offset, 16);
  end.writeUInt16LE(comment.length, 20);
  return Buffer.concat([...locals, directory, end, Buffer.from(comment)]);
}

describe('extractZipEntry', () => {
  let directory: string;

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'sarraf-zip-'));
  });

  afterEach(() => rm(directory, { recursive: true, force: true }));

  async function extract(archive: Buffer, name: string): Promise<string> {
    const [from, to] = [join(directory, 'a.zip'), join(directory, 'out')];
    await writeFile(from, archive);
    await extractZipEntry(from, (candidate) => candidate === name, to);
    return readFile(to, 'utf8');
  }

  it('takes out one file of several, deflated or stored, behind a comment or not', async () => {
    const long = 'temporal '.repeat(10_000);
    const files = [
      { name: 'first', content: 'no' },
      { name: 'bin/program', content: long },
      { name: 'plain', content: 'as it is', stored: true },
    ];
    expect(await extract(zip(files), 'bin/program')).toBe(long);
    expect(await extract(zip(files, 'made by hand'), 'plain')).toBe('as it is');
  });

  it('refuses what is no archive, is cut off, or lacks the file', async () => {
    const archive = zip([{ name: 'a', content: 'content' }]);
    await expect(extract(Buffer.from('no zip'), 'a')).rejects.toThrow('not a zip archive');
    await expect(extract(archive, 'b')).rejects.toThrow('does not hold the wanted file');
    const broken = Buffer.from(archive);
    broken.fill(0xff, 31, 36);
    await expect(extract(broken, 'a')).rejects.toThrow();
  });
});

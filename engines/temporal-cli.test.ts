import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { execFileSync } from 'node:child_process';
import {
  cacheDirectory,
  findTemporalCli,
  isAtLeast,
  NoTemporalCliError,
  releasePlatform,
} from './temporal-cli.ts';
import type { Attempt } from './temporal-cli.ts';
import { downloadRelease } from './temporal-download.ts';

const quiet = { progress: () => undefined, done: () => undefined, failed: () => undefined };

describe('the Temporal CLI', () => {
  let directory: string;
  const { PATH, XDG_CACHE_HOME } = process.env;

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'sarraf-cli-'));
    process.env.XDG_CACHE_HOME = directory;
  });

  afterEach(async () => {
    process.env.PATH = PATH;
    if (XDG_CACHE_HOME === undefined) delete process.env.XDG_CACHE_HOME;
    else process.env.XDG_CACHE_HOME = XDG_CACHE_HOME;
    await rm(directory, { recursive: true, force: true });
  });

  /** Puts a `temporal` first on the PATH that says it carries this server. */
  async function installOnPath(server: string): Promise<string> {
    const path = join(directory, 'temporal');
    await writeFile(path, `#!/bin/sh\necho "temporal version 1.0.0 (Server ${server}, UI 2.0.0)"\n`);
    await chmod(path, 0o755);
    process.env.PATH = `${directory}${delimiter}${PATH}`;
    return path;
  }

  it('is the one on the PATH when its server is new enough', async () => {
    const path = await installOnPath('1.33.1');
    expect(await findTemporalCli()).toEqual({ path, version: '1.33.1', source: 'PATH' });
  });

  it('is not the one on the PATH when its server is too old, and says so', async () => {
    const path = await installOnPath('1.31.9');
    const attempts: Attempt[] = [];
    expect(await findTemporalCli(attempts)).toBeNull();
    expect(attempts[0]?.failure).toBe(`${path} has server 1.31.9, needed is 1.32.0`);
  });

  it('is never a cached file that is not the release', async () => {
    process.env.PATH = directory;
    const home = join(cacheDirectory(), `temporal-1.9.1-${releasePlatform()}`);
    await mkdir(home, { recursive: true });
    await writeFile(join(home, 'temporal'), '#!/bin/sh\necho "Server 9.9.9"', { mode: 0o755 });
    const attempts: Attempt[] = [];
    expect(await findTemporalCli(attempts)).toBeNull();
    expect(attempts.map(({ failure }) => failure)).toEqual([
      'not there',
      'the file is damaged: its SHA-256 is not that of the release',
    ]);
  });

  it('names every way that was tried when there is none', () => {
    const { message } = new NoTemporalCliError([
      { way: 'the cache', failure: 'not there' },
      { way: 'the official download', failure: 'no network' },
    ]);
    expect(message).toContain('- the cache: not there\n  - the official download: no network');
    expect(message).toContain('TEMPORAL_ADDRESS');
  });

  it('compares versions by number', () => {
    expect(isAtLeast('1.32.0', '1.32.0')).toBe(true);
    expect(isAtLeast('1.100.0', '1.32.0')).toBe(true);
    expect(isAtLeast('1.9.9', '1.32.0')).toBe(false);
    expect(isAtLeast('2.0.0', '1.32.0')).toBe(true);
  });

  describe('the official download', () => {
    async function serve(
      status: number,
      body: Buffer,
    ): Promise<{ origin: string; close: () => void; urls: string[] }> {
      const urls: string[] = [];
      const server = createServer((request, response) => {
        urls.push(request.url ?? '');
        response.writeHead(status, { 'content-length': body.length }).end(body);
      });
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      const { port } = server.address() as AddressInfo;
      return { origin: `http://127.0.0.1:${port}`, urls, close: () => void server.close() };
    }

    it('asks for this platform, shows its progress and unpacks the program', async () => {
      await writeFile(join(directory, 'temporal'), 'the program');
      execFileSync('tar', ['-czf', join(directory, 'made.tar.gz'), '-C', directory, 'temporal']);
      const archive = execFileSync('cat', [join(directory, 'made.tar.gz')]);
      const { origin, urls, close } = await serve(200, archive);
      const progress: [number, number | null][] = [];
      const target = await mkdtemp(join(directory, 'target-'));
      const path = await downloadRelease(
        target,
        '1.9.1',
        { ...quiet, progress: (...seen) => progress.push(seen) },
        origin,
      );
      close();
      expect(execFileSync('cat', [path], { encoding: 'utf8' })).toBe('the program');
      expect(urls[0]).toMatch(/^\/cli\/archive\/v1\.9\.1\?platform=(linux|darwin)&arch=(amd64|arm64)$/);
      expect(progress.at(-1)).toEqual([archive.length, archive.length]);
    });

    it('gives a short reason when it fails', async () => {
      const { origin, close } = await serve(404, Buffer.from('no'));
      await expect(downloadRelease(directory, '1.9.1', quiet, origin)).rejects.toThrow('answered 404');
      close();
      await expect(downloadRelease(directory, '1.9.1', quiet, 'http://127.0.0.1:1')).rejects.toThrow(
        /ECONNREFUSED|bad port/,
      );
    });
  });
});

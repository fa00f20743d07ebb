/**
 * The processes as files that Node reads as they are. Each is put together from its hundreds of modules once and kept, because to find
 * and to translate them at every start takes three times as long as all else. The folder's name is the hash of all that goes in.
 */
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build, type Plugin } from 'esbuild';

const ROOT = fileURLToPath(new URL('../', import.meta.url));
const SCRIPTS = { api: 'api/main.ts', worker: 'worker/main.ts', sandbox: 'sandbox/main.ts' } as const;
/** Below `node_modules`, where the packages they import are found. */
const CACHE = join(ROOT, 'node_modules', '.cache', 'sarraf');
const KEPT_MS = 7 * 86_400_000;

export type ProcessFiles = Readonly<Record<keyof typeof SCRIPTS, string>>;

/** The file of each process, from the cache when no source has changed; the sources themselves where nothing can be written. */
export async function processFiles(): Promise<ProcessFiles> {
  const folder = join(CACHE, `processes-${await fingerprint()}`);
  try {
    if (!existsSync(folder)) await keep(folder);
  } catch (error) {
    if (isReadOnly(error)) return SCRIPTS;
    throw error;
  }
  const fileOf = (name: keyof typeof SCRIPTS): string => join(folder, `${name}.mjs`);
  return { api: fileOf('api'), worker: fileOf('worker'), sandbox: fileOf('sandbox') };
}

/** Other processes may be building the same: a rename puts a whole folder in place, and who comes second has built for nothing. */
async function keep(folder: string): Promise<void> {
  await mkdir(CACHE, { recursive: true });
  const draft = await mkdtemp(join(CACHE, 'draft-'));
  try {
    await build({
      absWorkingDir: ROOT,
      entryPoints: Object.entries(SCRIPTS).map(([out, script]) => ({ in: script, out })),
      outdir: draft,
      outExtension: { '.js': '.mjs' },
      bundle: true,
      // What several of them need, and what is imported by a name made at run time, become files beside them.
      splitting: true,
      packages: 'external',
      platform: 'node',
      format: 'esm',
      target: 'node20',
      sourcemap: 'linked',
      // The sources lie where they lay.
      sourcesContent: false,
      logLevel: 'silent',
      plugins: [ownPlaces],
    });
    await rename(draft, folder).catch((error: unknown) => {
      if (!existsSync(folder)) throw error;
    });
  } finally {
    await rm(draft, { recursive: true, force: true });
  }
  await forgetOld();
}

/** A module looks for what lies beside it where it was written, not where it was put. */
const ownPlaces: Plugin = {
  name: 'own-places',
  setup({ onLoad }) {
    onLoad({ filter: /\.ts$/ }, async ({ path }) => {
      const source = await readFile(path, 'utf8');
      const url = JSON.stringify(pathToFileURL(path).href);
      return { contents: source.replaceAll('import.meta.url', url), loader: 'ts' };
    });
  },
};

/** Of all TypeScript of the project, tests apart, of the versions of its packages, and of where it lies: a copy looks in its own folders. */
async function fingerprint(): Promise<string> {
  const hash = createHash('sha256')
    .update(ROOT)
    .update(await readFile(join(ROOT, 'package-lock.json')));
  const files = await sources();
  const texts = await Promise.all(files.map((file) => readFile(join(ROOT, file))));
  for (const [index, text] of texts.entries()) hash.update(`\0${files[index]}\0`).update(text);
  return hash.digest('hex').slice(0, 16);
}

async function sources(): Promise<string[]> {
  const top = await readdir(ROOT, { withFileTypes: true });
  const folders = top.filter((one) => one.isDirectory() && !/^\.|^node_modules$/.test(one.name));
  const files = await Promise.all(
    folders.map(async ({ name }) =>
      (await readdir(join(ROOT, name), { recursive: true })).map((file) => join(name, file)),
    ),
  );
  return files
    .flat()
    .filter((file) => file.endsWith('.ts') && !/\.test\.ts$|\bnode_modules\b/.test(file))
    .sort();
}

/** What was built from earlier sources; a stack that still runs has read its files. */
async function forgetOld(): Promise<void> {
  const names = (await readdir(CACHE)).filter((name) => /^(processes|draft)-/.test(name));
  for (const name of names) {
    const folder = join(CACHE, name);
    const age_ms = Date.now() - ((await stat(folder).catch(() => null))?.mtimeMs ?? Date.now());
    if (age_ms > KEPT_MS) await rm(folder, { recursive: true, force: true });
  }
}

const isReadOnly = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && (error.code === 'EACCES' || error.code === 'EROFS');

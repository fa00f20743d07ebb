/**
 * The workflow bundle, built once and kept: building takes seconds, and every worker, test and benchmark of the same
 * code can share it. The file's name is the hash of all that goes into it.
 */
import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, rename, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bundleWorkflowCode, type WorkflowBundle } from '@temporalio/worker';
import { ENCODED_FAILURES } from '../temporal/payload-codec.ts';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const SOURCES = ['workflows', 'domain'];

const WORKFLOWS = join(ROOT, 'workflows', 'index.ts');
/**
 * Run once per thread and shared by all workflows on it, instead of once per workflow. That is safe because no module of `workflows/` and
 * `domain/` keeps anything that changes; the SDK freezes them.
 */
const PRELOADED = [join(ROOT, 'workflows', 'without-stack-traces.ts'), WORKFLOWS];

/** Where finished bundles are kept; goes away with `node_modules`, so it never outlives the packages it holds. */
const CACHE = join(ROOT, 'node_modules', '.cache', 'sarraf');

/**
 * The bundle of `workflows/`, from the cache when nothing in it has changed. `encodedFailures`: for a worker that encrypts
 * payloads.
 */
export async function workflowBundle({ encodedFailures = false } = {}): Promise<WorkflowBundle> {
  const kind = encodedFailures ? 'workflows-encoded' : 'workflows';
  const path = join(CACHE, `${kind}-${await fingerprint()}.js`);
  const cached = await readFile(path, 'utf8').catch(() => null);
  if (cached !== null) return { code: cached };

  const { code } = await bundleWorkflowCode({
    workflowsPath: WORKFLOWS,
    preloadModules: PRELOADED,
    ...(encodedFailures ? { failureConverterPath: ENCODED_FAILURES } : {}),
    logger: silent,
  });
  // A read-only installation (a container) goes without: it builds the bundle when its image is made.
  await keep(path, code).catch(() => undefined);
  return { code };
}

/** Another process may be building the same one: a rename puts a whole file in place. */
async function keep(path: string, code: string): Promise<void> {
  await mkdir(CACHE, { recursive: true });
  const draft = `${path}.${process.pid}`;
  await writeFile(draft, code);
  await rename(draft, path);
}

async function fingerprint(): Promise<string> {
  const hash = createHash('sha256').update(sdkVersion());
  for (const folder of SOURCES) {
    const names = (await readdir(join(ROOT, folder))).filter(
      (name) => name.endsWith('.ts') && !name.endsWith('.test.ts'),
    );
    for (const name of names.sort())
      hash.update(`\0${folder}/${name}\0`).update(await readFile(join(ROOT, folder, name)));
  }
  return hash.digest('hex').slice(0, 16);
}

/** Workflow code of another SDK version is another bundle. */
function sdkVersion(): string {
  const require = createRequire(import.meta.url);
  const manifest: unknown = require(
    join(dirname(require.resolve('@temporalio/workflow')), '..', 'package.json'),
  );
  return JSON.stringify(
    manifest && typeof manifest === 'object' && 'version' in manifest ? manifest.version : '',
  );
}

const nothing = (): void => undefined;
const silent = { log: nothing, trace: nothing, debug: nothing, info: nothing, warn: nothing, error: nothing };

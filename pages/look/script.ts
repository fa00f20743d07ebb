/** What runs in the browser: plain files beside the pages, put into them as they are. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The text of a script under `pages/`, without its comment lines. */
export function clientScript(path: string): string {
  const file = join(fileURLToPath(new URL('..', import.meta.url)), path);
  return readFileSync(file, 'utf8').replace(/^\s*\/\/.*\n/gm, '');
}

/** For pages with values to copy. */
export const LOOK_SCRIPT = clientScript('look/copy.client.js');

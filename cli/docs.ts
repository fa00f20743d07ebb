/** `npm run docs`: writes the parts of the documentation that follow from the code. */
import { readFile, writeFile } from 'node:fs/promises';
import { generatedParts, withPart } from '../docs/generated.ts';
import { openApiText } from '../docs/openapi.ts';
import { failWith } from './failure.ts';

async function writeDescription(): Promise<void> {
  const file = new URL('../docs/openapi.json', import.meta.url);
  const before = await readFile(file, 'utf8').catch(() => '');
  const after = openApiText();
  await writeFile(file, after);
  console.log(`docs/openapi.json: ${after === before ? 'was up to date' : 'written'}`);
}

async function main(): Promise<void> {
  for (const part of generatedParts) {
    const page = new URL(`../docs/${part.page}`, import.meta.url);
    const before = await readFile(page, 'utf8');
    const after = withPart(before, part);
    await writeFile(page, after);
    console.log(`docs/${part.page}: ${part.name} ${after === before ? 'was up to date' : 'written'}`);
  }
  await writeDescription();
}

main().catch(failWith);

import { readFileSync } from 'node:fs';
import { envExample } from './env-example.ts';

describe('.env.example', () => {
  it('is what the schema says (node --import tsx/esm config/print-env-example.ts > .env.example)', () => {
    expect(readFileSync(new URL('../.env.example', import.meta.url), 'utf8')).toBe(envExample());
  });
});

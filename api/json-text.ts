/** What is asked of JSON text before and after `JSON.parse`: how deep it is, where it is wrong, and what it says twice. */
import { escapePointer } from './problem.ts';

/** True when objects and arrays are nested more than `limit` deep. Looks at the text alone, so nothing can overflow. */
export function isDeeperThan(limit: number, text: string): boolean {
  let depth = 0;
  let inString = false;
  for (let index = 0; index < text.length; index += 1) {
    const char = text[index];
    if (inString) {
      if (char === '\\') index += 1;
      else if (char === '"') inString = false;
    } else if (char === '"') inString = true;
    else if (char === '{' || char === '[') {
      depth += 1;
      if (depth > limit) return true;
    } else if (char === '}' || char === ']') depth -= 1;
  }
  return false;
}

/** An object or array that is being read, and where in it: the name of the field, or the number of the entry. */
interface Level {
  /** Null in an array. */
  readonly names: Set<string> | null;
  at: string | number;
  /** A name comes next, not a value. */
  awaitsName: boolean;
}

const STRING = /"[^"\\]*(?:\\.[^"\\]*)*"/y;

/**
 * JSON pointers of the fields that an object has more than once, in text that `JSON.parse` has taken. It keeps the last
 * value and other readers the first, so which one was meant would be a guess.
 */
export function repeatedFields(text: string): string[] {
  const repeated: string[] = [];
  const open: Level[] = [];
  for (let index = 0; index < text.length; index += 1) {
    const char = text[index];
    const level = open.at(-1);
    if (char === '{') open.push({ names: new Set(), at: '', awaitsName: true });
    else if (char === '[') open.push({ names: null, at: 0, awaitsName: false });
    else if (char === '}' || char === ']') open.pop();
    else if (char === ',' && level) {
      if (typeof level.at === 'number') level.at += 1;
      level.awaitsName = level.names !== null;
    } else if (char === '"') {
      STRING.lastIndex = index;
      const [token = '"'] = STRING.exec(text) ?? [];
      index += token.length - 1;
      if (!level?.awaitsName || level.names === null) continue;
      const name = String(JSON.parse(token));
      level.at = name;
      level.awaitsName = false;
      if (level.names.has(name))
        repeated.push(open.map(({ at }) => `/${escapePointer(String(at))}`).join(''));
      level.names.add(name);
    }
  }
  return repeated;
}

type Expected =
  | 'a value'
  | 'a value or "]"'
  | 'a field name in double quotes'
  | 'a field name or "}"'
  | '":"'
  | '"," or the end'
  | 'nothing more';

const SPACE = /[\t\n\r ]*/y;
const TOKEN =
  /[{}[\],:]|"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[\dA-Fa-f]{4}))*"|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null/y;

/**
 * Where `text` stops being JSON and what was expected there: `line 3, column 5: expected a value`. For text that
 * `JSON.parse` has refused; the engine's own message does not always give a position, and repeats the input.
 */
export function locateJsonError(text: string): string {
  const open: ('{' | '[')[] = [];
  let expected: Expected = 'a value';
  let at = 0;
  for (;;) {
    SPACE.lastIndex = at;
    at += SPACE.exec(text)?.[0].length ?? 0;
    TOKEN.lastIndex = at;
    const token = TOKEN.exec(text)?.[0];
    const next: Expected | undefined = token === undefined ? undefined : step(expected, token, open);
    if (token === undefined || next === undefined) return `${position(text, at)}: expected ${expected}`;
    expected = next;
    at += token.length;
  }
}

/** What may follow `token`, or undefined when the token may not stand there. Keeps `open` up to date. */
function step(expected: Expected, token: string, open: ('{' | '[')[]): Expected | undefined {
  const closed = (): Expected => (open.length === 0 ? 'nothing more' : '"," or the end');
  const close = (bracket: '{' | '['): Expected | undefined =>
    open.at(-1) === bracket ? (open.pop(), closed()) : undefined;
  switch (expected) {
    case 'a value or "]"':
    case 'a value':
      if (token === ']') return expected === 'a value or "]"' ? close('[') : undefined;
      if (token === '{' || token === '[') {
        open.push(token);
        return token === '{' ? 'a field name or "}"' : 'a value or "]"';
      }
      return /^[}\],:]/.test(token) ? undefined : closed();
    case 'a field name or "}"':
    case 'a field name in double quotes':
      if (token === '}') return expected === 'a field name or "}"' ? close('{') : undefined;
      return token.startsWith('"') ? '":"' : undefined;
    case '":"':
      return token === ':' ? 'a value' : undefined;
    case '"," or the end':
      if (token === ',') return open.at(-1) === '{' ? 'a field name in double quotes' : 'a value';
      return token === '}' ? close('{') : token === ']' ? close('[') : undefined;
    case 'nothing more':
      return undefined;
  }
}

function position(text: string, at: number): string {
  const before = text.slice(0, at).split('\n');
  const where = `line ${before.length}, column ${(before.at(-1)?.length ?? 0) + 1}`;
  return at >= text.length ? `${where} (the end)` : where;
}

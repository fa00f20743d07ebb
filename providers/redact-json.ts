/**
 * Takes values out of JSON text and leaves every other byte as it was: numbers keep their spelling and fields their
 * order, because the text is evidence. Works on JSON that was cut off, too, and on any depth.
 */

export interface JsonRules {
  /** True: the value of this field is replaced, whatever it is. */
  isSecret(name: string): boolean;
  /** What stands in place of a secret field's text. */
  secret(text: string): string;
  /** A text, a number or a name as it may be kept. */
  text(text: string): string;
}

/** A string (also one without its end), a sign, anything else without blanks, blanks. */
const TOKEN = /"(?:[^"\\]+|\\[^])*(?:"|\\?$)|[{}[\],:]|[^\s"{}[\],:]+|\s+/g;
const NOTHING = new Set(['null', 'true', 'false', '""']);

/** True when `text` starts like an object or a list. */
export function looksLikeJson(text: string): boolean {
  return /^\s*[{[]/.test(text);
}

export function redactJson(json: string, rules: JsonRules): string {
  const tokens = json.match(TOKEN) ?? [];
  const solidFrom = (index: number): number => {
    let at = index;
    while (at < tokens.length && tokens[at]?.trim() === '') at += 1;
    return at;
  };
  const kept: string[] = [];
  for (let at = 0; at < tokens.length; at += 1) {
    const token = tokens[at] ?? '';
    if (/^[{}[\],:\s]/.test(token)) {
      kept.push(token);
      continue;
    }
    const text = plainText(token);
    kept.push(written(token, text, rules.text(text)));
    const colon = solidFrom(at + 1);
    if (!token.startsWith('"') || tokens[colon] !== ':' || !rules.isSecret(text)) continue;
    const value = solidFrom(colon + 1);
    kept.push(...tokens.slice(at + 1, value));
    const first = tokens[value];
    if (first !== undefined) {
      const replaced = /^[{[]/.test(first) ? rules.secret('') : rules.secret(plainText(first));
      kept.push(NOTHING.has(first) ? first : JSON.stringify(replaced));
    }
    at = endOfValue(tokens, value);
  }
  return kept.join('');
}

/** The last token of the value that begins at `start`. */
function endOfValue(tokens: readonly string[], start: number): number {
  let depth = 0;
  for (let at = start; at < tokens.length; at += 1) {
    const token = tokens[at];
    if (token === '{' || token === '[') depth += 1;
    if (token === '}' || token === ']') depth -= 1;
    if (depth <= 0) return at;
  }
  return tokens.length;
}

/** What a token says: the text of a string, the spelling of anything else. */
function plainText(token: string): string {
  if (!token.startsWith('"')) return token;
  try {
    return JSON.parse(token) as string;
  } catch {
    return token.replaceAll(/^"|"$/g, '');
  }
}

/** The token itself when its text may be kept as it is. */
function written(token: string, before: string, after: string): string {
  return before === after ? token : JSON.stringify(after);
}

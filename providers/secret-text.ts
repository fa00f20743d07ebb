/** Takes secrets out of a piece of text: values that are known to be secret, and what looks like one. */
import { withoutCardNumbers } from '../domain/card-number.ts';

/** What stands in place of a secret. */
export const REDACTED = '[redacted]';

/** Shorter values (`KWT`, `en`) stand in ordinary words, so they count only when they are the whole text. */
const FINDABLE_FROM = 6;
/** The beginning of a secret at the end of a text that was cut off. */
const TAIL_FROM = 4;

export interface SecretText {
  /** `text` without secrets; the same text when there are none in it. */
  clean(text: string): string;
  /** The same for the known values alone, also where they go across the signs of a format. */
  withoutValues(text: string): string;
  /** The same for known values that are more than digits: a number in JSON stays one for whoever reads it next. */
  withoutWords(text: string): string;
  /** `text` without the beginning of a known secret at its end, where a broken answer may have been cut. */
  withoutTail(text: string): string;
  /** This, with more values that must never be kept. */
  and(more: readonly string[]): SecretText;
}

/** `values`: what must never be kept, in whatever way it is written. */
export function createSecretText(values: readonly string[]): SecretText {
  return fromSpelt(values.map(spell));
}

/** A value with all the ways in which it may stand in a text; the lower-case ones are for looking quickly. */
interface Spelt {
  readonly value: string;
  readonly ways: readonly string[];
  readonly lower: readonly string[];
}

function spell(value: string): Spelt {
  const ways = value.length < FINDABLE_FROM ? [] : [...new Set(spellings(value))];
  return { value, ways, lower: ways.map((way) => way.toLowerCase()) };
}

function fromSpelt(all: readonly Spelt[]): SecretText {
  const known = all.filter(({ value }) => value.trim() !== '');
  const long = known.filter(({ ways }) => ways.length > 0);
  const short = new Set(known.filter(({ ways }) => ways.length === 0).map(({ value }) => value));
  const withoutValues = replacing(long);
  const withoutWords = replacing(long.filter(({ value }) => !/^\d+$/.test(value)));

  return {
    clean(text) {
      if (short.has(text)) return REDACTED;
      return withoutCardNumbers(withoutPatterns(withoutValues(text)), '[card number]');
    },
    withoutValues,
    withoutWords,
    withoutTail(text) {
      const longest = Math.max(0, ...long.map(({ value }) => tailLength(text, value)));
      return longest === 0 ? text : text.slice(0, -longest) + REDACTED;
    },
    and: (more) => (more.length === 0 ? fromSpelt(known) : fromSpelt([...known, ...more.map(spell)])),
  };
}

/** Replaces these values in a text. The pattern for it is made when the first one is found, which is seldom. */
function replacing(values: readonly Spelt[]): (text: string) => string {
  const lower = values.flatMap((spelt) => spelt.lower);
  const shortest = Math.min(...lower.map(({ length }) => length));
  let pattern: RegExp | null = null;
  const anyOfThem = (): RegExp => {
    const ways = [...new Set(values.flatMap((spelt) => spelt.ways))].sort((a, b) => b.length - a.length);
    pattern ??= new RegExp(ways.map(escaped).join('|'), 'gi');
    return pattern;
  };
  return (text) => {
    if (text.length < shortest) return text;
    const plain = text.toLowerCase();
    return lower.some((way) => plain.includes(way)) ? text.replace(anyOfThem(), REDACTED) : text;
  };
}

/** How much of the beginning of `secret` stands at the end of `text`. */
function tailLength(text: string, secret: string): number {
  for (let length = Math.min(secret.length - 1, text.length); length >= TAIL_FROM; length -= 1) {
    if (text.endsWith(secret.slice(0, length))) return length;
  }
  return 0;
}

/** A secret as it is, and as it stands in URLs, forms, JSON and base64. */
function spellings(value: string): string[] {
  const bytes = Buffer.from(value, 'utf8');
  return [
    value,
    encodeURIComponent(value.replaceAll(/\p{Surrogate}/gu, '')),
    new URLSearchParams([['', value]]).toString().slice(1),
    JSON.stringify(value).slice(1, -1),
    bytes.toString('base64').replace(/=+$/, ''),
    bytes.toString('base64url'),
  ];
}

function escaped(text: string): string {
  return text.replaceAll(/[.*+?^${}()|[\]\\/]/g, '\\$&');
}

/** Signed tokens, whole or cut off: base64url of `{"`. */
const TOKEN = /\beyJ[\w-]{8,}(?:\.[\w-]*){0,2}/g;
const AUTHORIZATION = /\b(Bearer|Basic) +(?=[\w.~+/-]*\d)[\w.~+/-]{8,}=*/gi;
const PRIVATE_KEY = /-----BEGIN [A-Z ]*PRIVATE KEY-----[^]*?(?:-----END [A-Z ]*PRIVATE KEY-----|$)/g;
/** What follows the account in our own webhook URLs can be what proves the sender. */
const WEBHOOK_URL = /(\/webhooks\/[a-z0-9_]+\/pacc_[0-9a-z]+)[/?][^\s"'<>]+/g;
/** `token=…` and `"token": "…"` in text that is neither a form nor JSON, and in the query of a link. */
const NAMED =
  /((?:token|secret|passw(?:or)?d|signature|api_?key|hmac)["']?\s{0,9}[=:]\s{0,9}["']?)([^\s"'&<>,;]+)/gi;

/** A word that all of them need: most texts have none. */
const ANY_SIGN = /eyJ|bearer|basic|-----BEGIN|\/webhooks\/|token|secret|passw|signature|api_?key|hmac/i;

function withoutPatterns(text: string): string {
  if (!ANY_SIGN.test(text)) return text;
  return text
    .replace(TOKEN, REDACTED)
    .replace(AUTHORIZATION, `$1 ${REDACTED}`)
    .replace(PRIVATE_KEY, REDACTED)
    .replace(WEBHOOK_URL, `$1/${REDACTED}`)
    .replace(NAMED, `$1${REDACTED}`);
}

const SECRET_PART =
  /token|secret|passw|passphrase|pwd|signature|credential|apikey|privatekey|accesskey|cookie|cardnumber|hmac|cvv|cvc/;
const SECRET_NAMES = new Set([
  'authorization',
  'key',
  'sig',
  'sign',
  'otp',
  'pin',
  'auth',
  'jwt',
  'mac',
  'hash',
  'checksum',
  'pan',
  'pass',
]);

/** True when a field of this name holds a secret, whatever its value looks like. */
export function isSecretName(name: string): boolean {
  const plain = name.toLowerCase().replaceAll(/[^a-z0-9]/g, '');
  return SECRET_NAMES.has(plain) || SECRET_PART.test(plain);
}

const PICTURE = /(data:[\w/+.-]+;base64,)([A-Za-z0-9+/=]{200,})/g;

/** `text` without the bytes of pictures: they say nothing and fill pages. */
export function withoutPictures(text: string): string {
  return text.replace(PICTURE, (_all, head: string, data: string) => `${head}… (${data.length} characters)`);
}

/**
 * What may be kept of a call to a provider. Headers are kept by a list of names; the texts of URLs and bodies lose every
 * value of the account's credentials, whatever was sent in an unlisted header, fields with the name of a secret, signed
 * tokens and card numbers. Of calls that get tokens only listed fields stay. The rest is left as it was, to the byte.
 */
import { looksLikeJson, redactJson, type JsonRules } from './redact-json.ts';
import { createSecretText, isSecretName, REDACTED, withoutPictures, type SecretText } from './secret-text.ts';
import type { SeenExchange } from './http.ts';

/** Characters of one body that are kept, and that are read at all. */
const KEPT_MAX = 65_536;
const READ_MAX = 4 * KEPT_MAX;
const HEADER_MAX = 500;
const HEADERS_MAX = 64;
/** JSON inside a text inside JSON, or inside a token. */
const NESTED_MAX = 3;

const KEPT_HEADERS = new Set([
  'accept',
  'allow',
  'cf-ray',
  'content-encoding',
  'content-length',
  'content-type',
  'date',
  'idempotency-key',
  'location',
  'request-id',
  'retry-after',
  'server',
  'traceparent',
  'user-agent',
  'x-correlation-id',
  'x-ratelimit-limit',
  'x-ratelimit-remaining',
  'x-ratelimit-reset',
  'x-request-id',
  'x-timestamp',
  'x-trace-id',
]);
/** All that is kept of a call that gets a token, and of its answer. */
const KEPT_OF_TOKEN_CALLS = new Set([
  'grant_type',
  'scope',
  'token_type',
  'expires_in',
  'refresh_expires_in',
  'error',
  'error_description',
  'message',
  'status',
]);
const TOKEN_OPERATION = /(^|_)token(_|$)/;

/** A call as it may be kept. */
export interface RedactedExchange {
  readonly url: string;
  readonly request_headers: Readonly<Record<string, string>>;
  readonly request_body: string | null;
  readonly response_headers: Readonly<Record<string, string>> | null;
  readonly response_body: string | null;
}

export interface Redactor {
  exchange(exchange: SeenExchange): RedactedExchange;
  /** A webhook's headers (lower-case names) and body. */
  webhook(
    headers: Readonly<Record<string, string>>,
    body: Uint8Array,
  ): { readonly headers: Readonly<Record<string, string>>; readonly body: string };
}

/** `credentials`: the account's, as its connector has read them; none of their values will be kept. */
export function createRedactor(credentials: unknown): Redactor {
  const own = createSecretText(textsIn(credentials));
  return {
    exchange({ request, outcome }) {
      const sent = request.headers ?? {};
      const secrets = own.and(secretHeaders(sent));
      const isTokenCall = TOKEN_OPERATION.test(request.operation);
      const isSecret = isTokenCall ? (name: string) => !KEPT_OF_TOKEN_CALLS.has(name) : isSecretName;
      const rules: Rules = { secrets, isSecret, isTokenCall };
      const response = outcome.type === 'answered' ? outcome.response : null;
      return {
        url: cleanUrl(request.url, rules),
        request_headers: cleanHeaders(sent, rules),
        request_body:
          request.body === undefined ? null : cleanBody(request.body, sent['content-type'], rules),
        response_headers: response && cleanHeaders(response.headers, rules),
        response_body: response && cleanBody(response.text, response.headers['content-type'], rules),
      };
    },
    webhook(headers, body) {
      const rules: Rules = { secrets: own, isSecret: isSecretName, isTokenCall: false };
      const text = new TextDecoder().decode(body);
      return { headers: cleanHeaders(headers, rules), body: cleanBody(text, headers['content-type'], rules) };
    },
  };
}

interface Rules {
  readonly secrets: SecretText;
  readonly isSecret: (name: string) => boolean;
  readonly isTokenCall: boolean;
}

/** Every text and number in a value. */
function textsIn(value: unknown): string[] {
  if (typeof value === 'string') return [value];
  if (typeof value === 'number') return [String(value)];
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(textsIn) : [];
}

/** What unlisted headers carry, also behind a scheme (`Bearer …`). */
function secretHeaders(headers: Readonly<Record<string, string>>): string[] {
  return Object.entries(headers)
    .filter(([name]) => !KEPT_HEADERS.has(name.toLowerCase()))
    .flatMap(([, value]) => [value, value.split(' ').at(-1) ?? '']);
}

function cleanHeaders(headers: Readonly<Record<string, string>>, rules: Rules): Record<string, string> {
  const kept = Object.entries(headers)
    .slice(0, HEADERS_MAX)
    .map(([name, value]): [string, string] => {
      const known = name.toLowerCase();
      if (!KEPT_HEADERS.has(known)) return [storable(rules.secrets.clean(known)), REDACTED];
      const text = known === 'location' ? cleanUrl(value, rules) : rules.secrets.clean(value);
      return [known, storable(text.slice(0, HEADER_MAX))];
    });
  return Object.fromEntries(kept);
}

/** Without user name, password and fragment; the values of the query as in a form. */
function cleanUrl(url: string, rules: Rules): string {
  if (!URL.canParse(url)) return storable(rules.secrets.clean(url).slice(0, HEADER_MAX));
  const { origin, pathname, search } = new URL(url);
  const query = search === '' ? '' : `?${cleanForm(search.slice(1), rules)}`;
  return storable(rules.secrets.clean(origin + pathname) + query);
}

function cleanBody(body: string, contentType: string | undefined, rules: Rules): string {
  // Known values first: what looks like a card number may begin or end inside one and would hide the rest of it.
  const known = rules.secrets.withoutWords(withoutPictures(body.slice(0, READ_MAX)));
  const read = rules.secrets.withoutTail(known);
  const isForm = contentType?.toLowerCase().startsWith('application/x-www-form-urlencoded') === true;
  const clean = storable(rules.secrets.withoutValues(cleanContent(read, isForm, rules)));
  return clean.length <= KEPT_MAX && body.length <= READ_MAX
    ? clean
    : `${clean.slice(0, KEPT_MAX)}… (${body.length} characters in all)`;
}

function cleanContent(text: string, isForm: boolean, rules: Rules): string {
  if (isForm) return cleanForm(text, rules);
  // The answer to a token call that has no fields may be the token.
  if (rules.isTokenCall && !text.trimStart().startsWith('{')) return text.trim() === '' ? text : REDACTED;
  return looksLikeJson(text) ? redactJson(text, jsonRules(rules, 0)) : rules.secrets.clean(text);
}

function jsonRules(rules: Rules, depth: number): JsonRules {
  return {
    isSecret: rules.isSecret,
    secret: (text) => (rules.isTokenCall ? REDACTED : (claimsOf(text, rules, depth) ?? REDACTED)),
    text: (text) => cleanValue(text, rules, depth),
  };
}

/** A field's text: what it holds may be a token or JSON of its own. */
function cleanValue(text: string, rules: Rules, depth: number): string {
  const claims = claimsOf(text, rules, depth);
  if (claims !== null) return claims;
  return depth < NESTED_MAX && looksLikeJson(text)
    ? redactJson(text, jsonRules(rules, depth + 1))
    : rules.secrets.clean(text);
}

/** What a signed token says, without the signature that makes it worth something; null when it is none. */
function claimsOf(text: string, rules: Rules, depth: number): string | null {
  const payload = /^eyJ[\w-]+\.(eyJ[\w-]+)\.[\w-]*$/.exec(text)?.[1];
  if (payload === undefined || rules.isTokenCall || depth >= NESTED_MAX) return null;
  const claims = Buffer.from(payload, 'base64url').toString('utf8');
  return `[signed token] ${redactJson(claims, jsonRules(rules, depth + 1))}`;
}

function cleanForm(form: string, rules: Rules): string {
  const pairs = form.split('&').map((pair) => {
    const [name = '', ...rest] = pair.split('=');
    const value = decoded(rest.join('='));
    if (value === '') return rules.secrets.clean(pair);
    if (rules.isSecret(decoded(name))) return `${name}=${jsonRules(rules, 0).secret(value)}`;
    const clean = cleanValue(value, rules, 0);
    return clean === value ? pair : `${name}=${clean}`;
  });
  return pairs.join('&');
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '));
  } catch {
    return text;
  }
}

/** Text that Postgres can hold. */
function storable(text: string): string {
  return text.replaceAll('\0', '').replaceAll(/\p{Surrogate}/gu, '');
}

/**
 * Webhooks, signed as Standard Webhooks prescribes (https://www.standardwebhooks.com). WebCrypto alone, so that it works in Node,
 * browsers and edge runtimes; its `verify` compares in constant time.
 */
import { SarrafError } from './errors.ts';
import type { Event } from './events.ts';

const TOLERANCE_S = 300;
const SECRET_MIN_BYTES = 16;
/** A secret that is being replaced signs beside the new one; nobody honest sends more than a few. */
const SIGNATURES_MAX = 16;

export type WebhookRefusal =
  | 'missing_header'
  | 'invalid_timestamp'
  | 'too_old'
  | 'too_new'
  | 'wrong_signature'
  | 'invalid_body'
  | 'invalid_secret';

/** The webhook is not to be believed. Answer 400, and do nothing else. */
export class WebhookVerificationError extends SarrafError {
  override readonly name = 'WebhookVerificationError';
  readonly code: WebhookRefusal;

  constructor(code: WebhookRefusal, message: string) {
    super(message);
    this.code = code;
  }
}

/** `Headers`, Node's `request.headers`, or any object with the names in lower case. */
export type WebhookHeaders =
  | { get(name: string): string | null }
  | Readonly<Record<string, string | readonly string[] | undefined>>;

export interface VerifyOptions {
  /** How far the time of the webhook may be from now, in either direction; 300 seconds without it. */
  readonly tolerance_s?: number;
  /** Milliseconds since 1970; for tests. */
  readonly now?: () => number;
}

/**
 * The event that a webhook carries, once it is certain that Sarraf sent these very bytes a moment ago. `body`: as it was received,
 * before anything parsed it. `secret`: the endpoint's (`whsec_…`), or several of which one has to fit. Throws
 * `WebhookVerificationError`. It may come twice: act once per `event.id`.
 */
export async function verifyWebhook(
  body: string | Uint8Array,
  headers: WebhookHeaders,
  secret: string | readonly string[],
  { tolerance_s = TOLERANCE_S, now = Date.now }: VerifyOptions = {},
): Promise<Event> {
  const keys = await Promise.all((typeof secret === 'string' ? [secret] : secret).map(keyOf));
  const id = headerOf(headers, 'webhook-id');
  const timestamp = headerOf(headers, 'webhook-timestamp');
  const signatures = headerOf(headers, 'webhook-signature').split(' ').slice(0, SIGNATURES_MAX);
  const bytes = typeof body === 'string' ? new TextEncoder().encode(body) : body;
  const content = signedContent(id, timestamp, bytes);
  let fits = false;
  for (const signature of signatures.map(signatureBytes)) {
    if (signature === null) continue;
    for (const key of keys) {
      if (await crypto.subtle.verify('HMAC', key, signature, content)) fits = true;
    }
  }
  if (!fits) throw new WebhookVerificationError('wrong_signature', 'no signature of the webhook fits');
  // After the signature, so that only who knows the secret learns what our clock says.
  checkTime(timestamp, tolerance_s, now() / 1000);
  return eventOf(bytes);
}

/** The headers that a webhook with this body carries; for tests, and for tools that send webhooks on. */
export async function signWebhook(
  body: string,
  id: string,
  secret: string,
  now_ms: number = Date.now(),
): Promise<Record<'webhook-id' | 'webhook-timestamp' | 'webhook-signature', string>> {
  const timestamp = String(Math.floor(now_ms / 1000));
  const content = signedContent(id, timestamp, new TextEncoder().encode(body));
  const signature = new Uint8Array(await crypto.subtle.sign('HMAC', await keyOf(secret), content));
  return {
    'webhook-id': id,
    'webhook-timestamp': timestamp,
    'webhook-signature': `v1,${btoa(String.fromCharCode(...signature))}`,
  };
}

type Key = Awaited<ReturnType<typeof crypto.subtle.importKey>>;

async function keyOf(secret: string): Promise<Key> {
  const bytes = base64Bytes(secret.replace(/^whsec_/, ''));
  if (bytes === null || bytes.length < SECRET_MIN_BYTES)
    throw new WebhookVerificationError('invalid_secret', 'the secret has to be whsec_ and base64');
  return crypto.subtle.importKey('raw', bytes, { name: 'HMAC', hash: 'SHA-256' }, false, ['sign', 'verify']);
}

function headerOf(headers: WebhookHeaders, name: string): string {
  const value = isHeaders(headers) ? headers.get(name) : headers[name];
  if (typeof value === 'string' && value !== '') return value;
  throw new WebhookVerificationError('missing_header', `the webhook has no header ${name}, or several`);
}

const isHeaders = (headers: WebhookHeaders): headers is { get(name: string): string | null } =>
  typeof headers['get'] === 'function';

function signedContent(id: string, timestamp: string, body: Uint8Array): Uint8Array<ArrayBuffer> {
  const prefix = new TextEncoder().encode(`${id}.${timestamp}.`);
  const content = new Uint8Array(prefix.length + body.length);
  content.set(prefix);
  content.set(body, prefix.length);
  return content;
}

function signatureBytes(signature: string): Uint8Array<ArrayBuffer> | null {
  return signature.startsWith('v1,') ? base64Bytes(signature.slice('v1,'.length)) : null;
}

/** Null: it is not base64. */
function base64Bytes(text: string): Uint8Array<ArrayBuffer> | null {
  try {
    return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
  } catch {
    return null;
  }
}

function checkTime(timestamp: string, tolerance_s: number, now_s: number): void {
  if (!/^\d{1,12}$/.test(timestamp))
    throw new WebhookVerificationError('invalid_timestamp', 'webhook-timestamp is not a number of seconds');
  const age_s = now_s - Number(timestamp);
  if (age_s > tolerance_s)
    throw new WebhookVerificationError('too_old', `the webhook was sent more than ${tolerance_s} s ago`);
  if (age_s < -tolerance_s)
    throw new WebhookVerificationError('too_new', 'the webhook is from the future: are the clocks right?');
}

function eventOf(bytes: Uint8Array): Event {
  try {
    const event: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
    if (typeof event === 'object' && event !== null && 'type' in event) return event as Event;
  } catch {
    // Said below.
  }
  throw new WebhookVerificationError('invalid_body', 'the webhook is signed, and its body is no event');
}

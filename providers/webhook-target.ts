/** Whose a webhook is that a provider has registered. */

/**
 * True when two URLs lead to the webhooks of the same account, on whatever host: our public URL may have changed since,
 * the end of the path (`/webhooks/<provider>/<account>`) never does.
 */
export function isSameAccount(one: string, other: string): boolean {
  const end = endOf(one);
  return end !== null && end === endOf(other);
}

function endOf(url: string): string | null {
  if (!URL.canParse(url)) return null;
  return /\/webhooks\/[a-z0-9_]+\/[^/]+$/.exec(new URL(url).pathname)?.[0] ?? null;
}

/** A URL to be shown: without its query, where others keep secrets. */
export function withoutQuery(url: string): string {
  return url.split(/[?#]/, 1)[0] ?? '';
}

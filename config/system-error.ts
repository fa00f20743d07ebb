/**
 * Reading errors of Node's own functions. By their properties and not by `instanceof`: under jest they come from
 * another realm, whose `Error` is a different one.
 */

/** `ENOENT`, `EEXIST` …, or null when the error carries no code. */
export function codeOf(error: unknown): string | null {
  return property(error, 'code');
}

/** What the error says, without the name of its class. */
export function messageOf(error: unknown): string {
  const parts = property(error, 'message') === '' ? partsOf(error) : [];
  if (parts.length > 0) return parts.map(messageOf).join(', ');
  return property(error, 'message') ?? String(error);
}

/** A connection that failed for several addresses is an `AggregateError` without a message of its own. */
function partsOf(error: unknown): unknown[] {
  if (typeof error !== 'object' || error === null || !('errors' in error)) return [];
  return Array.isArray(error.errors) ? error.errors : [];
}

function property(error: unknown, name: string): string | null {
  if (typeof error !== 'object' || error === null) return null;
  const value: unknown = Reflect.get(error, name);
  return typeof value === 'string' ? value : null;
}

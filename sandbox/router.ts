/** Finds the route for a path such as `/payments/:id`. */
import type { Route } from './http-server.ts';

interface RouteMatch {
  readonly route: Route;
  readonly params: ReadonlyMap<string, string>;
}

/**
 * The first route for this method and path, with its parameters decoded. A slash at the end is forgiven, and so are two
 * in a row, which clients make of `https://host/` and `/path` and most web servers take for one.
 */
export function findRoute(routes: readonly Route[], method: string, path: string): RouteMatch | null {
  for (const route of routes) {
    if (route.method !== method) continue;
    const params = matchPath(route.path, path, route.ignoreCase === true);
    if (params !== null) return { route, params };
  }
  return null;
}

/** The methods that this path does have, for the answer 405; empty when there is no such path. */
export function methodsOf(routes: readonly Route[], path: string): string[] {
  const known = routes.filter((route) => matchPath(route.path, path, route.ignoreCase === true) !== null);
  return [...new Set(known.map(({ method }) => method))];
}

function matchPath(pattern: string, path: string, ignoreCase: boolean): ReadonlyMap<string, string> | null {
  const fold = (text: string): string => (ignoreCase ? text.toLowerCase() : text);
  const expected = pattern.split('/');
  const merged = path.replaceAll(/\/{2,}/g, '/');
  const actual = (merged.length > 1 ? merged.replace(/\/$/, '') : merged).split('/');
  if (expected.length !== actual.length) return null;
  const params = new Map<string, string>();
  for (const [index, part] of expected.entries()) {
    const value = actual[index] ?? '';
    if (part.startsWith(':')) {
      if (value === '') return null;
      params.set(part.slice(1), decode(value));
    } else if (fold(part) !== fold(value)) return null;
  }
  return params;
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/**
 * Versions of the API. A request may name one in `Sarraf-Version`; every answer says which one it has. Changes that only add do
 * not make a version; one that takes something away would, and the version before it would be announced to end here.
 */
import type { RequestHandler } from 'express';
import { nearest } from './did-you-mean.ts';
import { Problem } from './problem.ts';

export interface ApiVersion {
  /** The day it came, `2026-11-01`. */
  readonly name: string;
  /** Null: it stays. RFC 3339 days: since when it should not be used any more, and when it ends. */
  readonly deprecation: {
    readonly since: string;
    readonly ends: string;
    /** Where people read what to do. */
    readonly link: string;
  } | null;
}

/** The newest last; it is what a request gets that names none. */
const VERSIONS: readonly ApiVersion[] = [{ name: '2026-11-01', deprecation: null }];

/** Says the version of each answer, and when it ends (RFC 9745, RFC 8594). Throws `Problem` for one that never was. */
export function negotiateVersion(versions: readonly ApiVersion[] = VERSIONS): RequestHandler {
  const names = versions.map(({ name }) => name);
  const current = versions.at(-1);
  return ({ headers }, response, next) => {
    const asked = headers['sarraf-version'];
    const version = asked === undefined ? current : versions.find(({ name }) => name === asked);
    if (!version) {
      const meant = nearest(String(asked).slice(0, 32), names);
      const hint = meant === null ? '' : `; did you mean ${meant}?`;
      throw new Problem('unknown_version', `there is no such version of the API${hint}`);
    }
    response.setHeader('Sarraf-Version', version.name);
    if (version.deprecation !== null) {
      const { since, ends, link } = version.deprecation;
      response.setHeader('Deprecation', `@${Date.parse(since) / 1000}`);
      response.setHeader('Sunset', new Date(ends).toUTCString());
      response.setHeader('Link', `<${link}>; rel="deprecation"`);
    }
    next();
  };
}

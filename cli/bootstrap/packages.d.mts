/** Types of `packages.mjs` for TypeScript. */
export function packagesState(): { state: 'current' | 'stale' | 'missing' };

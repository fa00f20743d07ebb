/** The versions of the objects that the API and its webhooks show, the present one last. */
export const API_VERSIONS = ['2026-11-01'] as const;
export type ApiVersion = (typeof API_VERSIONS)[number];

export const CURRENT_API_VERSION: ApiVersion = '2026-11-01';

/** What an API key may do. Each stands for itself: `admin` does not include the others. */
export const SCOPES = ['read', 'create', 'capture', 'refund', 'admin'] as const;

export type Scope = (typeof SCOPES)[number];

/** Types of `findings.mjs` for TypeScript. */
export interface Finding {
  readonly subject: string;
  /** `bad`: `npm start` would fail. */
  readonly status: 'good' | 'note' | 'bad';
  readonly text: string;
}

export function basicFindings(): Promise<Finding[]>;
export function printFindings(findings: readonly Finding[]): void;

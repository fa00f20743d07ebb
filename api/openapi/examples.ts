/** Requests that were sent to the running API and what it answered; a test holds them against the description. */
import recorded from './examples.json' with { type: 'json' };

export interface Example {
  readonly request?: unknown;
  readonly answer?: unknown;
}

/** By the id of the operation. */
export const examples: Readonly<Record<string, Example>> = recorded;

/** What the floor's two processes agree on. */
export const FLOOR_QUEUE = 'floor';

/** An environment variable that the benchmark sets; throws when it does not. */
export function required(name: string): string {
  const value = process.env[name];
  if (value === undefined) throw new Error(`${name} is not set`);
  return value;
}

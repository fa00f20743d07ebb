/** Counts refused webhooks by provider and reason: a forger, or a secret that was changed on one side only, shows here. */
import type { WebhookRefusal } from '../providers/contract.ts';

export interface RefusalCounts {
  /** One more; returns how many there are of this kind since the process started. */
  add(provider: string, reason: WebhookRefusal): number;
  all(): Readonly<Record<string, number>>;
}

export function createRefusalCounts(): RefusalCounts {
  const counts = new Map<string, number>();
  return {
    add(provider, reason) {
      const name = `${provider}.${reason}`;
      const count = (counts.get(name) ?? 0) + 1;
      counts.set(name, count);
      return count;
    },
    all: () => Object.fromEntries(counts),
  };
}

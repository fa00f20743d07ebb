/** Percentiles of measured times. */

export interface Percentiles {
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
}

/** Percentiles by the nearest rank, rounded to tenths; all NaN for no values. */
export function percentiles(values: readonly number[]): Percentiles {
  const sorted = [...values].sort((a, b) => a - b);
  const rank = (share: number): number => {
    const value = sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)];
    return value === undefined ? NaN : Math.round(value * 10) / 10;
  };
  return { p50: rank(0.5), p95: rank(0.95), p99: rank(0.99) };
}

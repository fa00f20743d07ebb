/** Money of the Tamara simulator: `{amount, currency}` outside, whole minor units inside. */

const DIGITS: Readonly<Record<string, number>> = { SAR: 2, AED: 2, BHD: 3, KWD: 3, OMR: 3 };

export interface Sum {
  /** Minor units. */
  readonly minor: number;
  readonly currency: string;
}

/** Null for anything that is not an exact amount of a known currency. Numbers, and texts as the official SDKs send. */
export function sumFrom(value: unknown): Sum | null {
  if (typeof value !== 'object' || value === null) return null;
  const { amount, currency } = Object.fromEntries(Object.entries(value));
  if (typeof currency !== 'string') return null;
  const digits = DIGITS[currency];
  const match = /^(\d{1,9})(?:\.(\d{1,6}))?$/.exec(
    typeof amount === 'number' || typeof amount === 'string' ? String(amount) : '',
  );
  if (digits === undefined || match === null) return null;
  const fraction = (match[2] ?? '').padEnd(digits, '0');
  if (/[1-9]/.test(fraction.slice(digits))) return null;
  return { minor: Number((match[1] ?? '') + fraction.slice(0, digits)), currency };
}

export function decimal(minor: number, currency: string): number {
  return minor / 10 ** (DIGITS[currency] ?? 2);
}

export function json(
  minor: number,
  currency: string,
): { readonly amount: number; readonly currency: string } {
  return { amount: decimal(minor, currency), currency };
}

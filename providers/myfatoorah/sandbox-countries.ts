/** What a portal account's country decides in the simulator: currency, decimals, and how amounts and times are written. */

interface PortalCountry {
  readonly currency: string;
  /** The currency as answers write it: `KD`, not `KWD`. */
  readonly label: string;
  readonly decimals: number;
}

/** Times without a zone are Kuwait's at every account: "all myfatoorah gateway is set to Asia/Kuwait" (PHP library). */
const KUWAIT_MS = 3 * 60 * 60 * 1000;

const COUNTRIES: Readonly<Record<string, PortalCountry>> = {
  KWT: { currency: 'KWD', label: 'KD', decimals: 3 },
  SAU: { currency: 'SAR', label: 'SR', decimals: 2 },
  ARE: { currency: 'AED', label: 'AED', decimals: 2 },
  QAT: { currency: 'QAR', label: 'QR', decimals: 2 },
  BHR: { currency: 'BHD', label: 'BD', decimals: 3 },
  OMN: { currency: 'OMR', label: 'OMR', decimals: 3 },
  JOD: { currency: 'JOD', label: 'JD', decimals: 3 },
  EGY: { currency: 'EGP', label: 'EGP', decimals: 2 },
};

/** Amounts and times of one account. Amounts are integers of the smallest unit inside. */
export class Portal {
  readonly iso: string;
  readonly currency: string;
  readonly label: string;
  readonly #decimals: number;

  /** Throws when the country is none of MyFatoorah's. */
  constructor(iso: string) {
    const country = COUNTRIES[iso];
    if (country === undefined) throw new Error(`MyFatoorah has no country ${iso}`);
    this.iso = iso;
    this.currency = country.currency;
    this.label = country.label;
    this.#decimals = country.decimals;
  }

  /** A JSON number, or digits in a text, in the smallest unit; null when it is not an exact amount above zero. */
  units(value: unknown): number | null {
    const text = typeof value === 'number' ? String(value) : typeof value === 'string' ? value : '';
    const match = /^(\d{1,11})(?:\.(\d+))?$/.exec(text);
    if (match === null) return null;
    const fraction = (match[2] ?? '').replace(/0+$/, '');
    if (fraction.length > this.#decimals) return null;
    const units = Number(`${match[1]}${fraction.padEnd(this.#decimals, '0')}`);
    return units > 0 ? units : null;
  }

  /** `1,234.500`: with all decimals and thousands separators, as inside transactions. */
  written(units: number): string {
    const [whole = '', fraction = ''] = this.plain(units).split('.');
    return `${whole.replace(/\B(?=(\d{3})+$)/g, ',')}.${fraction}`;
  }

  /** `1234.500`. */
  plain(units: number): string {
    const digits = String(units).padStart(this.#decimals + 1, '0');
    return `${digits.slice(0, -this.#decimals)}.${digits.slice(-this.#decimals)}`;
  }

  /** For JSON: 1234.5. */
  number(units: number): number {
    return Number(this.plain(units));
  }

  /** `2026-10-01T10:15:00`, without a zone. */
  timestamp(at: number): string {
    return new Date(at + KUWAIT_MS).toISOString().slice(0, 19);
  }

  /** `01102026101500`, as in webhooks V1. */
  compactTimestamp(at: number): string {
    const [date = '', time = ''] = this.timestamp(at).split('T');
    return date.split('-').reverse().join('') + time.replaceAll(':', '');
  }

  /** `October 2, 2026`. */
  longDate(at: number): string {
    return new Date(at + KUWAIT_MS).toLocaleDateString('en-US', {
      timeZone: 'UTC',
      year: 'numeric',
      month: 'long',
      day: 'numeric',
    });
  }

  /** `10:15:00.000`. */
  time(at: number): string {
    return new Date(at + KUWAIT_MS).toISOString().slice(11, 23);
  }

  /** A time as callers send it in `ExpiryDate`; with a zone it is taken as it says. Null when it is none. */
  moment(text: string): number | null {
    if (!/^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)?)?$/.test(text)) return null;
    const zoned = /(Z|[+-]\d\d:\d\d)$/.test(text) && text.includes('T');
    const dated = text.includes('T') ? text : `${text}T23:59:59`;
    const at = Date.parse(zoned ? dated : `${dated}Z`);
    if (Number.isNaN(at)) return null;
    return zoned ? at : at - KUWAIT_MS;
  }
}

/** How an account's settlement file is written. Everything has a default: our names, commas, decimals with a point. */

/** Our names of the columns. */
export const FILE_COLUMNS = [
  'provider_payment_id',
  'reference',
  'currency',
  'amount',
  'fee',
  'net',
  'status',
  'paid_at',
  'settled_at',
  'settlement_reference',
  'settlement_id',
] as const;
export type FileColumn = (typeof FILE_COLUMNS)[number];

/** What a status of a file can mean. */
export const FILE_STATUSES = ['pending', 'authorized', 'paid', 'failed', 'expired', 'canceled'] as const;
export type FileStatus = (typeof FILE_STATUSES)[number];

export const DELIMITERS = [',', ';', '\t', '|'] as const;
export const DATE_FORMS = ['YYYY-MM-DD', 'DD/MM/YYYY', 'MM/DD/YYYY'] as const;

export interface SettlementFormat {
  /** What the file calls our columns. */
  readonly columns?: Readonly<Partial<Record<FileColumn, string>>> | undefined;
  readonly delimiter?: (typeof DELIMITERS)[number] | undefined;
  readonly amounts?: 'decimal' | 'minor' | undefined;
  readonly decimal_separator?: '.' | ',' | undefined;
  readonly dates?: (typeof DATE_FORMS)[number] | undefined;
  /** Of a file without a column for it. */
  readonly currency?: string | undefined;
  /** Of times without a zone. */
  readonly utc_offset?: string | undefined;
  /** The words of the file for statuses. */
  readonly statuses?: Readonly<Record<string, FileStatus>> | undefined;
}

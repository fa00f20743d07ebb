/**
 * The parts of the documentation that follow from the code: the table of what each provider can do, and the errors. `npm run docs`
 * writes them between their marks; a test compares them, so that they are never out of date.
 */
import { errorCatalogue, errorCodes } from '../api/error-catalogue.ts';
import { display } from '../domain/money.ts';
import type { Connector, Manifest, MethodManifest } from '../providers/contract.ts';
import { connectors } from '../providers/index.ts';

export interface GeneratedPart {
  /** The page, beside this file. */
  readonly page: string;
  /** Its name in the marks. */
  readonly name: string;
  readonly text: string;
}

/** The page with this part written anew. Throws when its marks are not there. */
export function withPart(page: string, { name, text }: GeneratedPart): string {
  const begin = `<!-- generated: ${name} -->\n`;
  const end = `\n<!-- end: ${name} -->`;
  const from = page.indexOf(begin);
  const to = page.indexOf(end);
  if (from < 0 || to < from) throw new Error(`the page has no marks for ${name}`);
  return `${page.slice(0, from + begin.length)}\n${text}\n${page.slice(to)}`;
}

function codes(): string {
  const sections = errorCodes.map((code) => {
    const { status, title, about } = errorCatalogue[code];
    return `### ${code}\n\n**${status} · ${title}.** ${about}\n`;
  });
  return sections.join('\n').trimEnd();
}

function capabilities(all: readonly Connector<unknown>[]): string {
  const rows = all.map(({ manifest }) => [
    `[${manifest.title}](../providers/${manifest.provider}/README.md)`,
    `\`${manifest.provider}\``,
    manifest.countries.join(', '),
    captureOf(manifest),
    REFUND[manifest.refund],
    manifest.can_expire ? 'yes' : 'no',
    manifest.lookup === 'by_reference' ? 'by our reference' : 'no',
    manifest.webhook_trust === 'amounts' ? 'believed: signs the amount' : 'a hint: read again',
    REGISTRATION[manifest.webhook_registration],
  ]);
  const head = [
    'provider',
    'name',
    'countries',
    'capture',
    'refunds',
    'ends unpaid payments',
    'lost creates found',
    'webhooks',
    'webhook URL is set',
  ];
  return table([head, ...rows]);
}

function services(all: readonly Connector<unknown>[]): string {
  const rows = all.flatMap(({ manifest }) =>
    manifest.methods.map((method) => [
      `\`${manifest.provider}.${method.method}\``,
      method.title,
      FLOW[method.flow],
      method.amounts.map(limits).join('<br>'),
      method.requires.map((field) => field.replace('customer.', '')).join(', ') || 'nothing',
      lifetime(method.lifetime_s),
      method.authorization_s === undefined ? '' : lifetime(method.authorization_s),
    ]),
  );
  const head = [
    'payment service',
    'what it is',
    'the customer',
    'amounts',
    'needs of the customer',
    'lives',
    'held',
  ];
  return table([head, ...rows]);
}

const REFUND = { none: 'none', full: 'all or nothing', partial: 'in parts' } as const;
const REGISTRATION = { api: 'by API', dashboard: 'by hand', per_payment: 'with each payment' } as const;
const CAPTURE = { automatic: 'at once', manual_once: 'once', manual_many: 'in parts' } as const;
const FLOW = {
  redirect: 'is sent to a page',
  qr_code: 'scans a code',
  bank_transfer: 'transfers, or scans a code',
  confirm_on_phone: 'confirms on the phone',
} as const;

/** `at once`, or for each way that differs: `once (card_authorization)`. */
function captureOf({ capture, methods }: Manifest): string {
  const modes = new Map<Manifest['capture'], string[]>();
  for (const method of methods) {
    const mode = method.capture ?? capture;
    modes.set(mode, [...(modes.get(mode) ?? []), method.method]);
  }
  const [only] = modes.keys();
  if (modes.size === 1 && only) return CAPTURE[only];
  return [...modes].map(([mode, names]) => `${CAPTURE[mode]} (${names.join(', ')})`).join('; ');
}

function limits({ currency, min, max, step }: MethodManifest['amounts'][number]): string {
  const range = `${display({ amount: min, currency })} to ${display({ amount: max, currency })}`;
  return step === 1 ? range : `${range}, multiples of ${display({ amount: step, currency })}`;
}

function lifetime(seconds: number): string {
  const units = [
    [86_400, 'days'],
    [3600, 'hours'],
    [60, 'minutes'],
  ] as const;
  const unit = units.find(([size]) => seconds >= 2 * size && seconds % size === 0);
  return unit ? `${seconds / unit[0]} ${unit[1]}` : `${seconds} s`;
}

/** A table as the formatter writes it: columns of one width. */
function table(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) =>
    Math.max(3, ...rows.map((row) => [...(row[column] ?? '')].length)),
  );
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell, column) => cell + ' '.repeat((widths[column] ?? 0) - [...cell].length)).join(' | ')} |`;
  const [head = [], ...body] = rows;
  return [line(head), line(widths.map((width) => '-'.repeat(width))), ...body.map(line)].join('\n');
}

export const generatedParts: readonly GeneratedPart[] = [
  { page: 'providers.md', name: 'capabilities', text: capabilities(connectors) },
  { page: 'providers.md', name: 'services', text: services(connectors) },
  { page: 'errors.md', name: 'codes', text: codes() },
];

/** The simulators' own books, read over the control API: what the providers say that happened. */
import { currency as asCurrency, isCurrency } from '../domain/currency.ts';
import { parseDecimal } from '../domain/money.ts';
import { manualRefunds } from './manual-refunds.ts';
import type { InvoiceInvariant, InvoiceRecord, Violation } from './invariant.ts';

/** A line of a simulator's books, as the control API gives it. */
interface Line {
  readonly kind: string;
  readonly payment_id: string;
  /** In the provider's own spelling. */
  readonly amount: number | string;
  /** The provider's own id of the transfer; null where it makes none. */
  readonly transfer_id: string | null;
}

/** A transfer by the provider's books. */
export type Transfer = Pick<Line, 'amount' | 'transfer_id'>;

/** Money of one payment by the provider's books. */
interface Booked {
  readonly received: Transfer[];
  readonly refunded: Transfer[];
}

export interface SandboxBooks {
  /** Null: this provider has no simulator, or its simulator has never heard of the payment. */
  find(provider: string, providerPaymentId: string): Booked | null;
}

const READ_WITHIN_MS = 30_000;

/** Whose books are in minor units; all others write whole units, with decimals where the currency has them. */
const IN_MINOR_UNITS: ReadonlySet<string> = new Set(['rehive']);

/** Who tells the ids of transfers on the wire, so that ours are theirs; with the others a payment is its own receipt. */
const TELLS_TRANSFERS: ReadonlySet<string> = new Set(['finan', 'myfatoorah', 'rehive', 'tabby', 'tamara']);

/** Reads all books now. Throws when the control API does not answer as it should. */
export async function readSandboxBooks(
  controlUrl: string,
  providers: readonly string[],
): Promise<SandboxBooks> {
  const books = new Map<string, Booked>();
  for (const provider of providers) {
    for (const { kind, payment_id, amount, transfer_id } of await readLedger(controlUrl, provider)) {
      const key = `${provider}:${payment_id}`;
      const booked = books.get(key) ?? { received: [], refunded: [] };
      if (kind === 'money_received') booked.received.push({ amount, transfer_id });
      if (kind === 'money_refunded') booked.refunded.push({ amount, transfer_id });
      books.set(key, booked);
    }
  }
  return { find: (provider, id) => books.get(`${provider}:${id}`) ?? null };
}

async function readLedger(controlUrl: string, provider: string): Promise<readonly Line[]> {
  const url = `${controlUrl.replace(/\/$/, '')}/${provider}/ledger`;
  const response = await fetch(url, { signal: AbortSignal.timeout(READ_WITHIN_MS) }).catch(
    (error: unknown) => {
      throw new Error(`the sandbox does not answer at ${url}`, { cause: error });
    },
  );
  // An account may be at a provider that has no simulator.
  if (response.status === 404) return [];
  if (!response.ok) throw new Error(`${url} answered ${response.status}: is it the sandbox's control API?`);
  return (await response.json()) as readonly Line[];
}

/** The invariant that compares each payment with `books`. `skipped` is told of payments the simulator does not know. */
export function sandboxInvariant(books: SandboxBooks, skipped: () => void): InvoiceInvariant {
  return {
    id: 'sandbox_books',
    title: "Each payment's receipts and refunds are those in the simulator's own books",
    check: (invoice) =>
      invoice.row.state.payments.flatMap(({ id, provider, provider_payment_id, receipts, refunds }) => {
        if (provider_payment_id === null) return [];
        const booked = books.find(provider, provider_payment_id);
        if (booked === null) {
          skipped();
          return [];
        }
        const byHand = manualRefunds(invoice);
        const gone = refunds.filter(({ key }) => !byHand.has(`${id}:${key}`));
        const { currency } = invoice.row;
        return [
          ...compared(id, 'received', receipts, booked.received, provider, currency),
          ...compared(id, 'refunded', gone, booked.refunded, provider, currency),
        ];
      }),
  };
}

interface Fact {
  readonly key: string;
  /** Minor units. */
  readonly amount: number;
}

function compared(
  about: string,
  what: string,
  ours: readonly Fact[],
  theirs: readonly Transfer[],
  provider: string,
  currency: InvoiceRecord['row']['currency'],
): Violation[] {
  const transfers = theirs.map(({ amount, transfer_id }) => ({
    key: transfer_id ?? '',
    amount: minor(amount, provider, currency),
  }));
  const hasIds = TELLS_TRANSFERS.has(provider) && transfers.every(({ key }) => key !== '');
  const [recorded, booked] = [inOrder(ours, hasIds), inOrder(transfers, hasIds)];
  if (recorded === booked) return [];
  const say = (amounts: string): string => (amounts === '' ? 'nothing' : amounts);
  return [
    { about, message: `${what} by our record: ${say(recorded)}; by ${provider}'s books: ${say(booked)}` },
  ];
}

/** `100 (T-1), 250 (T-2)`; without ids where the provider tells none. */
const inOrder = (facts: readonly Fact[], hasIds: boolean): string =>
  [...facts]
    .sort((a, b) => a.amount - b.amount || (a.key < b.key ? -1 : 1))
    .map(({ key, amount }) => (hasIds ? `${amount} (${key})` : `${amount}`))
    .join(', ');

function minor(amount: number | string, provider: string, currency: string): number {
  if (IN_MINOR_UNITS.has(provider) || !isCurrency(currency)) return Number(amount);
  return parseDecimal(String(amount), asCurrency(currency)).amount;
}

/** What a story on the real stack must have come to: the provider's own books and a few sums against what the API says. */
import type { BookLine, Provider, Shop } from '../setup/shop.ts';
import type { TestStack } from '../setup/stack.ts';
import type { Story } from './shopping.ts';

interface Shown {
  readonly status: string;
  readonly amounts: Readonly<
    Record<'due' | 'received' | 'refunded' | 'excess' | 'late' | 'authorized', { amount: number }>
  >;
  readonly payments: readonly { readonly id: string; readonly provider_payment_id: string | null }[];
}

/** Everything that is wrong about what this story left behind, in words; empty when all is well. */
export async function verdict(
  stack: TestStack,
  at: Shop,
  story: Story,
  books: readonly BookLine[],
): Promise<string[]> {
  const { provider, invoice, due, policies, byHand } = story;
  const { body } = await stack.call('GET', `/v1/invoices/${invoice}`);
  const shown = body as unknown as Shown;
  const wrong: string[] = [];
  const expect = (what: string, is: unknown, should: unknown): void => {
    if (is !== should) wrong.push(`${what} is ${String(is)} and should be ${String(should)}`);
  };

  let received = 0;
  let wentBack = 0;
  for (const { id, provider_payment_id } of shown.payments) {
    const ours = books.filter((line) => line.reference === id || line.payment_id === provider_payment_id);
    const sum = (kind: string): number => total(at, provider, ours, kind);
    if (ours.filter(({ kind }) => kind === 'payment_created').length > 1) wrong.push(`${id} was made twice`);
    if (sum('money_refunded') > sum('money_received')) wrong.push(`${id}: more went back than came`);
    const authorized = sum('money_authorized');
    if (authorized > 0 && sum('money_received') > authorized)
      wrong.push(`${id}: more was captured than authorized`);
    received += sum('money_received');
    wentBack += sum('money_refunded');
  }
  for (const amount of byHand.values()) wentBack += amount;
  const kept = received - wentBack;
  expect('received', shown.amounts.received.amount, received);
  expect('refunded', shown.amounts.refunded.amount, wentBack);
  expect('excess', shown.amounts.excess.amount, Math.max(0, kept - due));
  expect('authorized', shown.amounts.authorized.amount, 0);
  if (kept > due) expect('status', shown.status, 'overpaid');
  else if (received >= due) {
    expect('status', shown.status, kept === due ? 'paid' : kept > 0 ? 'partially_refunded' : 'refunded');
  } else if (!['canceled', 'expired'].includes(shown.status))
    wrong.push(`status is ${shown.status}, at rest`);

  const cases = (await stack.call('GET', `/v1/cases?invoice=${invoice}&limit=100`)).body['data'] as readonly {
    readonly kind: string;
    readonly decision: string | null;
    readonly amount: number;
  }[];
  if (cases.some(({ decision }) => decision === null)) wrong.push('a case is open, at rest');
  if (policies.late !== 'accept' && policies.excess !== 'accept') {
    const accepted = cases
      .filter(({ decision }) => decision === 'accept')
      .reduce((sum, one) => sum + one.amount, 0);
    const unwanted = Math.max(shown.amounts.late.amount, received - due, 0) - wentBack - accepted;
    if (unwanted > 0) wrong.push(`${unwanted} late or in excess are kept, and nobody has decided so`);
  }
  return wrong;
}

function total(at: Shop, provider: Provider, lines: readonly BookLine[], kind: string): number {
  return lines.filter((line) => line.kind === kind).reduce((sum, line) => sum + at.minor(provider, line), 0);
}

/** Whether the day ended right: each invoice as planned, by the API and by its provider's own books. */
import type { BookLine, Shop } from '../setup/shop.ts';
import type { TestStack } from '../setup/stack.ts';
import { sideBySide, type Entry } from './course.ts';
import type { Fate } from './plan.ts';

interface Shown {
  readonly status: string;
  readonly amounts: Readonly<
    Record<'received' | 'refunded' | 'late' | 'excess', { readonly amount: number }>
  >;
  readonly payments: readonly { readonly id: string; readonly provider_payment_id: string | null }[];
}

/** Whether the customer has paid, and whether that was late. */
const ENDS: Readonly<
  Record<Fate, { readonly status: string; readonly paid: boolean; readonly late: boolean }>
> = {
  paid: { status: 'paid', paid: true, late: false },
  lost: { status: 'paid', paid: true, late: false },
  doubled: { status: 'paid', paid: true, late: false },
  abandoned: { status: 'expired', paid: false, late: false },
  late: { status: 'paid', paid: true, late: true },
};

/** All that is not as it should be, in words. */
export async function judge(stack: TestStack, at: Shop, entries: readonly Entry[]): Promise<string[]> {
  const wrong: string[] = [];
  /** By the provider's own id of the payment. */
  const books = new Map<string, BookLine[]>();
  for (const provider of new Set(entries.map(({ plan }) => plan.provider))) {
    for (const line of await at.books(provider)) {
      const key = `${provider}:${line.payment_id}`;
      books.set(key, [...(books.get(key) ?? []), line]);
    }
  }

  await sideBySide(entries, async ({ plan, invoice }) => {
    const { provider, fate } = plan;
    const { body } = await stack.call('GET', `/v1/invoices/${invoice}`);
    const shown = body as unknown as Shown;
    const lines = shown.payments.flatMap(({ provider_payment_id: id }) =>
      id === null ? [] : (books.get(`${provider}:${id}`) ?? []),
    );
    const sum = (kind: string): number =>
      lines.filter((line) => line.kind === kind).reduce((total, line) => total + at.minor(provider, line), 0);
    const created = lines.filter(({ kind }) => kind === 'payment_created').length;
    const { status, paid, late } = ENDS[fate];
    const amount = paid ? at.amount(provider) : 0;
    const expect = (what: string, is: unknown, should: unknown): void => {
      if (is !== should)
        wrong.push(
          `${provider} ${invoice} (${fate}, ${plan.outage ?? 'no outage'}): ${what} is ${String(is)}, not ${String(should)}`,
        );
    };
    expect('status', shown.status, status);
    expect('received', shown.amounts.received.amount, amount);
    expect("received by the provider's books", sum('money_received'), amount);
    expect('refunded', shown.amounts.refunded.amount, 0);
    expect('late', shown.amounts.late.amount, late ? amount : 0);
    expect('excess', shown.amounts.excess.amount, 0);
    expect('payments made at the provider', created, 1);
  });
  return wrong;
}

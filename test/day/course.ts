/** What happens on the day, on the real stack: the merchant at the API, customers and bad luck at the simulators, and time. */
import { shop, type Provider, type Shop } from '../setup/shop.ts';
import type { TestStack } from '../setup/stack.ts';
import { DOWN, type Plan } from './plan.ts';

/** One invoice of the day. */
export interface Entry {
  readonly plan: Plan;
  readonly invoice: string;
  /** The provider's payment that the customer pays or leaves. */
  payment: string | null;
  isInFlight: boolean;
}

export interface Course {
  readonly entries: readonly Entry[];
  /** Seconds of real time that each part took. */
  readonly took_s: Readonly<Record<'asking' | 'paying' | 'waiting', number>>;
}

/** Invoices that are dealt with side by side. */
const AT_ONCE = 24;
/** Two days after the last shift everything has come to its end, or never will. */
const EVENING_S = [8 * 3600, 24 * 3600, 24 * 3600];

/** Runs these, so many at a time. */
export async function sideBySide<One>(list: readonly One[], act: (one: One) => Promise<void>): Promise<void> {
  const waiting = [...list];
  const lane = async (): Promise<void> => {
    for (let one = waiting.shift(); one !== undefined; one = waiting.shift()) await act(one);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, lane));
}

/** Plays the day, shift by shift. Throws when a call is answered in a way that no plan allows. */
export async function playDay(
  stack: TestStack,
  day: readonly (readonly Plan[])[],
  { outage_s, say }: { readonly outage_s: number; readonly say: (line: string) => void },
): Promise<Course> {
  const at = shop(stack);
  const entries: Entry[] = [];
  const took_s = { asking: 0, paying: 0, waiting: 0 };
  const timed = async (part: keyof typeof took_s, work: () => Promise<void>): Promise<void> => {
    const started = performance.now();
    await work();
    took_s[part] += (performance.now() - started) / 1000;
  };
  const shift_s = Math.round(86_400 / day.length);
  const late: Entry[] = [];

  const passes = (advance_s: number): Promise<void> =>
    timed('waiting', () =>
      sideBySide(
        entries.filter(({ isInFlight }) => isInFlight),
        (entry) => pass(stack, entry, advance_s),
      ),
    );
  const paysAll = (list: readonly Entry[]): Promise<void> => timed('paying', () => pays(at, list));

  for (const [index, plans] of day.entries()) {
    const born: Entry[] = [];
    await timed('asking', () =>
      sideBySide(plans, async (plan) => {
        const due_at = new Date(Date.now() + plan.due_s * 1000).toISOString();
        const { id } = await at.invoice(plan.provider, { due_at });
        born.push({ plan, invoice: id, payment: null, isInFlight: true });
      }),
    );
    entries.push(...born);
    const isOutage = born.some(({ plan }) => plan.outage !== null);
    const ask = (list: readonly Entry[]): Promise<void> =>
      timed('asking', () => sideBySide(list, (entry) => asks(at, entry)));
    const [shut, open] = [
      born.filter(({ plan }) => plan.outage === 'asks'),
      born.filter(({ plan }) => plan.outage !== 'asks'),
    ];
    await ask(open);
    if (isOutage) await at.control('POST', `/${DOWN}/faults`, { kind: 'status', status: 503, times: -1 });
    for (const entry of shut) await isRefused(at, entry);
    await paysAll(open.filter(({ plan }) => plan.fate !== 'late' && plan.fate !== 'abandoned'));
    // The outage, in which nothing can be confirmed; then the rest of the shift.
    if (isOutage) {
      await passes(outage_s);
      await endOutage(stack, at);
      await ask(shut);
      await paysAll(shut);
    }
    const rest_s = isOutage ? shift_s - outage_s : shift_s;
    if (rest_s > 0) await passes(rest_s);
    late.push(...born.filter(({ plan }) => plan.fate === 'late'));
    const over = late.filter((entry) => !entry.isInFlight);
    await paysAll(over.map((entry) => late.splice(late.indexOf(entry), 1)[0] ?? entry));
    say(
      `shift ${index + 1} of ${day.length}: ${born.length} invoices, ${entries.filter((one) => one.isInFlight).length} in flight so far`,
    );
  }
  for (const advance_s of EVENING_S) await passes(advance_s);
  await paysAll(late);
  return { entries, took_s };
}

async function asks(at: Shop, entry: Entry): Promise<void> {
  const { status, body } = await at.ask(entry.plan.provider, entry.invoice);
  const id = body['provider_payment_id'];
  if (status !== 201 || typeof id !== 'string')
    throw new Error(`${entry.invoice}: a payment was answered ${status}: ${JSON.stringify(body)}`);
  entry.payment = id;
}

async function isRefused(at: Shop, { plan, invoice }: Entry): Promise<void> {
  const { status, body } = await at.ask(plan.provider, invoice);
  if (status !== 503 || body['code'] !== 'provider_unavailable')
    throw new Error(`${invoice}: in the outage a payment was answered ${status}: ${JSON.stringify(body)}`);
}

/** The customers pay, those of one provider one after the other: what is armed is meant for the very next webhook. */
async function pays(at: Shop, entries: readonly Entry[]): Promise<void> {
  const providers = new Set(entries.map(({ plan }) => plan.provider));
  await Promise.all(
    [...providers].map((provider) =>
      paysInTurn(
        at,
        provider,
        entries.filter(({ plan }) => plan.provider === provider),
      ),
    ),
  );
}

async function paysInTurn(at: Shop, provider: Provider, entries: readonly Entry[]): Promise<void> {
  for (const { plan, payment } of entries) {
    if (plan.fate === 'lost') await at.control('POST', `/${provider}/webhooks/next`, { do: 'drop' });
    if (plan.fate === 'doubled')
      await at.control('POST', `/${provider}/webhooks/next`, { do: 'double', copies: 3 });
    const body = plan.fate === 'late' ? { after_expiry: true } : {};
    await at.control('POST', `/${provider}/payments/${payment}/pay?wait=true`, body);
  }
}

/** Time passes for an invoice, and all that is due on the way happens. */
async function pass(stack: TestStack, entry: Entry, advance_s: number): Promise<void> {
  const { invoice } = entry;
  // A long way may take longer than the call waits: then it is followed in small steps.
  for (let step_s = advance_s; ; step_s = 1) {
    const { status, body } = await stack.call('POST', `/v1/invoices/${invoice}/test_clock`, {
      advance_s: step_s,
    });
    if (status === 409 || body['in_flight'] === false) {
      entry.isInFlight = false;
      return;
    }
    if (status !== 200)
      throw new Error(`the clock of ${invoice} answered ${status}: ${JSON.stringify(body)}`);
    if (body['settled'] === true) return;
  }
}

/** The provider is back, and an operator does not wait for the breaker's cooldown. */
async function endOutage(stack: TestStack, at: Shop): Promise<void> {
  await at.control('DELETE', `/${DOWN}/faults`);
  const path = `/v1/provider_accounts/${stack.merchant.accounts[DOWN]}/breaker`;
  for (const state of ['closed', 'automatic'])
    await stack.call('POST', path, state === 'closed' ? { state, reason: 'the outage is over' } : { state });
}

/** Random stories on the real stack, many at once, with everything going wrong; then all comes to rest, and the providers' books judge. */
import { setTimeout as sleep } from 'node:timers/promises';
import { audit } from '../audit/index.ts';
import { readSandboxBooks } from '../audit/sandbox-books.ts';
import { dice, howOften, seedOf } from './model/seed.ts';
import { beginStory, type Story } from './model/shopping.ts';
import { verdict } from './model/verdict.ts';
import { settledViolations } from './setup/invariants.ts';
import { shop, type Provider, type Shop } from './setup/shop.ts';
import { STACK_TIMEOUT_MS, startTestStack, type TestStack } from './setup/stack.ts';

const PROVIDERS = [
  'fib',
  'tabby',
  'tamara',
  'myfatoorah',
  'fapshi',
  'finan',
  'zaincash',
  'rehive',
] as const satisfies readonly Provider[];
const RUNS = howOften(32);
const AT_ONCE = 8;
const STEPS = 10;
/** How time passes until nothing is in flight, seconds: past the due time, past look-ups and reviews, past what becomes a case. */
const WAITS = [150, 400, 4_000, 8_000, 90_000, 90_000, 90_000, 90_000];
/** Within this time the engine fires a timer that fell due at the very end of a jump; nothing tells when. */
const TIMER_MS = 1_500;

let stack: TestStack;
let at: Shop;

beforeAll(async () => {
  stack = await startTestStack();
  at = shop(stack);
}, STACK_TIMEOUT_MS);
afterAll(() => stack.stop(), STACK_TIMEOUT_MS);

/** Runs these, so many at a time. */
async function sideBySide<One>(list: readonly One[], act: (one: One) => Promise<void>): Promise<void> {
  const waiting = [...list];
  const lane = async (): Promise<void> => {
    for (let one = waiting.shift(); one !== undefined; one = waiting.shift()) await act(one);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, lane));
}

/** A breaker would keep most of the bad luck away: it has tests of its own. */
async function holdBreakersClosed(): Promise<void> {
  for (const provider of PROVIDERS) {
    const path = `/v1/provider_accounts/${stack.merchant.accounts[provider]}/breaker`;
    expect((await stack.call('POST', path, { state: 'closed', reason: 'bad luck is wanted' })).status).toBe(
      200,
    );
  }
}

/** MyFatoorah's finance team takes an hour over a refund, and these stories are over by then. */
async function refundsAreReviewedAtOnce(): Promise<void> {
  await at.control('PUT', '/myfatoorah/settings', { refund_review_s: 1 });
}

async function badLuckEnds(): Promise<void> {
  for (const provider of PROVIDERS) {
    await at.control('DELETE', `/${provider}/faults`);
    await at.control('POST', `/${provider}/webhooks/flush`);
  }
}

/** Lets time pass for this invoice until its workflow has nothing more to do. */
async function comesToRest(story: Story): Promise<void> {
  for (const advance_s of WAITS) {
    await story.decide();
    // What a provider does not know of a minute after the call, by the wall clock, has not happened.
    await stack.pool.query(
      `update payments set sent_at = sent_at - interval '2 minutes' where invoice_id = $1`,
      [story.invoice],
    );
    const isInFlight = await story.pass(advance_s);
    const { body } = await stack.call('GET', `/v1/cases?status=open&invoice=${story.invoice}`);
    if (!isInFlight && (body['data'] as readonly unknown[]).length === 0) return;
    if (isInFlight) await sleep(TIMER_MS);
  }
  const { body } = await stack.call('GET', `/v1/invoices/${story.invoice}`);
  throw new Error(`it does not come to rest: ${JSON.stringify(body)}`);
}

it(`${RUNS} random stories`, async () => {
  const seed = seedOf();
  const failed = new Map<Story, string[]>();
  const stories: Story[] = [];
  const note = (story: Story, wrong: readonly string[]): void => {
    if (wrong.length > 0) failed.set(story, [...(failed.get(story) ?? []), ...wrong]);
  };
  const guarded = (act: (story: Story) => Promise<void>) => (story: Story) =>
    act(story).catch((error: unknown) =>
      note(story, [error instanceof Error ? error.message : String(error)]),
    );
  await holdBreakersClosed();
  await refundsAreReviewedAtOnce();
  await sideBySide([...Array(RUNS).keys()], async (index) => {
    const provider = PROVIDERS[index % PROVIDERS.length] ?? 'fib';
    const story = await beginStory(stack, at, provider, dice(seed + index));
    stories.push(story);
    await guarded(async () => {
      for (let step = 0; step < STEPS; step += 1) await story.step();
    })(story);
  });
  await badLuckEnds();
  for (const late of [false, true]) {
    if (late)
      await sideBySide(
        stories.filter((_, index) => index % 3 === 0),
        guarded((story) => story.payLate()),
      );
    for (const provider of PROVIDERS)
      await at.control('POST', `/${provider}/clock?wait=true`, { advance_s: 1_000 });
    await sideBySide(stories, guarded(comesToRest));
    await sideBySide(
      stories,
      guarded((story) => story.tellAgain()),
    );
    await sideBySide(stories, guarded(comesToRest));
  }
  const violations = await settledViolations(stack);
  for (const provider of PROVIDERS) {
    const books = await at.books(provider);
    for (const story of stories)
      if (story.provider === provider) note(story, await verdict(stack, at, story, books));
  }
  const { findings } = await audit(stack.pool, {
    books: await readSandboxBooks(stack.sandbox.controlUrl, PROVIDERS),
  });
  const found = findings.flatMap(({ id, violations: all }) =>
    all.map(({ about, message }) => `${id}: ${about}: ${message}`),
  );
  const report = [...failed].map(([{ provider, invoice, due, policies, log }, wrong]) =>
    [
      `${provider} ${invoice} over ${due}, ${JSON.stringify(policies)}`,
      ...wrong.map((one) => `! ${one}`),
      ...log.map((line) => `  ${line}`),
    ].join('\n'),
  );
  const wrong = [...report, ...violations, ...found];
  if (wrong.length > 0) {
    wrong.push(`again: SARRAF_SEED=${seed} SARRAF_RUNS=${RUNS} npx jest test/model.test.ts`);
  }
  expect(wrong.join('\n\n')).toBe('');
}, 1_800_000);

/**
 * A simulated day at a shop, on the real stack with the test clock: lost and repeated webhooks, late money, an hour's outage of one
 * provider. It has to end with every invoice right and nothing for the auditor. `npm run nightly` plays it with 2,000 invoices.
 */
import { playDay } from './day/course.ts';
import { judge } from './day/judge.ts';
import { FATES, planDay, providersOf } from './day/plan.ts';
import { reportOf } from './day/report.ts';
import { dice, seedOf } from './model/seed.ts';
import { settledViolations } from './setup/invariants.ts';
import { shop } from './setup/shop.ts';
import { STACK_TIMEOUT_MS, startTestStack, type TestStack } from './setup/stack.ts';

/** The nightly run's number of invoices; null in the ordinary tests. */
const NIGHTLY = process.env['SARRAF_DAY'] ? Number(process.env['SARRAF_DAY']) : null;
const COUNT = NIGHTLY ?? 32;
/** A shift takes as long as the longest way of an invoice through it: hours where there is time, halves of the day elsewhere. */
const SHIFTS = NIGHTLY === null ? 2 : 24;
/** The same: what waits for the provider tries again every five minutes. */
const OUTAGE_S = NIGHTLY === null ? 120 : 3_600;

let stack: TestStack;

beforeAll(async () => {
  stack = await startTestStack();
}, STACK_TIMEOUT_MS);
afterAll(() => stack.stop(), STACK_TIMEOUT_MS);

const say = (line: string): void => {
  if (NIGHTLY !== null) process.stdout.write(`${line}\n`);
};

it(`a day with ${COUNT} invoices ends with every invoice right`, async () => {
  const seed = seedOf();
  const day = planDay(COUNT, SHIFTS, dice(seed));
  for (const fate of FATES) expect(day.flat().some((plan) => plan.fate === fate)).toBe(true);
  const course = await playDay(stack, day, { outage_s: OUTAGE_S, say });
  // The rules first: these wait until the last webhooks, which were only taken in so far, have been applied.
  const violations = await settledViolations(stack);
  const wrong = await judge(stack, shop(stack), course.entries);
  say(await reportOf(stack, course, providersOf(day), [...wrong, ...violations], seed));
  const again = `again: SARRAF_SEED=${seed} ${NIGHTLY === null ? 'npx jest test/day.test.ts' : `SARRAF_DAY=${COUNT} npm run nightly`}`;
  expect([...wrong, ...violations].map((one) => `${one}; ${again}`)).toEqual([]);
}, 3_600_000);

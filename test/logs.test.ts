/** What the processes write about themselves: enough to follow an invoice, and nothing that is nobody's business. */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { everyProvider } from '../cli/journey/every-provider-scene.ts';
import { settledViolations } from './setup/invariants.ts';
import { shop, type Shop } from './setup/shop.ts';
import { eventually } from './setup/eventually.ts';
import { STACK_TIMEOUT_MS, startTestStack, type TestStack } from './setup/stack.ts';

const CUSTOMER = { name: 'Canary Name-4711', email: 'canary-4711@example.com', phone: '+9647709998877' };
const DESCRIPTION = 'canary description 4711';

let stack: TestStack;
let at: Shop;

beforeAll(async () => {
  stack = await startTestStack();
  at = shop(stack);
}, STACK_TIMEOUT_MS);
afterAll(() => stack.stop(), STACK_TIMEOUT_MS);

/** The logs of the API and the worker; the simulators are not ours. */
async function logs(): Promise<string> {
  const names = (await readdir(stack.logDir)).filter((name) => /^(api|worker)/.test(name));
  expect(names.length).toBeGreaterThanOrEqual(2);
  return (await Promise.all(names.map((name) => readFile(join(stack.logDir, name), 'utf8')))).join('\n');
}

/** Texts of credentials that could be found: short ones stand in ordinary words, and ids of ours are no secrets. */
function secretsOf(credentials: object): string[] {
  const names = /secret|token|key|password|webhook/i;
  return Object.entries(credentials).flatMap(([name, value]) =>
    typeof value === 'string' && value.length >= 8 && names.test(name) ? [value] : [],
  );
}

it('the logs tell of every provider’s payment, and hold no credential, no customer and no description', async () => {
  const { merchantApi: api, control: sandbox, pool, killWorker } = stack;
  const say = (): void => undefined;
  await everyProvider.play({ api, sandbox, pool, killWorker, say, showQr: say });
  // Failures are where logs say too much.
  let last = '';
  for (const provider of ['finan', 'fapshi', 'rehive', 'tabby', 'tamara'] as const) {
    const { id } = await at.invoice(provider, { customer: CUSTOMER, description: DESCRIPTION });
    for (const kind of ['truncate', 'reset'] as const) {
      await stack.control.fault(provider, { kind, operation: 'create' });
      await at.ask(provider, id);
    }
    await stack.control.fault(provider, { kind: 'status', status: 400, operation: 'create' });
    await at.ask(provider, id);
    last = id;
    await at.control('DELETE', `/${provider}/faults`);
  }
  const text = await eventually('all is in the logs', logs, (all) => all.split(last).length > 2);
  for (const [provider, { credentials }] of Object.entries(stack.sandbox.providers)) {
    expect(text).toContain(`"provider call"`);
    for (const secret of secretsOf(credentials)) {
      expect({ provider, found: text.includes(secret) }).toEqual({ provider, found: false });
    }
  }
  for (const canary of [...Object.values(CUSTOMER), DESCRIPTION, stack.merchant.api_key]) {
    expect(text).not.toContain(canary);
  }
}, 120_000);

/** The lines of one process. */
async function linesOf(name: 'api' | 'worker'): Promise<Readonly<Record<string, unknown>>[]> {
  const text = await readFile(join(stack.logDir, `${name}.log`), 'utf8');
  return text
    .split('\n')
    .filter((line) => line.startsWith('{') && line.endsWith('}'))
    .map((line) => JSON.parse(line) as Record<string, unknown>);
}

it('a request and what its activities did are found by its id, a webhook’s by the id of its row', async () => {
  const request_id = 'req-of-a-test-4711';
  const { id: invoice_id } = await at.invoice('finan');
  const { body } = await at.ask('finan', invoice_id, { 'x-request-id': request_id });
  await stack.control.pay('finan', String(body.provider_payment_id));
  await stack.merchantApi.until(invoice_id, 'paid', ({ status }) => status === 'paid');

  // Lines are written in batches.
  const requests = await eventually(
    'both requests are in the log',
    async () => (await linesOf('api')).filter((line) => line.invoice_id === invoice_id),
    (lines) =>
      lines.some(({ webhook_id }) => webhook_id) && lines.some((line) => line.request_id === request_id),
  );
  expect(requests).toContainEqual(
    expect.objectContaining({ request_id, invoice_id, route: '/v1/invoices/:id/payments', status: 201 }),
  );
  const activities = await eventually(
    'the webhook is applied in the log',
    async () => (await linesOf('worker')).filter((line) => line.invoice_id === invoice_id),
    (lines) => lines.some(({ activity }) => activity === 'applyWebhook'),
  );
  expect(activities).toContainEqual(
    expect.objectContaining({
      activity: 'requestPayment',
      request_id,
      payment_id: body.id,
      ms: expect.any(Number),
    }),
  );
  const applied = activities.find(({ activity }) => activity === 'applyWebhook');
  expect(applied?.webhook_id).toEqual(expect.stringMatching(/^whk_/));
  expect(requests).toContainEqual(
    expect.objectContaining({
      invoice_id,
      webhook_id: applied?.webhook_id,
      route: expect.stringMatching('^/webhooks/'),
    }),
  );
});

it('leaves a record in which every invariant holds', async () => {
  expect(await settledViolations(stack)).toEqual([]);
});

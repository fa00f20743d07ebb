/** The audit over the whole stack: the record, the workflow engine and every simulator's books; and what the trail tells of it. */
import { Client, Connection } from '@temporalio/client';
import { audit } from '../audit/index.ts';
import { livenessViolations, type LivenessOptions } from '../audit/liveness.ts';
import { readSandboxBooks, type SandboxBooks } from '../audit/sandbox-books.ts';
import { everyProvider } from '../cli/journey/every-provider-scene.ts';
import { connectors } from '../providers/index.ts';
import { INVOICE_WORKFLOW, invoiceWorkflowId } from '../workflows/contract.ts';
import { eventually } from './setup/eventually.ts';
import { settledViolations } from './setup/invariants.ts';
import { shop, type Shop } from './setup/shop.ts';
import { STACK_TIMEOUT_MS, startTestStack, type TestStack } from './setup/stack.ts';

let stack: TestStack;
let at: Shop;
let client: Client;
let engine: LivenessOptions;

beforeAll(async () => {
  stack = await startTestStack();
  at = shop(stack);
  const { address, namespace } = stack.engines.temporal;
  client = new Client({ connection: await Connection.connect({ address }), namespace });
  engine = { client, taskQueue: stack.taskQueue, grace_s: 0, limit: 100 };
}, STACK_TIMEOUT_MS);
afterAll(async () => {
  await client.connection.close();
  await stack.stop();
}, STACK_TIMEOUT_MS);

const PROVIDERS = connectors.map(({ manifest }) => manifest.provider);
const found = async (books: SandboxBooks) => {
  const { findings } = await audit(stack.pool, { books });
  return findings.find(({ id }) => id === 'sandbox_books')?.violations ?? [];
};

it("compares every provider's payments with its simulator's books, transfer by transfer", async () => {
  const { merchantApi: api, control: sandbox, pool, killWorker } = stack;
  const say = (): void => undefined;
  await everyProvider.play({ api, sandbox, pool, killWorker, say, showQr: say });
  expect(await settledViolations(stack)).toEqual([]);
  const books = await readSandboxBooks(stack.sandbox.controlUrl, PROVIDERS);
  expect(await audit(pool, { books })).toMatchObject({ ok: true, not_in_sandbox: 0 });
  const { rows } = await pool.query<{ provider: string }>(
    'select distinct provider from payments where amount_received > 0',
  );
  expect(rows.map(({ provider }) => provider).sort()).toEqual([...PROVIDERS].sort());
  // What a change of each provider's books leads to.
  for (const provider of PROVIDERS) {
    const without: SandboxBooks = {
      find: (name, id) => {
        const booked = books.find(name, id);
        return booked && name === provider ? { ...booked, received: [] } : booked;
      },
    };
    expect({ provider, found: (await found(without)).length > 0 }).toEqual({ provider, found: true });
  }
  const renamed: SandboxBooks = {
    find: (name, id) => {
      const booked = books.find(name, id);
      const received = (booked?.received ?? []).map((line) => ({ ...line, transfer_id: 'T-other' }));
      return booked && name === 'finan' ? { ...booked, received } : booked;
    },
  };
  expect((await found(renamed)).map(({ message }) => message).join('\n')).toMatch(
    /by finan's books: \d+ \(T-other\)/,
  );
}, 120_000);

it('finds what is in flight without a workflow, and a workflow without anything in flight', async () => {
  const { invoice: paid, id } = await at.payable('finan');
  await stack.control.pay('finan', id);
  await stack.merchantApi.until(paid.id, 'paid', ({ status }) => status === 'paid');
  const open = await at.invoice('finan');
  expect(await livenessViolations(stack.pool, engine)).toEqual([]);

  await client.workflow.getHandle(invoiceWorkflowId(open.id)).terminate('lost, for a test');
  const idle = { args: [{ invoice_id: paid.id }], taskQueue: stack.taskQueue, startDelay: '1 hour' } as const;
  const handle = await client.workflow.start(INVOICE_WORKFLOW, {
    ...idle,
    workflowId: invoiceWorkflowId(paid.id),
  });
  const violations = await eventually(
    'the workflow engine lists the one and not the other',
    () => livenessViolations(stack.pool, { ...engine, looks: 1 }),
    (listed) => listed.length === 2,
  );
  expect(violations).toEqual(
    expect.arrayContaining([
      { about: open.id, message: 'something is in flight, and no workflow is open' },
      { about: paid.id, message: 'nothing is in flight, and its workflow is open' },
    ]),
  );
  await handle.terminate('for a test');
  await at.ask('finan', open.id);
  expect(await livenessViolations(stack.pool, engine)).toEqual([]);
}, 60_000);

it('tells who did what to an invoice, and seals it', async () => {
  const { invoice, payment, id } = await at.payable('tabby');
  await stack.control.pay('tabby', id);
  await stack.merchantApi.until(invoice.id, 'paid', ({ status }) => status === 'paid');
  const refund = await stack.call('POST', '/v1/refunds', { payment: payment.id, amount: 15_000 });
  expect(refund.status).toBe(201);
  const { body } = await stack.call('GET', `/v1/audit_entries?object=${invoice.id}&limit=100`);
  const told = body['data'] as { action: string; actor: { type: string; id: string }; sealed_in: number }[];
  const { rows } = await stack.pool.query<{ id: string }>('select id from api_keys where merchant_id = $1', [
    stack.merchant.merchant_id,
  ]);
  const key = { type: 'api_key', id: rows[0]?.id };
  const by = (action: string) => told.filter((entry) => entry.action === action).map(({ actor }) => actor);
  expect(by('invoice.created')).toEqual([key]);
  expect(by('payment.requested')).toEqual([key]);
  expect(by('money.received')).toEqual([{ type: 'provider', id: 'tabby' }]);
  // The capture is Sarraf's own doing, the refund is asked for by the merchant.
  expect(by('operation.requested')).toEqual([key, { type: 'workflow', id: 'sarraf' }]);
  expect(told.every(({ sealed_in }) => sealed_in > 0)).toBe(true);
  const canceled = await at.invoice('finan');
  await stack.call('POST', `/v1/invoices/${canceled.id}/cancel`, {});
  const end = await stack.call('GET', `/v1/audit_entries?object=${canceled.id}&action=invoice.canceled`);
  expect(end.body['data']).toMatchObject([{ actor: key }]);
});

it('leaves a record in which every invariant holds', async () => {
  expect(await settledViolations(stack)).toEqual([]);
});

/** With a payload key, whoever looks into the Temporal server learns ids and search attributes, and nothing else. */
import { randomBytes } from 'node:crypto';
import type { Client } from '@temporalio/client';
import { eventually } from './setup/eventually.ts';
import { settledViolations } from './setup/invariants.ts';
import { shop, type Shop } from './setup/shop.ts';
import { STACK_TIMEOUT_MS, startTestStack, type TestStack } from './setup/stack.ts';
import { temporalClient } from './setup/temporal-client.ts';

describe('workflows whose payloads are encrypted', () => {
  let stack: TestStack;
  let at: Shop;
  let onlooker: Client;

  beforeAll(async () => {
    process.env['TEMPORAL_PAYLOAD_KEY'] = `k1:${randomBytes(32).toString('base64')}`;
    onlooker = await temporalClient();
    stack = await startTestStack();
    at = shop(stack);
  }, STACK_TIMEOUT_MS);
  afterAll(async () => {
    delete process.env['TEMPORAL_PAYLOAD_KEY'];
    await stack.stop();
    await onlooker.connection.close();
  }, STACK_TIMEOUT_MS);

  /** A history as anybody who can reach the server can read it; ids and search attributes are meant to be read. */
  const historyOf = async (invoiceId: string): Promise<string> => {
    const { events } = await onlooker.workflow.getHandle(`invoice/${invoiceId}`).fetchHistory();
    return JSON.stringify(events, (name, value: unknown) => {
      if (name === 'searchAttributes') return undefined;
      return typeof value === 'string' && (name === 'data' || name === 'encoding')
        ? Buffer.from(value, 'base64').toString('latin1')
        : value;
    });
  };

  it('go through a payment, a timer, a webhook and a refused update like all others', async () => {
    const { invoice, id } = await at.payable('finan');
    await stack.control.pay('finan', id);
    await stack.merchantApi.until(invoice.id, 'paid', ({ status }) => status === 'paid');
    const refused = await stack.call('POST', `/v1/invoices/${invoice.id}/cancel`, {
      reason: 'canary-reason',
    });
    expect(refused).toMatchObject({ status: 409, body: { code: 'invoice_not_cancelable' } });

    const history = await historyOf(invoice.id);
    expect(history).toContain('binary/encrypted');
    expect(history).not.toMatch(/canary-reason|pay_|finan|VND/);
    expect(await settledViolations(stack)).toEqual([]);
  });

  it('keep to themselves what a provider has answered', async () => {
    await stack.control.fault('fapshi', { kind: 'status', status: 500, operation: 'create' });
    const { id } = await stack.merchantApi.createInvoice({ amount: 5_000, currency: 'XAF' });
    await at.ask('fapshi', id);
    const history = await eventually(
      'the workflow has a history',
      () => historyOf(id),
      (text) => text.includes('binary/encrypted'),
    );
    expect(history).not.toMatch(/answered|fapshi/);
  });
});

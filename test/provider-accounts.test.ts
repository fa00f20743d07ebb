/** Provider accounts on the whole stack: an account that was linked over the API carries money, whatever is changed meanwhile. */
import { shop } from './setup/shop.ts';
import { STACK_TIMEOUT_MS, startTestStack, type TestStack } from './setup/stack.ts';
import { settledViolations } from './setup/invariants.ts';

let stack: TestStack;
const call = async (method: string, path: string, body?: unknown) => {
  const answer = await stack.call(method, path, body);
  if (answer.status >= 300) throw new Error(`${path}: ${JSON.stringify(answer.body)}`);
  return answer.body;
};

/** An account at the Finan simulator, made over the API, that gets the simulator's webhooks from now on. */
async function linked(label: string): Promise<string> {
  const { base_url, credentials } = stack.sandbox.providers['finan']!;
  const account = await call('POST', '/v1/provider_accounts', {
    provider: 'finan',
    label,
    base_url,
    credentials,
  });
  const response = await fetch(`${stack.sandbox.controlUrl}/finan/webhook_url`, {
    method: 'PUT',
    body: JSON.stringify({ url: account['webhook_url'] }),
  });
  expect(response.status).toBe(200);
  return String(account['id']);
}

const request = (invoice: string, provider_account: string) =>
  stack.call('POST', `/v1/invoices/${invoice}/payments`, {
    payment_service: 'finan.bank_transfer',
    provider_account,
  });

describe('an account linked over the API', () => {
  beforeAll(async () => {
    stack = await startTestStack();
  }, STACK_TIMEOUT_MS);
  afterAll(() => stack.stop());

  it('takes the money of a running payment although it was disabled and its secret replaced', async () => {
    const account = await linked('running');
    const invoice = await shop(stack).invoice('finan');
    const payment = await request(invoice.id, account);
    expect(payment).toMatchObject({ status: 201, body: { provider_account: account, status: 'pending' } });
    await call('PATCH', `/v1/provider_accounts/${account}`, { enabled: false });
    await call('POST', `/v1/provider_accounts/${account}/rotate`, {
      credentials: { secret: 'canary-new-secret' },
    });
    await stack.control.pay('finan', String(payment.body['provider_payment_id']));
    const paid = await stack.merchantApi.until(invoice.id, 'paid', ({ status }) => status === 'paid');
    expect(paid.amounts.received.amount).toBe(200_000);
  });

  it('takes no new payment while it is disabled, and does again afterwards', async () => {
    const account = await linked('switched');
    const invoice = await shop(stack).invoice('finan');
    await call('PATCH', `/v1/provider_accounts/${account}`, { enabled: false });
    expect(await request(invoice.id, account)).toMatchObject({
      status: 422,
      body: { errors: [{ pointer: '/provider_account', code: 'account_disabled' }] },
    });
    await call('PATCH', `/v1/provider_accounts/${account}`, { enabled: true });
    expect(await request(invoice.id, account)).toMatchObject({ status: 201 });
  });

  it('has its new credentials used by the worker with the next call', async () => {
    const account = await linked('worker');
    const { credentials } = stack.sandbox.providers['finan']!;
    const rotate = (secret: unknown) =>
      call('POST', `/v1/provider_accounts/${account}/rotate`, { credentials: { secret } });
    const answerTo = async () => (await request((await shop(stack).invoice('finan')).id, account)).status;
    expect(await answerTo()).toBe(201);
    const tried = () => call('POST', `/v1/provider_accounts/${account}/test`);
    expect(await tried()).toMatchObject({ verdict: 'accepted', failure: null });
    await rotate('canary-wrong-secret');
    expect(await answerTo()).toBe(502);
    const rejected = await tried();
    expect(rejected).toMatchObject({ verdict: 'rejected', failure: { kind: 'bad_credentials' } });
    expect(JSON.stringify(rejected)).not.toContain('canary');
    await rotate(credentials['secret']);
    expect(await answerTo()).toBe(201);
  });

  it('leaves the books in order', async () => {
    expect(await settledViolations(stack)).toEqual([]);
  });
});

describe('a worker that may call public addresses only', () => {
  beforeAll(async () => {
    stack = await startTestStack({ workers: [{ PROVIDER_ADDRESSES: 'public' }] });
  }, STACK_TIMEOUT_MS);
  afterAll(() => stack.stop());

  it('sends nothing to this machine, and says why', async () => {
    const invoice = await shop(stack).invoice('finan');
    const payment = await shop(stack).ask('finan', invoice.id);
    expect(payment).toMatchObject({ status: 422, body: { code: 'provider_refused' } });
    expect(payment.body['detail']).toContain(
      'the address of the provider is not one that this installation may call',
    );
    expect(await shop(stack).accepted('finan', invoice.id)).toEqual([]);
  });
});

/** For tests: a merchant of the Fapshi simulator, who calls its API, gets its webhooks and moves its clock. */
import { startSandbox } from '../../sandbox/index.ts';
import type { RunningSandbox, SandboxProvider } from '../../sandbox/index.ts';
import { control, TestMerchant, toRecord } from '../../sandbox/test-merchant.ts';

export interface Answer {
  readonly status: number;
  readonly body: Record<string, unknown>;
}

/** Registers with the test file; every test begins with a simulator that has forgotten everything. */
export function useFapshi() {
  let sandbox: RunningSandbox;
  let merchant: TestMerchant;
  let fapshi: SandboxProvider;

  beforeAll(async () => {
    sandbox = await startSandbox({ seed: 'fapshi-test', webhookTimeoutMs: 150 });
    merchant = await TestMerchant.start();
    const provider = sandbox.providers['fapshi'];
    if (provider === undefined) throw new Error('fapshi is missing');
    fapshi = provider;
  });

  afterAll(async () => {
    await sandbox.stop();
    await merchant.stop();
  });

  beforeEach(async () => {
    await control(sandbox.controlUrl, 'DELETE /fapshi');
    await control(sandbox.controlUrl, 'PUT /fapshi/webhook_url', { url: merchant.url() });
    merchant.received.length = 0;
    merchant.answer = 200;
  });

  const headers = (): Record<string, string> => ({
    apiuser: fapshi.credentials['apiuser'] ?? '',
    apikey: fapshi.credentials['apikey'] ?? '',
    'content-type': 'application/json',
  });

  async function call(
    method: string,
    path: string,
    body?: unknown,
    change: Record<string, string> = {},
  ): Promise<Answer> {
    const response = await fetch(fapshi.base_url + path, {
      method,
      headers: { ...headers(), ...change },
      ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
    return { status: response.status, body: toRecord(await response.json()) };
  }

  const initiate = (body: unknown): Promise<Answer> => call('POST', '/initiate-pay', body);
  const status = async (transId: string) => (await call('GET', `/payment-status/${transId}`)).body;
  const transIds = (answer: Answer): unknown[] =>
    Array.isArray(answer.body['items']) ? answer.body['items'].map((item) => toRecord(item)['transId']) : [];
  const act = (id: string, verb: string, body: object = {}) =>
    control(sandbox.controlUrl, `POST /fapshi/payments/${id}/${verb}?wait=true`, body);
  const advance = (seconds: number) =>
    control(sandbox.controlUrl, 'POST /fapshi/clock', { advance_s: seconds });
  const webhookStatuses = (): unknown[] => merchant.bodies().map((body) => body['status']);

  const order = {
    amount: 5000,
    email: 'buyer@example.com',
    redirectUrl: 'https://shop.example.com/return?o=1',
    userId: 'u-9',
    externalId: 'ord_1001',
    message: 'Order 1001',
  };

  async function created(body: object = order): Promise<string> {
    return String((await initiate(body)).body['transId']);
  }

  async function direct(phone: string): Promise<string> {
    return String((await call('POST', '/direct-pay', { amount: 700, phone })).body['transId']);
  }

  return {
    get merchant() {
      return merchant;
    },
    get fapshi() {
      return fapshi;
    },
    get controlUrl() {
      return sandbox.controlUrl;
    },
    headers,
    call,
    initiate,
    status,
    transIds,
    act,
    advance,
    webhookStatuses,
    order,
    created,
    direct,
  };
}

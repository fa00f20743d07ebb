/** For tests: a merchant of the Finan simulator, who signs calls to its API, gets its webhooks and moves its clock. */
import { startSandbox } from '../../sandbox/index.ts';
import type { RunningSandbox, SandboxProvider } from '../../sandbox/index.ts';
import { control, TestMerchant, toRecord } from '../../sandbox/test-merchant.ts';
import { finanSignature } from './sandbox-signature.ts';

export interface Answer {
  readonly status: number;
  readonly body: Record<string, unknown>;
  readonly data: Record<string, unknown>;
}

interface CallOptions {
  readonly payload?: string;
  /** The bytes to send when they differ from what is signed. */
  readonly sent?: string;
  readonly headers?: Record<string, string>;
}

/** Registers with the test file; every test begins with a simulator that has forgotten everything. */
export function useFinan() {
  let sandbox: RunningSandbox;
  let merchant: TestMerchant;
  let finan: SandboxProvider;

  beforeAll(async () => {
    sandbox = await startSandbox({ seed: 'finan-test', webhookTimeoutMs: 150 });
    merchant = await TestMerchant.start();
    const provider = sandbox.providers['finan'];
    if (provider === undefined) throw new Error('finan is missing');
    finan = provider;
  });

  afterAll(async () => {
    await sandbox.stop();
    await merchant.stop();
  });

  beforeEach(async () => {
    await control(sandbox.controlUrl, 'DELETE /finan');
    await control(sandbox.controlUrl, 'PUT /finan/webhook_url', { url: merchant.url('/hooks/finan?shop=7') });
    merchant.received.length = 0;
    merchant.answer = 200;
  });

  const secret = (): string => finan.credentials['secret'] ?? '';
  const nowS = (): string => String(Math.floor(Date.now() / 1000));

  /** A signed call; `path` is relative to the base URL. */
  async function call(method: string, path: string, options: CallOptions = {}): Promise<Answer> {
    const timestamp = options.headers?.['x-timestamp'] ?? nowS();
    const payload = options.payload ?? '';
    const response = await fetch(finan.base_url + path, {
      method,
      headers: {
        'content-type': 'application/json',
        'x-client-id': finan.credentials['client_id'] ?? '',
        'x-timestamp': timestamp,
        'x-signature': finanSignature(secret(), { method, path, payload, timestamp }),
        ...options.headers,
      },
      ...(method === 'GET' ? {} : { body: options.sent ?? payload }),
    });
    const body = toRecord(await response.json());
    return { status: response.status, body, data: toRecord(body['data']) };
  }

  const order = {
    payment_method: 'bank_transfer',
    amount: 6_000_000,
    reference_id: 'ord-1',
    reference_type: 'order',
    description: 'thanh toan don hang',
    items: [{ name: 'So Ban Hang', price: 3_000_000, quantity: 2, amount: 6_000_000 }],
    customer: { name: 'Nguyen Van A', email: 'a@example.com' },
  };

  const create = (body: object): Promise<Answer> =>
    call('POST', '/api/v1/payments', { payload: JSON.stringify(body) });

  async function created(body: object = order): Promise<string> {
    const { status, data } = await create(body);
    expect(status).toBe(201);
    return String(data['payment_request_id']);
  }

  const pay = (id: string, body: object = {}) =>
    control(sandbox.controlUrl, `POST /finan/payments/${id}/pay?wait=true`, body);
  const read = async (id: string) => (await call('GET', `/api/v1/payments/${id}`)).data;
  const advance = (seconds: number) =>
    control(sandbox.controlUrl, 'POST /finan/clock', { advance_s: seconds });

  return {
    get merchant() {
      return merchant;
    },
    get finan() {
      return finan;
    },
    get controlUrl() {
      return sandbox.controlUrl;
    },
    secret,
    nowS,
    call,
    order,
    create,
    created,
    pay,
    read,
    advance,
  };
}

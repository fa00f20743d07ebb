/** Faults, webhook modes and the control API, driven through a Fapshi simulator over real HTTP. */
import { control, TestMerchant, toRecord } from './test-merchant.ts';
import { startSandbox } from './index.ts';
import type { RunningSandbox, SandboxProvider } from './index.ts';

let sandbox: RunningSandbox;
let merchant: TestMerchant;
let fapshi: SandboxProvider;

beforeAll(async () => {
  sandbox = await startSandbox({ seed: 'sandbox-test', webhookTimeoutMs: 1_000 });
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

const create = (externalId: string, signal?: AbortSignal): Promise<Response> =>
  fetch(`${fapshi.base_url}/initiate-pay`, {
    method: 'POST',
    headers: { apiuser: fapshi.credentials['apiuser'] ?? '', apikey: fapshi.credentials['apikey'] ?? '' },
    body: JSON.stringify({ amount: 1000, externalId }),
    ...(signal === undefined ? {} : { signal }),
  });

async function created(externalId: string): Promise<string> {
  const body = toRecord(await (await create(externalId)).json());
  return String(body['transId']);
}

const arm = (fault: object) => control(sandbox.controlUrl, 'POST /fapshi/faults', fault);
const armNext = (mode: object) => control(sandbox.controlUrl, 'POST /fapshi/webhooks/next', mode);
const pay = (id: string) => control(sandbox.controlUrl, `POST /fapshi/payments/${id}/pay?wait=true`);

async function items(call: string): Promise<Record<string, unknown>[]> {
  const { body } = await control(sandbox.controlUrl, call);
  return Array.isArray(body['items']) ? body['items'].map(toRecord) : [];
}

const paymentsWith = (reference: string) => items(`GET /fapshi/payments?reference=${reference}`);

it('forgives a slash too many, in front and at the end', async () => {
  for (const path of ['//balance', '/balance/', '/payment-status//zzzzzzzz'])
    expect((await fetch(fapshi.base_url + path)).status).toBe(401);
});

it('answers 405 with the methods there are, in the format of the provider', async () => {
  const answer = await fetch(`${fapshi.base_url}/initiate-pay`);
  expect([answer.status, answer.headers.get('allow')]).toEqual([405, 'POST']);
  expect(await answer.json()).toEqual({ message: 'Method GET not allowed' });
});

it('answers a HEAD like a GET, without the body', async () => {
  const [head, get] = await Promise.all(
    ['HEAD', 'GET'].map((method) => fetch(`${fapshi.base_url}/balance`, { method })),
  );
  expect([head?.status, await head?.text()]).toEqual([401, '']);
  expect(head?.headers.get('content-length')).toBe(get?.headers.get('content-length'));
});

describe('faults', () => {
  it('slow: the effect is there before the answer', async () => {
    await arm({ kind: 'slow', ms: 150 });
    const startedAt = Date.now();
    const response = await create('slow');
    expect(response.status).toBe(200);
    expect(Date.now() - startedAt).toBeGreaterThanOrEqual(140);
  });

  it('slow: a caller that gives up has made the payment all the same', async () => {
    await arm({ kind: 'slow', ms: 5_000 });
    await expect(create('gave-up', AbortSignal.timeout(100))).rejects.toThrow();
    expect(await paymentsWith('gave-up')).toHaveLength(1);
  });

  it('slow with before: the effect comes as late as the answer', async () => {
    await arm({ kind: 'slow', ms: 60_000, before: true });
    const pending = create('late-effect');
    while ((await items('GET /fapshi/faults')).length > 0);
    expect(await paymentsWith('late-effect')).toHaveLength(0);
    await control(sandbox.controlUrl, 'DELETE /fapshi/faults');
    expect((await pending).status).toBe(200);
    expect(await paymentsWith('late-effect')).toHaveLength(1);
  });

  it('status: answers in the provider format with Retry-After and does nothing', async () => {
    await arm({ kind: 'status', status: 503, retry_after_s: 7 });
    const response = await create('unavailable');
    expect(response.status).toBe(503);
    expect(response.headers.get('retry-after')).toBe('7');
    expect(await response.json()).toEqual({ message: 'Service unavailable' });
    expect(await paymentsWith('unavailable')).toHaveLength(0);
  });

  it('status with after_accept: answers an error although the payment was made', async () => {
    await arm({ kind: 'status', status: 500, after_accept: true });
    expect((await create('half-done')).status).toBe(500);
    expect(await paymentsWith('half-done')).toHaveLength(1);
  });

  it('hang_after_accept: makes the payment and never answers', async () => {
    await arm({ kind: 'hang_after_accept' });
    await expect(create('hang', AbortSignal.timeout(150))).rejects.toThrow();
    expect(await paymentsWith('hang')).toHaveLength(1);
  });

  it('reset: breaks the connection and does nothing', async () => {
    await arm({ kind: 'reset' });
    await expect(create('reset')).rejects.toThrow();
    expect(await paymentsWith('reset')).toHaveLength(0);
  });

  it('reset_after_accept: breaks the connection after making the payment', async () => {
    await arm({ kind: 'reset_after_accept' });
    await expect(create('reset-after')).rejects.toThrow();
    expect(await paymentsWith('reset-after')).toHaveLength(1);
  });

  it('truncate: answers 200 with JSON that does not parse, after making the payment', async () => {
    await arm({ kind: 'truncate' });
    const response = await create('cut');
    expect(response.status).toBe(200);
    const text = await response.text();
    expect(text.length).toBeGreaterThan(0);
    expect(() => JSON.parse(text)).toThrow();
    expect(await paymentsWith('cut')).toHaveLength(1);
  });

  it.each([
    ['html', '<!doctype html>'],
    ['empty', ''],
  ])('%s: answers 200 with anything but JSON, after making the payment', async (kind, beginning) => {
    await arm({ kind });
    const response = await create(kind);
    expect(response.status).toBe(200);
    const text = await response.text();
    expect(text.slice(0, 15)).toBe(beginning);
    expect(await paymentsWith(kind)).toHaveLength(1);
  });

  it('strikes as often as asked and no more', async () => {
    await arm({ kind: 'status', status: 500, times: 2 });
    const statuses = [await create('a'), await create('b'), await create('c')].map(({ status }) => status);
    expect(statuses).toEqual([500, 500, 200]);
  });

  it('strikes until cleared with times -1', async () => {
    await arm({ kind: 'status', status: 429, times: -1 });
    expect((await create('a')).status).toBe(429);
    expect((await create('b')).status).toBe(429);
    await control(sandbox.controlUrl, 'DELETE /fapshi/faults');
    expect((await create('c')).status).toBe(200);
  });

  it('slow: the answer goes out at once when the faults are cleared', async () => {
    await arm({ kind: 'slow', ms: 60_000 });
    let answered = false;
    const pending = create('hurried').finally(() => (answered = true));
    while ((await paymentsWith('hurried')).length === 0) expect(answered).toBe(false);
    expect(answered).toBe(false);
    await control(sandbox.controlUrl, 'DELETE /fapshi/faults');
    expect((await pending).status).toBe(200);
  });

  it('leaves other operations alone', async () => {
    const id = await created('get-only');
    await arm({ kind: 'status', status: 500, operation: 'get', times: -1 });
    expect((await create('still-fine')).status).toBe(200);
    const read = await fetch(`${fapshi.base_url}/payment-status/${id}`, {
      headers: { apiuser: fapshi.credentials['apiuser'] ?? '', apikey: fapshi.credentials['apikey'] ?? '' },
    });
    expect(read.status).toBe(500);
  });

  it('strikes with the given probability', async () => {
    await arm({ kind: 'status', status: 500, times: -1, probability: 0.5 });
    const statuses = await Promise.all(
      Array.from({ length: 60 }, async (_, i) => (await create(`p${i}`)).status),
    );
    const struck = statuses.filter((status) => status === 500).length;
    expect(struck).toBeGreaterThan(10);
    expect(struck).toBeLessThan(50);
  });

  it('never strikes payment pages', async () => {
    const link = toRecord(await (await create('page')).json())['link'];
    await arm({ kind: 'reset', times: -1 });
    expect((await fetch(String(link))).status).toBe(200);
  });
});

describe('the next webhook', () => {
  it('drop: is never sent, but recorded', async () => {
    const id = await created('dropped');
    await armNext({ do: 'drop' });
    await pay(id);
    expect(merchant.received).toHaveLength(0);
    expect(await items('GET /fapshi/webhooks')).toEqual([
      expect.objectContaining({ outcome: 'dropped', payment_id: id }),
    ]);
  });

  it('double: comes in as many copies as asked, at once', async () => {
    merchant.answer = 'silence';
    const id = await created('doubled');
    await armNext({ do: 'double', copies: 4 });
    await pay(id);
    expect(merchant.received).toHaveLength(4);
    expect(new Set(merchant.received.map(({ body }) => body)).size).toBe(1);
    expect(Math.max(...merchant.received.map(({ concurrent }) => concurrent))).toBe(4);
  });

  it('delay: comes when the simulator clock has moved on', async () => {
    const id = await created('delayed');
    await armNext({ do: 'delay', delay_ms: 60_000 });
    await pay(id);
    expect(merchant.received).toHaveLength(0);
    await control(sandbox.controlUrl, 'POST /fapshi/clock', { advance_s: 61 });
    expect(merchant.bodies()).toEqual([expect.objectContaining({ transId: id })]);
  });

  it('reorder: comes after the one that follows', async () => {
    const [first, second] = [await created('first'), await created('second')];
    await armNext({ do: 'reorder' });
    await pay(first);
    await pay(second);
    expect(merchant.bodies().map(({ transId }) => transId)).toEqual([second, first]);
  });

  it('flush: sends what reorder holds when nothing follows', async () => {
    const id = await created('held');
    await armNext({ do: 'reorder' });
    await pay(id);
    expect(merchant.received).toHaveLength(0);
    await control(sandbox.controlUrl, 'POST /fapshi/webhooks/flush?wait=true');
    expect(merchant.bodies()).toEqual([expect.objectContaining({ transId: id })]);
  });

  it('forge: comes with a wrong secret, and the true one never comes', async () => {
    const id = await created('forged');
    await armNext({ do: 'forge' });
    await pay(id);
    expect(merchant.received).toHaveLength(1);
    const secret = merchant.received[0]?.headers['x-wh-secret'];
    expect(secret).toEqual(expect.any(String));
    expect(secret).not.toBe(fapshi.credentials['webhook_secret']);
  });

  it('count: changes that many and then none', async () => {
    const ids = [await created('c1'), await created('c2'), await created('c3')];
    await armNext({ do: 'drop', count: 2 });
    for (const id of ids) await pay(id);
    expect(merchant.bodies().map(({ transId }) => transId)).toEqual([ids[2]]);
  });
});

describe('the record of deliveries', () => {
  it('holds request, answer and duration of each attempt', async () => {
    merchant.answer = 500;
    const id = await created('recorded');
    await pay(id);
    const [attempt] = await items(`GET /fapshi/webhooks?payment_id=${id}`);
    expect(attempt).toMatchObject({
      event: 'SUCCESSFUL',
      attempt: 1,
      mode: 'normal',
      url: merchant.url(),
      outcome: 'refused',
      response: { status: 500, body: '{"status":"success"}' },
      request: { body: merchant.received[0]?.body },
    });
  });

  it('tells a silent merchant from one that is not there and from none at all', async () => {
    merchant.answer = 'silence';
    await pay(await created('silent'));
    await control(sandbox.controlUrl, 'PUT /fapshi/webhook_url', { url: 'http://127.0.0.1:9/hooks' });
    await pay(await created('gone'));
    await control(sandbox.controlUrl, 'PUT /fapshi/webhook_url', { url: null });
    await pay(await created('none'));
    const outcomes = (await items('GET /fapshi/webhooks')).map(({ outcome }) => outcome);
    expect(outcomes).toEqual(['timeout', 'connection_failed', 'no_url']);
  });
});

describe('the control API', () => {
  it('explains itself', async () => {
    const { status, body } = await control(sandbox.controlUrl, 'GET /');
    expect(status).toBe(200);
    expect(Object.keys(toRecord(body['calls']))).toContain('POST /{provider}/faults');
  });

  it('shows settings, clock, armed faults and counts of a provider', async () => {
    await created('counted');
    await arm({ kind: 'reset', operation: 'payout' });
    const { body } = await control(sandbox.controlUrl, 'GET /fapshi');
    expect(body).toMatchObject({
      provider: 'fapshi',
      base_url: fapshi.base_url,
      webhook_url: merchant.url(),
      faults: [{ kind: 'reset', operation: 'payout', times_left: 1 }],
      counts: { requests: 1, payments: 1, ledger_lines: 1 },
    });
  });

  it.each([
    ['POST /fapshi/faults', { kind: 'explode' }, /kind/],
    ['POST /fapshi/faults', { kind: 'reset', operation: 'refund' }, /no operation refund/],
    ['POST /fapshi/faults', { kind: 'reset', tiems: 2 }, /tiems/],
    ['POST /fapshi/webhooks/next', { do: 'lose' }, /do/],
    ['PUT /fapshi/webhook_url', { url: 'ftp://x' }, /url/],
    ['POST /fapshi/clock', { advance_s: -1 }, /advance_s/],
    ['PUT /fapshi/settings', { unheard_of: 1 }, /unheard_of/],
  ])('refuses %s with %j and says what is allowed', async (call, body, problem) => {
    const answer = await control(sandbox.controlUrl, call, body);
    expect(answer.status).toBe(400);
    expect(answer.body['error']).toMatch(problem);
    expect(answer.body['allowed']).not.toHaveLength(0);
  });

  it('names the providers when one is unknown and the calls when a path is', async () => {
    const unknownProvider = await control(sandbox.controlUrl, 'GET /stripe');
    expect(unknownProvider).toMatchObject({
      status: 404,
      body: { allowed: expect.arrayContaining(['fapshi', 'finan']) },
    });
    const unknownCall = await control(sandbox.controlUrl, 'POST /fapshi/refunds/everything');
    expect(unknownCall.status).toBe(404);
    expect(unknownCall.body['allowed']).toContain('POST /{provider}/clock');
  });

  it('lists the calls that were made about a payment', async () => {
    const id = await created('called');
    const { body } = await control(sandbox.controlUrl, `GET /fapshi/payments/${id}`);
    expect(body['calls']).toEqual([
      expect.objectContaining({ operation: 'create', method: 'POST', status: 200 }),
    ]);
  });

  it('keeps books that show every effect with its reference', async () => {
    const id = await created('booked');
    await pay(id);
    expect(await items('GET /fapshi/ledger')).toEqual([
      expect.objectContaining({
        sequence: 1,
        kind: 'payment_created',
        payment_id: id,
        reference: 'booked',
        amount: 1000,
      }),
      expect.objectContaining({
        sequence: 2,
        kind: 'money_received',
        payment_id: id,
        reference: 'booked',
        amount: 1000,
      }),
    ]);
  });

  it('forgets everything but the webhook URL on reset', async () => {
    await created('forgotten');
    await arm({ kind: 'reset' });
    await control(sandbox.controlUrl, 'POST /fapshi/clock', { advance_s: 100 });
    const { body } = await control(sandbox.controlUrl, 'DELETE /fapshi');
    expect(body).toMatchObject({
      webhook_url: merchant.url(),
      faults: [],
      clock: { ahead_s: 0 },
      counts: { requests: 0, payments: 0, ledger_lines: 0 },
    });
  });
});

describe('startSandbox', () => {
  it('makes the same credentials from the same seed and others from another', async () => {
    const [again, other] = await Promise.all([
      startSandbox({ seed: 'sandbox-test' }),
      startSandbox({ seed: 'other' }),
    ]);
    expect(again.providers['finan']?.credentials).toEqual(sandbox.providers['finan']?.credentials);
    expect(other.providers['fapshi']?.credentials).not.toEqual(fapshi.credentials);
    await Promise.all([again.stop(), other.stop()]);
  });

  it('stops although a caller hangs', async () => {
    const own = await startSandbox({});
    await control(own.controlUrl, 'POST /fapshi/faults', { kind: 'hang_after_accept' });
    const hanging = fetch(`${own.providers['fapshi']?.base_url}/balance`).then(
      () => 'answered',
      () => 'broken off',
    );
    const accepted = async (): Promise<unknown> =>
      toRecord((await control(own.controlUrl, 'GET /fapshi')).body['counts'])['requests'];
    while ((await accepted()) !== 1);
    await own.stop();
    expect(await hanging).toBe('broken off');
  });

  it('fails cleanly when a port is taken', async () => {
    const port = Number(new URL(sandbox.controlUrl).port);
    await expect(startSandbox({ controlPort: port })).rejects.toThrow(/EADDRINUSE/);
  });
});

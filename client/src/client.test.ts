/** The client against a real HTTP server that answers as it is told and keeps what it was asked. */
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { eventually } from '../../test/setup/eventually.ts';
import {
  AuthenticationError,
  ConflictError,
  ConnectionError,
  createClient,
  InvalidRequestError,
  RateLimitError,
  ServerError,
  TimeoutError,
  type Client,
} from './index.ts';

type Answer = (response: ServerResponse, request: IncomingMessage) => void;

interface Asked {
  readonly line: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

const asked: Asked[] = [];
let answers: Answer[] = [];
const server = createServer((request, response) => {
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => chunks.push(chunk));
  request.on('end', () => {
    const { method = '', url = '', headers } = request;
    asked.push({ line: `${method} ${url}`, headers, body: Buffer.concat(chunks).toString() });
    const answer = answers.shift() ?? json(200, {});
    answer(response, request);
  });
});

const json =
  (status: number, body: unknown, headers: Readonly<Record<string, string>> = {}): Answer =>
  (response) =>
    void response
      .writeHead(status, { 'content-type': 'application/json', ...headers })
      .end(JSON.stringify(body));
const problem = (status: number, code: string, headers = {}, more = {}): Answer =>
  json(status, { title: 'No', detail: 'not so', status, code, request_id: 'req_1', ...more }, headers);
const reset: Answer = (_response, request) => request.socket.destroy();
const silence: Answer = () => undefined;
/** Asks for no pause, so that tests need none. */
const AT_ONCE = { 'retry-after': '0' };

const API_KEY = 'sk_sandbox_canary';
let baseUrl: string;
let client: Client;
beforeAll(async () => {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  client = createClient({ baseUrl: `${baseUrl}/`, apiKey: API_KEY });
});
beforeEach(() => {
  asked.length = 0;
  answers = [];
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});

const INVOICE = { amount: 5000, currency: 'VND' };
const failureOf = (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    () => undefined,
    (error: unknown) => error,
  );

describe('a call that makes something', () => {
  it('carries the key, the version, the body, and an idempotency key of its own', async () => {
    answers = [json(201, { id: 'inv_1' }), json(201, { id: 'inv_2' })];
    expect(await client.invoices.create(INVOICE)).toEqual({ id: 'inv_1' });
    await client.invoices.create(INVOICE);
    expect(asked[0]).toMatchObject({
      line: 'POST /v1/invoices',
      headers: {
        authorization: `Bearer ${API_KEY}`,
        'content-type': 'application/json',
        'sarraf-version': '2026-11-01',
      },
      body: JSON.stringify(INVOICE),
    });
    const keys = asked.map(({ headers }) => headers['idempotency-key']);
    expect(keys[0]).toMatch(/^[\w-]{36}$/);
    expect(new Set(keys).size).toBe(2);
  });

  it('keeps its idempotency key when it is repeated, whatever went wrong', async () => {
    answers = [
      reset,
      problem(503, 'temporarily_unavailable', AT_ONCE),
      problem(409, 'idempotency_in_progress', AT_ONCE),
      json(200, { id: 'pay_1' }),
    ];
    const payment = await client.invoices.requestPayment('inv_1', {}, { retries: 3 });
    expect(payment.id).toBe('pay_1');
    expect(asked).toHaveLength(4);
    expect(new Set(asked.map(({ headers }) => headers['idempotency-key'])).size).toBe(1);
  });

  it('takes the key it is given, and names it in the failure, so that the call can be repeated later', async () => {
    answers = [reset];
    const error = await failureOf(
      client.refunds.create({ payment: 'pay_1' }, { idempotencyKey: 'order-1', retries: 0 }),
    );
    expect(asked[0]?.headers['idempotency-key']).toBe('order-1');
    expect(error).toBeInstanceOf(ConnectionError);
    expect(error).toMatchObject({ idempotency_key: 'order-1', attempts: 1 });
    expect(String(error)).not.toContain('canary');
  });
});

describe('a move of the test clock', () => {
  it('is not repeated when it may have happened', async () => {
    answers = [problem(503, 'temporarily_unavailable', AT_ONCE)];
    expect(await failureOf(client.invoices.advanceClock('inv_1', 60))).toBeInstanceOf(ServerError);
    answers = [reset];
    expect(await failureOf(client.invoices.advanceClock('inv_1', 60))).toBeInstanceOf(ConnectionError);
    expect(asked).toHaveLength(2);
  });

  it('is repeated when it was refused unseen', async () => {
    answers = [problem(429, 'too_many_requests', AT_ONCE), json(200, { advanced_s: 60 })];
    expect(await client.invoices.advanceClock('inv_1', 60)).toEqual({ advanced_s: 60 });
  });
});

describe('a failure', () => {
  it('is of a class, with everything the API says', async () => {
    const errors = [
      { pointer: '/amount', code: 'required', detail: 'is missing', expected: 'a whole number' },
    ];
    answers = [problem(422, 'validation_failed', {}, { errors })];
    const error = await failureOf(client.invoices.create(INVOICE));
    expect(error).toBeInstanceOf(InvalidRequestError);
    expect(error).toMatchObject({ status: 422, code: 'validation_failed', request_id: 'req_1', errors });
    expect(asked).toHaveLength(1);
  });

  it.each([
    [401, 'unauthenticated', AuthenticationError],
    [409, 'invoice_not_payable', ConflictError],
    [502, 'provider_credentials_rejected', ServerError],
  ])('is not repeated when that would change nothing: %i %s', async (status, code, Class) => {
    answers = [problem(status, code)];
    expect(await failureOf(client.invoices.requestPayment('inv_1'))).toBeInstanceOf(Class);
    expect(asked).toHaveLength(1);
  });

  it('says when to come back, instead of waiting for very long', async () => {
    answers = [problem(429, 'too_many_requests', { 'retry-after': '3600' })];
    const error = await failureOf(client.events.list().page());
    expect(error).toBeInstanceOf(RateLimitError);
    expect(error).toMatchObject({ retry_after_s: 3600, attempts: 1 });
  });

  it('waits as long as Retry-After says', async () => {
    answers = [problem(429, 'too_many_requests', { 'retry-after': '1' }), json(200, { id: 'inv_1' })];
    const begin = performance.now();
    await client.invoices.get('inv_1');
    expect(performance.now() - begin).toBeGreaterThan(990);
  });

  it('is said of a page that is no answer of the API', async () => {
    answers = [(response) => void response.writeHead(404).end('<html>lost</html>')];
    expect(await failureOf(client.invoices.get('inv_1'))).toMatchObject({
      status: 404,
      code: 'unreadable_answer',
    });
  });

  it('comes when an attempt takes too long, and when the caller gives up', async () => {
    answers = [silence];
    const late = await failureOf(client.invoices.get('inv_1', { timeout_ms: 50, retries: 0 }));
    expect(late).toBeInstanceOf(TimeoutError);
    answers = [silence];
    const giveUp = new AbortController();
    const work = failureOf(client.invoices.get('inv_1', { signal: giveUp.signal }));
    await eventually(
      'the second call',
      async () => asked.length,
      (count) => count === 2,
    );
    giveUp.abort(new Error('the customer has left'));
    expect(await work).toEqual(new Error('the customer has left'));
    answers = [problem(429, 'too_many_requests', { 'retry-after': '20' })];
    const waiting = failureOf(client.invoices.get('inv_1', { signal: AbortSignal.timeout(100) }));
    expect(await waiting).toMatchObject({ name: 'TimeoutError' });
  });

  it('is a deletion only when it was not this call that deleted', async () => {
    answers = [reset, problem(404, 'not_found')];
    await client.webhookEndpoints.delete('whe_1');
    answers = [problem(404, 'not_found')];
    expect(await failureOf(client.webhookEndpoints.delete('whe_1'))).toMatchObject({ code: 'not_found' });
  });
});

describe('a list', () => {
  const page = (ids: readonly string[], has_more: boolean): Answer =>
    json(200, { object: 'list', data: ids.map((id) => ({ id })), has_more });

  it('goes through all pages, the newest first, and asks for no page before it is needed', async () => {
    answers = [page(['inv_5', 'inv_4'], true), page(['inv_3'], false)];
    const seen: string[] = [];
    for await (const { id } of client.invoices.list({ status: 'paid', limit: 2 })) {
      seen.push(id);
      if (id === 'inv_4') expect(asked).toHaveLength(1);
    }
    expect(seen).toEqual(['inv_5', 'inv_4', 'inv_3']);
    expect(asked.map(({ line }) => line)).toEqual([
      'GET /v1/invoices?limit=2&status=paid',
      'GET /v1/invoices?limit=2&status=paid&starting_after=inv_4',
    ]);
  });

  it('writes lists and objects of its query as the API reads them', async () => {
    answers = [page([], false), json(200, { id: 'inv_1' })];
    const query = { metadata: { 'order id': '1&2', shop: 'é' }, expand: ['events', 'payments'] } as const;
    await client.invoices.list(query).page();
    await client.invoices.get('inv_1', { expand: ['events'] });
    expect(asked.map(({ line }) => decodeURIComponent(line))).toEqual([
      'GET /v1/invoices?metadata[order+id]=1&2&metadata[shop]=é&expand=events,payments',
      'GET /v1/invoices/inv_1?expand=events',
    ]);
    expect(asked[0]?.line).toContain('=1%262&');
  });

  it('goes from a cursor to the newest, the oldest first', async () => {
    answers = [page(['evt_3', 'evt_2'], true), page(['evt_4'], false)];
    const rows = await client.events.list({ ending_before: 'evt_1' }).toArray();
    expect(rows.map(({ id }) => id)).toEqual(['evt_2', 'evt_3', 'evt_4']);
    expect(asked[1]?.line).toBe('GET /v1/events?limit=100&ending_before=evt_3');
  });

  it('ends where enough was read', async () => {
    answers = [page(['case_2', 'case_1'], true)];
    expect(await client.cases.list().toArray(2)).toHaveLength(2);
    expect(asked).toHaveLength(1);
  });
});

it('refuses options and ids that lead elsewhere', async () => {
  expect(() => createClient({ baseUrl: 'pay.example.com', apiKey: API_KEY })).toThrow('baseUrl');
  expect(() => createClient({ baseUrl, apiKey: 'sk with\nblanks' })).toThrow('apiKey');
  expect(() => client.invoices.get('..')).toThrow('an id is needed');
  await client.invoices.get('../merchant?x=1');
  expect(asked[0]?.line).toBe('GET /v1/invoices/..%2Fmerchant%3Fx%3D1');
});

it('follows no redirect with the key', async () => {
  answers = [(response) => void response.writeHead(302, { location: `${baseUrl}/elsewhere` }).end()];
  expect(await failureOf(client.invoices.get('inv_1', { retries: 0 }))).toBeInstanceOf(ConnectionError);
  expect(asked).toHaveLength(1);
});

import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { inspect } from 'node:util';
import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib';
import { ProviderError, type ProviderFailure } from '../domain/provider-error.ts';
import { createProviderHttp, type Exchange, type ProviderHttp, type ProviderRequest } from './http.ts';
import { networkFailure } from './network-failure.ts';
import { answering, startScriptedServer, type ScriptedServer } from './scripted-server.ts';

let server: ScriptedServer;
let http: ProviderHttp & { close(): Promise<void> };
let exchanges: Exchange[];

beforeEach(async () => {
  server = await startScriptedServer();
  exchanges = [];
  http = createProviderHttp({ onExchange: (exchange) => exchanges.push(exchange), max_answer_bytes: 1000 });
});

afterEach(async () => {
  await server.close();
  await http.close();
});

const read = (over: Partial<ProviderRequest> = {}): ProviderRequest => ({
  operation: 'read_payment',
  method: 'GET',
  url: `${server.url}/payments/1`,
  mutates: false,
  ...over,
});
const create = (over: Partial<ProviderRequest> = {}): ProviderRequest => ({
  operation: 'create_payment',
  method: 'POST',
  url: `${server.url}/payments`,
  headers: { 'content-type': 'application/json', 'x-client-id': 'c-1' },
  body: '{"amount":1}',
  mutates: true,
  ...over,
});

async function failureOf(call: Promise<unknown>): Promise<ProviderFailure> {
  const error: unknown = await call.then(
    () => {
      throw new Error('the call succeeded');
    },
    (reason: unknown) => reason,
  );
  if (error instanceof ProviderError) return error.failure;
  throw error;
}

/** The address of a port on which nobody listens. */
async function closedAddress(): Promise<string> {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port } = probe.address() as AddressInfo;
  probe.close();
  await once(probe, 'close');
  return `http://127.0.0.1:${port}`;
}

const packed =
  (encoding: string, body: Buffer | string): ScriptedServer['script'] =>
  (_, response) =>
    response.writeHead(200, { 'content-encoding': encoding }).end(body);

describe('what goes out and comes back', () => {
  it('sends body and headers as they are and reads the answer with lower-case header names', async () => {
    server.script = answering(201, { id: 'ü' }, { 'X-Request-Id': 'r1' });
    const response = await http.send(create());
    expect(response).toMatchObject({ status: 201, text: '{"id":"ü"}' });
    expect(response.headers['x-request-id']).toBe('r1');
    expect(server.requests).toMatchObject([
      { method: 'POST', path: '/payments', body: '{"amount":1}', headers: { 'x-client-id': 'c-1' } },
    ]);
  });

  it('sends a GET without body, content length or transfer encoding', async () => {
    server.script = answering(200, {});
    await http.send(read());
    expect(Object.keys(server.requests[0]?.headers ?? {}).sort()).toEqual(['connection', 'host']);
  });

  it('uses one connection again', async () => {
    const narrow = createProviderHttp({ connections_per_origin: 1 });
    server.script = answering(200, {});
    await narrow.send(read());
    await narrow.send(read());
    await narrow.close();
    expect(server.requests[1]?.port).toBe(server.requests[0]?.port);
  });

  it.each([
    ['gzip', gzipSync],
    ['X-Gzip', gzipSync],
    ['deflate', deflateSync],
    ['br', brotliCompressSync],
    ['identity', Buffer.from],
  ])('unpacks %s, which nobody asked for', async (encoding, pack) => {
    server.script = packed(encoding, pack(Buffer.from('{"name":"سارة"}')));
    expect((await http.send(create())).text).toBe('{"name":"سارة"}');
    expect(server.requests[0]?.headers['accept-encoding']).toBeUndefined();
  });

  it('takes a refusal for one by its status when its words cannot be unpacked', async () => {
    server.script = (_, response) => response.writeHead(400, { 'content-encoding': 'gzip' }).end('no');
    expect(await http.send(create())).toMatchObject({ status: 400, text: '' });
  });

  it('hands a redirect back instead of following it', async () => {
    server.script = answering(302, '', { location: `${server.url}/elsewhere` });
    expect((await http.send(create())).status).toBe(302);
    expect(server.requests).toHaveLength(1);
  });

  it('gives error statuses back for the connector to judge', async () => {
    server.script = answering(503, 'busy');
    expect(await http.send(create())).toMatchObject({ status: 503, text: 'busy' });
  });
});

describe('a call of which nothing was sent', () => {
  it.each([
    ['an address', (port: string) => `http://127.0.0.1:${port}/`],
    ['an address in disguise', (port: string) => `http://[::ffff:127.0.0.1]:${port}/`],
    ['a name that resolves to one', (port: string) => `http://localhost:${port}/`],
  ])(
    'is refused when only public addresses may be called and the URL has %s of this machine',
    async (_, urlOf) => {
      const strict = createProviderHttp({ reach: 'public' });
      const failure = await failureOf(strict.send(create({ url: urlOf(new URL(server.url).port) })));
      await strict.close();
      expect(failure).toMatchObject({ kind: 'invalid_request', code: 'address_not_allowed' });
      expect(server.requests).toEqual([]);
    },
  );

  it('goes out to a name of this machine where that is allowed', async () => {
    server.script = answering(200, {});
    expect((await http.send(create({ url: server.url.replace('127.0.0.1', 'localhost') }))).status).toBe(200);
  });

  it('is unavailable when the connection is refused', async () => {
    const url = await closedAddress();
    expect(await failureOf(http.send(create({ url })))).toMatchObject({
      kind: 'unavailable',
      code: 'connection_refused',
    });
  });

  it('is unavailable when the name does not resolve', async () => {
    const failure = await failureOf(http.send(create({ url: 'http://no-such-host.invalid/' })));
    expect(failure).toMatchObject({ kind: 'unavailable', code: 'dns_failure' });
  });

  it('is unavailable when the other side does not speak TLS', async () => {
    const url = server.url.replace('http:', 'https:');
    expect(await failureOf(http.send(create({ url })))).toMatchObject({
      kind: 'unavailable',
      code: 'tls_failure',
    });
  });

  it('is unavailable when the caller had already given up', async () => {
    const failure = await failureOf(http.send(create({ signal: AbortSignal.abort() })));
    expect(failure).toMatchObject({ kind: 'unavailable', code: 'aborted' });
    expect(server.requests).toHaveLength(0);
  });

  it('is unavailable when time runs out in the queue for a connection, and is not sent afterwards', async () => {
    const narrow = createProviderHttp({ connections_per_origin: 1 });
    let release = (): void => undefined;
    const held = new Promise<void>((resolve) => {
      server.script = (request, response) => {
        if (request.path === '/slow') release = () => response.end('{}');
        else response.end('{}');
        resolve();
      };
    });
    const slow = narrow.send(read({ url: `${server.url}/slow` }));
    await held;
    const failure = await failureOf(narrow.send(create({ timeout_ms: 20 })));
    expect(failure).toMatchObject({ kind: 'unavailable', code: 'timeout' });
    release();
    await slow;
    await narrow.send(read({ url: `${server.url}/last` }));
    expect(server.requests.map(({ path }) => path)).toEqual(['/slow', '/last']);
    await narrow.close();
  });

  it.each([
    ['a URL of another scheme', { url: 'ftp://127.0.0.1/x' }],
    ['no URL at all', { url: 'payments' }],
    ['a header with a line break', { headers: { 'x-key': 'a\r\nb' } }],
  ])('is an invalid request when it has %s', async (_, over) => {
    const failure = await failureOf(http.send(create(over)));
    expect(failure).toMatchObject({ kind: 'invalid_request', code: 'unsendable_request' });
    expect(server.requests).toHaveLength(0);
  });

  it('is unavailable when connecting takes too long', () => {
    const error = Object.assign(new Error('x'), { code: 'UND_ERR_CONNECT_TIMEOUT' });
    expect(networkFailure(error, { sent: false, mutates: true })).toMatchObject({
      kind: 'unavailable',
      code: 'connect_timeout',
    });
  });

  it('says which check of a certificate failed', () => {
    const error = Object.assign(new Error('x'), { code: 'CERT_HAS_EXPIRED' });
    const failure = networkFailure(error, { sent: false, mutates: true });
    expect(failure).toMatchObject({ kind: 'unavailable', code: 'tls_failure' });
    expect(failure.message).toContain('CERT_HAS_EXPIRED');
  });
});

describe('a call that was sent and not answered', () => {
  const cases: [string, ScriptedServer['script'], string][] = [
    ['a reset before any answer', (_, __, socket) => socket.resetAndDestroy(), 'connection_reset'],
    ['a close before any answer', (_, __, socket) => socket.destroy(), 'connection_reset'],
    [
      'a body that is cut off',
      (_, response, socket) => {
        response.writeHead(200, { 'content-length': '100' });
        response.write('{"id"', () => socket.destroy());
      },
      'connection_reset',
    ],
    [
      'headers and then nothing',
      (_, response) => void response.writeHead(200, { 'content-length': '100' }).write('{"id"'),
      'timeout',
    ],
    ['an answer that is too large', answering(200, 'x'.repeat(1001)), 'answer_too_large'],
    ['a packed one that is', packed('gzip', gzipSync('x'.repeat(1001))), 'answer_too_large'],
    [
      'a packed one that is cut off',
      packed('gzip', gzipSync('{"id":1}').subarray(0, 15)),
      'malformed_answer',
    ],
    ['one that only says it is packed', packed('br', '{"id":1}'), 'malformed_answer'],
    ['one packed in an unknown way', packed('zstd', '{"id":1}'), 'malformed_answer'],
    ['an answer that is not HTTP', (_, __, socket) => socket.end('nonsense\r\n\r\n'), 'malformed_answer'],
    ['no answer in time', () => undefined, 'timeout'],
  ];

  it.each(cases)('leaves the outcome of a mutation unknown after %s', async (_, script, code) => {
    server.script = script;
    const failure = await failureOf(http.send(create({ timeout_ms: 300 })));
    expect(failure).toMatchObject({ kind: 'unknown_outcome', code });
  });

  it.each(cases)('makes a read unavailable after %s', async (_, script, code) => {
    server.script = script;
    const failure = await failureOf(http.send(read({ timeout_ms: 300 })));
    expect(failure).toMatchObject({ kind: 'unavailable', code });
  });

  it('leaves the outcome unknown when the caller gives up in the middle', async () => {
    const caller = new AbortController();
    server.script = () => caller.abort();
    const failure = await failureOf(http.send(create({ signal: caller.signal })));
    expect(failure).toMatchObject({ kind: 'unknown_outcome', code: 'aborted' });
  });

  it('is never sent a second time when a connection that was used before breaks', async () => {
    const narrow = createProviderHttp({ connections_per_origin: 1 });
    server.script = answering(200, {});
    await narrow.send(read());
    server.script = (_, __, socket) => socket.resetAndDestroy();
    expect(await failureOf(narrow.send(create()))).toMatchObject({ kind: 'unknown_outcome' });
    expect(server.requests.filter(({ method }) => method === 'POST')).toHaveLength(1);
    expect(server.requests[1]?.port).toBe(server.requests[0]?.port);
    await narrow.close();
  });
});

describe('the exchange hook', () => {
  it('tells of an answer without values of the query, user names or passwords', async () => {
    server.script = answering(200, {});
    const url = `${server.url.replace('//', '//user:pass@')}/p?token=s3cret&page=2`;
    await http.send(read({ url }));
    expect(exchanges).toMatchObject([
      {
        operation: 'read_payment',
        method: 'GET',
        url: `${server.url}/p?token=…&page=…`,
        outcome: { type: 'answered', status: 200 },
      },
    ]);
    expect(exchanges[0]?.duration_ms).toBeGreaterThanOrEqual(0);
    expect(Date.parse(exchanges[0]?.started_at ?? '')).not.toBeNaN();
  });

  it('tells of a failure with its kind', async () => {
    server.script = (_, __, socket) => socket.destroy();
    await failureOf(http.send(create()));
    expect(exchanges).toMatchObject([{ outcome: { type: 'failed', failure: { kind: 'unknown_outcome' } } }]);
  });

  it('never lets a secret into the exchange or the error', async () => {
    server.script = (_, __, socket) => socket.end('canary-answer\r\n\r\n');
    const call = http.send(create({ headers: { apikey: 'canary-key' }, body: 'canary-body' }));
    const error: unknown = await call.catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(ProviderError);
    expect(inspect([error, exchanges], { depth: 9, showHidden: true })).not.toContain('canary');
  });

  it('does not spoil a call when it throws', async () => {
    const warn = jest.spyOn(process, 'emitWarning').mockImplementation(() => undefined);
    const careless = createProviderHttp({
      onExchange: () => {
        throw new Error('log full');
      },
    });
    server.script = answering(200, {});
    expect((await careless.send(read())).status).toBe(200);
    expect(warn).toHaveBeenCalledWith(expect.stringContaining('log full'));
    warn.mockRestore();
    await careless.close();
  });
});

it('forgets its listeners on a caller that lives long', async () => {
  const caller = new AbortController();
  const added = jest.spyOn(caller.signal, 'addEventListener');
  const removed = jest.spyOn(caller.signal, 'removeEventListener');
  server.script = answering(200, {});
  await http.send(read({ signal: caller.signal }));
  expect(removed.mock.calls).toEqual(added.mock.calls);
  expect(added).toHaveBeenCalledTimes(1);
});

import { z } from 'zod';
import { failureOf } from '../test/setup/failure-of.ts';
import { createProviderHttp } from './http.ts';
import { callJson, refusalInMessage, type JsonCall } from './json-call.ts';
import { answering, startScriptedServer, type ScriptedServer } from './scripted-server.ts';
import { createTokenStore } from './token-store.ts';

const http = createProviderHttp();
let server: ScriptedServer;
beforeEach(async () => {
  server = await startScriptedServer();
});
afterEach(() => server.close());
afterAll(() => http.close());

const read: JsonCall = { operation: 'read_payment', method: 'GET', path: '/payments/1', mutates: false };
const create: JsonCall = {
  operation: 'create_payment',
  method: 'POST',
  path: '/payments',
  body: { amount: 5 },
  mutates: true,
};
const call = (wanted: JsonCall) =>
  callJson(
    {
      account: { id: 'acc_1', base_url: `${server.url}/v1//`, credentials: null },
      http,
      tokens: createTokenStore(Date.now),
      now: Date.now,
      signal: new AbortController().signal,
    },
    wanted,
    z.object({ id: z.string() }),
    { headers: { 'x-api-key': 'k' }, refusal: refusalInMessage },
  );

it('joins base and path with one slash, and sends a body and its type only when there is one', async () => {
  server.script = answering(200, { id: 'p1' });
  expect((await call(read)).data).toEqual({ id: 'p1' });
  await call(create);
  expect(server.requests).toMatchObject([
    { method: 'GET', path: '/v1/payments/1', headers: { 'x-api-key': 'k' }, body: '' },
    {
      method: 'POST',
      path: '/v1/payments',
      headers: { 'content-type': 'application/json' },
      body: '{"amount":5}',
    },
  ]);
  expect(server.requests[0]?.headers).not.toHaveProperty('content-type');
});

it.each([
  [400, { message: 'too\nlow' }, 'invalid_request', 'too low'],
  [400, { message: '' }, 'invalid_request', 'the provider answered 400 to create_payment'],
  [401, '<html>', 'bad_credentials', 'the provider answered 401 to create_payment'],
  [500, { message: 'oops' }, 'unknown_outcome', 'oops'],
  [200, { id: 1 }, 'unknown_outcome', 'the answer to create_payment has unexpected fields: id'],
])('takes %i %j as %s', async (status, body, kind, message) => {
  server.script = answering(status, body);
  expect(await failureOf(call(create))).toMatchObject({ kind, message });
});

import { connect } from 'node:net';
import { ENGINES_TIMEOUT_MS } from '../test/setup/engines.ts';
import { startTestApi, type TestApi } from './testing/api.ts';

let api: TestApi;
beforeAll(async () => {
  api = await startTestApi();
}, ENGINES_TIMEOUT_MS);
afterAll(() => api.stop());

/** Sends bytes as they are; resolves with status and body when the API has closed the connection. */
function sendRaw(text: string): Promise<{ status: number; type: string | undefined; body: string }> {
  const { hostname, port } = new URL(api.url);
  return new Promise((resolve, reject) => {
    const socket = connect(Number(port), hostname);
    let answer = '';
    socket.on('data', (bytes: Buffer) => (answer += bytes.toString()));
    socket.once('error', reject);
    socket.once('close', () => {
      const [head = '', body = ''] = answer.split('\r\n\r\n');
      const status = Number(head.split(' ')[1]);
      resolve({ status, type: /^content-type: (.*)$/im.exec(head)?.[1], body });
    });
    socket.write(text);
  });
}

it.each([
  ['no HTTP at all', 'hello\r\n\r\n', 400, 'malformed_request'],
  ['another version', 'GET /healthz HTTP/3.0\r\n\r\n', 400, 'malformed_request'],
  [
    'two lengths',
    'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n',
    400,
    'malformed_request',
  ],
  [
    'endless headers',
    `GET / HTTP/1.1\r\nHost: a\r\nX: ${'a'.repeat(70_000)}\r\n\r\n`,
    431,
    'headers_too_large',
  ],
])('%s is answered with problem details', async (_what, text, status, code) => {
  const answer = await sendRaw(text);
  expect(answer).toMatchObject({ status, type: 'application/problem+json; charset=utf-8' });
  const problem = JSON.parse(answer.body) as Record<string, unknown>;
  expect(problem).toMatchObject({ status, code, request_id: expect.stringMatching(/^req_/) });
  expect(problem.type).toBe(`${api.url}/docs/errors#${code}`);
});

it('an expectation that nobody knows is ignored', async () => {
  const answer = await sendRaw(
    'GET /healthz HTTP/1.1\r\nHost: a\r\nExpect: wonders\r\nConnection: close\r\n\r\n',
  );
  expect(answer).toMatchObject({ status: 200 });
});

it('goes on answering others afterwards', async () => {
  expect(await api.call('GET', '/v1/invoices')).toMatchObject({ status: 200 });
});

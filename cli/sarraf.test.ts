/** The merchant's command line as a person runs it: a process of its own, against the real API over HTTP. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { OPERATOR_KEY, startTestApi, type TestApi } from '../api/testing/api.ts';
import { connectors } from '../providers/index.ts';
import { tabbySimulator } from '../providers/tabby/sandbox.ts';
import type { RunningSimulator } from '../sandbox/simulator.ts';
import { ENGINES_TIMEOUT_MS } from '../test/setup/engines.ts';

let api: TestApi;
let tabby: RunningSimulator;
let directory: string;
const outputs: string[] = [];

beforeAll(async () => {
  api = await startTestApi({ connectors });
  tabby = await tabbySimulator.start({ seed: 'cli', credentials: { webhook_secret: 'canary-of-tabby' } });
  directory = await mkdtemp(join(tmpdir(), 'sarraf-cli-'));
}, ENGINES_TIMEOUT_MS);
afterAll(async () => {
  await rm(directory, { recursive: true, force: true });
  await tabby.stop();
  await api.stop();
});

interface Ran {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** Runs the command line as npm does; `env` comes on top of address and key. */
async function run(args: readonly string[], input = '', env: Record<string, string> = {}): Promise<Ran> {
  const child = spawn(process.execPath, ['--import', 'tsx/esm', 'cli/sarraf.ts', ...args], {
    env: {
      PATH: process.env['PATH'],
      INIT_CWD: directory,
      SARRAF_DATA_DIR: directory,
      SARRAF_API_URL: api.url,
      SARRAF_API_KEY: api.merchant.key,
      ...env,
    },
  });
  child.stdin.on('error', () => undefined).end(input);
  const [out, err, [code]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, 'close'),
  ]);
  outputs.push(out, err);
  return { code: code as number, out, err };
}
const json = async (args: readonly string[], input = '', env = {}): Promise<Record<string, unknown>> => {
  const { code, out, err } = await run([...args, '--json'], input, env);
  if (code !== 0) throw new Error(err);
  return JSON.parse(out) as Record<string, unknown>;
};

it('makes merchants and keys, replaces a key and ends it', async () => {
  const operator = { SARRAF_OPERATOR_KEY: OPERATOR_KEY };
  const merchant = await json(['merchants', 'create', 'Bazaar Ltd'], '', operator);
  const id = String(merchant['id']);
  const made = await json(['keys', 'create', '--merchant', id, '--mode', 'live'], '', operator);
  const as = { SARRAF_API_KEY: String(made['secret']) };
  const rotated = await run(['keys', 'rotate', String(made['id']), '--overlap', '1h'], '', as);
  expect(rotated.out).toMatch(/^Secret +sk_live_\w+/m);
  expect(rotated.err).toContain('this one time');
  const reports = await json(['keys', 'create', '--label', 'reports', '--scopes', 'read'], '', as);
  expect(await json(['keys', 'revoke', String(reports['id'])], '', as)).toMatchObject({ status: 'revoked' });
  const listed = await run(['keys', 'list', '--active'], '', as);
  expect(listed.out.trim().split('\n')).toHaveLength(3);
  expect((await run(['merchants', 'list'], '', operator)).out).toMatch(new RegExp(`^${id} +Bazaar Ltd`, 'm'));
  const nobody = await run(['merchants', 'list']);
  expect(nobody.err).toContain('SARRAF_OPERATOR_KEY');
  const fresh = await json(['operator-key']);
  expect(fresh['operator_key']).toMatch(/^sk_operator_[\w-]{43}$/);
}, 120_000);

it('links, shows, renames, switches and lists accounts', async () => {
  const created = await json(
    ['accounts', 'create', 'tabby', '--label', 'shop', '--base-url', tabby.baseUrl],
    JSON.stringify(tabby.credentials),
  );
  const id = String(created['id']);
  expect(created).toMatchObject({ provider: 'tabby', label: 'shop', base_url: tabby.baseUrl, enabled: true });
  const shown = await run(['accounts', 'show', id]);
  expect(shown).toMatchObject({ code: 0, err: '' });
  expect(shown.out).toMatch(/^State +enabled$/m);
  expect(shown.out).toMatch(/^Credentials set +secret_key, merchant_code, webhook_header, webhook_secret$/m);
  expect(await json(['accounts', 'update', id, '--label', 'renamed'])).toMatchObject({ label: 'renamed' });
  expect(await json(['accounts', 'disable', id])).toMatchObject({ enabled: false });
  expect((await run(['accounts', 'list', '--disabled'])).out).toMatch(
    new RegExp(`^${id} +tabby +renamed +sandbox +disabled +http`, 'm'),
  );
  expect(await json(['accounts', 'enable', id])).toMatchObject({ enabled: true });
  expect(await json(['accounts', 'list', '--provider', 'tabby'])).toMatchObject({
    data: [{ id }],
    has_more: false,
  });
}, 60_000);

it('rotates with a file and with the environment, and takes the overlap in words', async () => {
  const created = await json(
    ['accounts', 'create', 'finan', '--label', 'rotated', '--base-url', 'http://127.0.0.1:9'],
    '',
    { SARRAF_CREDENTIALS: '{"client_id": "canary-client", "secret": "canary-secret"}' },
  );
  await writeFile(join(directory, 'new.json'), '{"secret": "canary-new"}');
  const id = String(created['id']);
  const rotated = await json(['accounts', 'rotate', id, '--credentials', 'new.json', '--overlap', '2h']);
  const [previous] = rotated['previous_credentials'] as { valid_until: string }[];
  expect(Math.abs(Date.parse(previous?.valid_until ?? '') - Date.now() - 7_200_000)).toBeLessThan(60_000);
  const ended = await json(
    ['accounts', 'rotate', id, '--credentials', '-', '--overlap', '0'],
    '{"secret":"canary-3"}',
  );
  expect(ended).toMatchObject({ revision: 3, previous_credentials: [] });
  const wrong = await run(['accounts', 'rotate', id, '--overlap', 'soon'], '{}');
  expect(wrong.code).toBe(2);
  expect(wrong.err).toContain('a time is needed, such as 90s, 15m, 24h, 7d or 0');
}, 60_000);

it('registers webhooks, and says what a person has to do elsewhere', async () => {
  const made = await json(
    ['accounts', 'create', 'tabby', '--label', 'webhooks', '--base-url', tabby.baseUrl],
    JSON.stringify(tabby.credentials),
  );
  const id = String(made['id']);
  expect((await run(['webhooks', 'show', id])).out).toContain('Nothing is registered at the provider.');
  const url = `${api.url}/webhooks/tabby/${id}`;
  expect((await run(['webhooks', 'register', id])).out).toMatch(new RegExp(`^current +${url}`, 'm'));
  expect(await json(['webhooks', 'register', id])).toMatchObject({
    registered: [{ url, standing: 'current' }],
  });
  const finan = await json(
    ['accounts', 'create', 'finan', '--label', 'by hand', '--base-url', 'http://127.0.0.1:9'],
    '{"client_id": "canary-client", "secret": "canary-secret"}',
  );
  const byHand = await run(['webhooks', 'register', String(finan['id'])]);
  expect(byHand.out).toContain(
    `2. Enter ${api.url}/webhooks/finan/${String(finan['id'])} as the webhook URL`,
  );
  expect(byHand.out).toMatch(/^secret \(set\): /m);
}, 60_000);

it('says what is wrong, field by field, and the whole problem with --json', async () => {
  const wrong = ['accounts', 'create', 'finan', '--label', 'wrong', '--base-url', 'http://127.0.0.1:9'];
  const input = '{"client_id": "canary with blanks", "password": "canary"}';
  const said = await run(wrong, input);
  expect(said).toMatchObject({ code: 1, out: '' });
  expect(said.err).toContain('/credentials/secret is missing; expected Secret key of that client');
  expect(said.err).toMatch(/request req_/);
  const forPrograms = await run([...wrong, '--json'], input);
  expect(forPrograms.code).toBe(1);
  expect(JSON.parse(forPrograms.out)).toMatchObject({ code: 'validation_failed', status: 422 });
}, 60_000);

it('never repeats what stands where a file belongs', async () => {
  const pasted = await run(['accounts', 'create', 'finan', '--credentials', '{"secret":"canary-pasted"}']);
  expect(pasted).toMatchObject({ code: 1, out: '' });
  expect(pasted.err).toContain('the file with the credentials cannot be read (ENOENT)');
  const garbage = await run(['accounts', 'create', 'finan', '--credentials', '-'], 'canary-garbage');
  expect(garbage.err).toContain('the credentials are not a JSON object');
}, 60_000);

describe('the API it talks to', () => {
  const NOTHING = { SARRAF_API_URL: '', SARRAF_API_KEY: '' };

  it('is that of the last start when nothing else is said', async () => {
    const path = join(directory, 'runtime.json');
    await writeFile(path, JSON.stringify({ api_url: api.url, api_key: api.merchant.key }));
    expect(await json(['accounts', 'list'], '', NOTHING)).toMatchObject({ object: 'list' });
    await rm(path);
    const unknown = await run(['accounts', 'list'], '', NOTHING);
    expect(unknown).toMatchObject({
      code: 1,
      err: expect.stringContaining('no API is known: run npm start'),
    });
  }, 60_000);

  it('gets the key of a file', async () => {
    await writeFile(join(directory, 'key'), `${api.merchant.key}\n`);
    const flags = ['--api-url', `${api.url}/`, '--api-key-file', 'key'];
    expect(await json([...flags, 'accounts', 'list'], '', NOTHING)).toMatchObject({ object: 'list' });
  }, 60_000);

  it('never gets the key of the last start when it is another one', async () => {
    const asked: unknown[] = [];
    const other = createServer((request, response) => {
      asked.push(request.headers.authorization);
      response.end('{}');
    }).listen(0, '127.0.0.1');
    await once(other, 'listening');
    await writeFile(
      join(directory, 'runtime.json'),
      JSON.stringify({ api_url: api.url, api_key: api.merchant.key }),
    );
    const url = `http://127.0.0.1:${(other.address() as AddressInfo).port}`;
    const refused = await run(['--api-url', url, 'accounts', 'list'], '', NOTHING);
    expect(refused).toMatchObject({ code: 1, err: expect.stringContaining('no API key is known for') });
    expect(asked).toEqual([]);
    other.close();
  }, 60_000);
});

it('has printed no secret in all of this', () => {
  expect(outputs.length).toBeGreaterThan(40);
  const secrets = ['canary', api.merchant.key];
  expect(outputs.filter((output) => secrets.some((secret) => output.includes(secret)))).toEqual([]);
});

/** The command line on the whole stack, as a person at a terminal uses it: make, pay, trigger, listen, refund, look. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { runtimeFacts, writeRuntimeFile } from '../cli/runtime-file.ts';
import { verifyWebhook } from '../client/src/index.ts';
import { eventually } from './setup/eventually.ts';
import { sarrafCommand, type SarrafCommand } from './setup/sarraf-command.ts';
import { STACK_TIMEOUT_MS, startTestStack, type TestStack } from './setup/stack.ts';
import { startWebhookReceiver, type WebhookReceiver } from './setup/webhook-receiver.ts';

let stack: TestStack;
let receiver: WebhookReceiver;
let directory: string;
let run: SarrafCommand['run'];
let json: SarrafCommand['json'];
let start: SarrafCommand['start'];
let spawned: SarrafCommand['spawned'];

beforeAll(async () => {
  [stack, receiver, directory] = await Promise.all([
    startTestStack(),
    startWebhookReceiver(),
    mkdtemp(join(tmpdir(), 'sarraf-cli-')),
  ]);
  await writeRuntimeFile(directory, runtimeFacts(stack));
  ({ run, json, start, spawned } = sarrafCommand(directory));
}, STACK_TIMEOUT_MS);
afterAll(async () => {
  await receiver.stop();
  await stack.stop();
  await rm(directory, { recursive: true, force: true });
});

async function paid(reference: string): Promise<{ invoice: string; payment: string }> {
  const { id } = await json(['invoices', 'create', '6000000', 'vnd', '--reference', reference]);
  const payment = await json(['pay', String(id), '--service', 'finan.bank_transfer']);
  await stack.merchantApi.until(String(id), 'paid', ({ status }) => status === 'paid');
  return { invoice: String(id), payment: String(payment['id']) };
}

it('makes an invoice, pays it, shows what happened, and gives some of the money back', async () => {
  const { invoice, payment } = await paid('cli-1');
  const shown = await run(['invoices', 'show', invoice]);
  expect(shown.out).toMatch(/^Status +paid$/m);
  expect(shown.out).toMatch(/^\S+Z +payment\.money_received +VND 6,000,000 +pay_\w+ +evt_\w+$/m);
  expect(shown.out.indexOf('payment.pending')).toBeLessThan(shown.out.indexOf('invoice.paid'));
  expect((await run(['invoices', 'list', '--reference', 'cli-1'])).out).toMatch(
    new RegExp(`^${invoice} +paid +VND 6,000,000`, 'm'),
  );
  const refund = await json([
    'refunds',
    'create',
    payment,
    '--amount',
    '50000',
    '--manual',
    '--reason',
    'one back',
  ]);
  expect(refund).toMatchObject({ object: 'refund', amount: 50_000, reason: 'one back' });
  expect((await run(['refunds', 'list', '--payment', payment])).out).toContain(String(refund['id']));
  expect(await json(['api', 'get', `/v1/refunds/${String(refund['id'])}`])).toMatchObject({
    id: refund['id'],
  });
  expect((await run(['trail', '--object', invoice])).out).toMatch(
    new RegExp(`invoice.created +key_\\w+ +${invoice}`),
  );
}, 120_000);

it('captures a part of what was authorized, gives up the rest, and gives some of it back', async () => {
  const customer =
    '--customer-name Amal --customer-email otp.success@tabby.ai --customer-phone +971500000001';
  const order =
    'invoices create 40000 AED --capture-method manual --success-url https://shop.example.com/paid';
  const { id } = await json(`${order} ${customer}`.split(' '));
  const invoice = String(id);
  const payment = String((await json(['pay', invoice, '--service', 'tabby.installments']))['id']);
  await stack.merchantApi.until(invoice, 'authorized', ({ status }) => status === 'authorized');

  const note = ['--amount', '15000', '--reason', 'first parcel', '--reference', 'parcel-1'];
  const captured = await run(['capture', payment, ...note, '--idempotency-key', 'cli-capture']);
  expect(captured.out).toMatch(/^Capture +cap_\w+$/m);
  expect(captured.out).toMatch(/^Status +succeeded$/m);
  expect(captured.out).toMatch(/^Amount +AED 150\.00$/m);
  // The same key captures nothing more.
  const again = await run(['capture', payment, ...note, '--idempotency-key', 'cli-capture']);
  expect(again.out).toBe(captured.out);
  const given = await json(['void', payment, '--reason', 'sold out']);
  expect(given).toMatchObject({ object: 'void', status: 'succeeded', amount: 25_000, reason: 'sold out' });
  const late = await run(['capture', payment]);
  expect([late.code, late.out]).toEqual([6, '']);
  expect(late.err).toMatch(/\(\w+\)/);

  const { id: refund } = await json([
    'refunds',
    'create',
    payment,
    '--amount',
    '5000',
    '--reason',
    'scratched',
  ]);
  const shown = await eventually(
    'the refund',
    () => run(['refunds', 'show', String(refund)]),
    ({ out }) => /^Status +succeeded$/m.test(out),
  );
  expect(shown.out).toMatch(/^Amount +AED 50\.00$/m);
  const listed = await json(['refunds', 'list', '--invoice', invoice, '--expand', 'payment,invoice']);
  expect(listed['data']).toMatchObject([
    { id: refund, payment: { id: payment, status: 'partially_refunded' }, invoice: { id: invoice } },
  ]);
}, 120_000);

it('shows events, quotes, and invoices by their metadata', async () => {
  await writeFile(
    join(directory, 'invoice.json'),
    JSON.stringify({ amount: 100_000, currency: 'VND', metadata: { order_id: 'cli 7' } }),
  );
  const { id } = await json(['api', 'POST', '/v1/invoices', '--body', 'invoice.json']);
  const invoice = String(id);
  const payment = await json(['pay', invoice, '--service', 'finan.bank_transfer', '--amount', '60000']);
  await stack.merchantApi.until(invoice, 'partly', ({ status }) => status === 'partially_paid');

  const events = await run(['events', 'list', '--invoice', invoice, '--type', 'payment.money_received']);
  const [, event = ''] =
    /^(evt_\w+) +payment\.money_received +VND 60,000 +inv_\w+ +\S+Z$/m.exec(events.out) ?? [];
  expect(JSON.parse((await run(['events', 'show', event])).out)).toMatchObject({
    id: event,
    invoice,
    payment: payment['id'],
    data: { object: { object: 'payment', id: payment['id'] } },
  });
  expect((await run(['events', 'list', '--invoice', invoice, '--type', 'invoice.expired'])).out).toBe(
    'There are no such events.\n',
  );

  const quotes = await run(['invoices', 'quotes', invoice]);
  expect(quotes.out).toMatch(
    new RegExp(
      `^${String(payment['id'])} +finan.bank_transfer +merchant +\\w+ +VND 100,000 +VND 60,000 +underpaid`,
      'm',
    ),
  );
  expect(quotes.out).toMatch(/^VND 40,000 can be paid with$/m);
  expect(quotes.out).toMatch(/^finan\.bank_transfer +VietQR bank transfer +pacc_\w+$/m);
  expect(await json(['invoices', 'quotes', invoice])).toMatchObject({
    data: [{ received_at: expect.stringMatching(/Z$/) as string }],
  });

  const found = await json(['invoices', 'list', '--metadata', 'order_id=cli 7', '--expand', 'events']);
  expect(found['data']).toMatchObject([{ id, events: { object: 'list', has_more: false } }]);
  expect((await run(['invoices', 'list', '--metadata', 'order_id=cli 8'])).out).toContain('no such invoices');
}, 120_000);

it('triggers what happens at a provider, for an order of its own', async () => {
  const failed = await json(['trigger', 'fib.failed']);
  expect(failed).toMatchObject({ object: 'payment', provider: 'fib' });
  const id = String(failed['id']);
  await eventually(
    'the failed payment',
    () => json(['api', 'GET', `/v1/payments/${id}`]),
    ({ status }) => status !== 'pending',
  );
  const forged = await run([
    'trigger',
    'finan.webhook',
    '--payment',
    (await paid('cli-2')).payment,
    '--forge',
  ]);
  expect(forged.code).toBe(0);
  const unknown = await run(['trigger', 'finan.vanished']);
  expect(unknown).toMatchObject({ code: 2, err: expect.stringContaining('paid, failed, expired, webhook') });
}, 120_000);

it('moves the clock of an invoice', async () => {
  const { id } = await json(['invoices', 'create', '250000', 'VND']);
  await stack.merchantApi.requestPayment(String(id), 'finan.bank_transfer');
  const moved = await run(['clock', 'advance', String(id), '31m']);
  expect(moved.out).toMatch(/^Payments +expired$/m);
}, 120_000);

it('decides a case', async () => {
  const body = JSON.stringify({ amount: 100_000, currency: 'VND', excess_money: 'hold' });
  const made = await spawned(['api', 'POST', '/v1/invoices', '--body', '-', '--json'], body);
  const { id } = JSON.parse(made.out) as { id: string };
  await json(['pay', id, '--service', 'finan.bank_transfer', '--amount', '120000']);
  const listed = await eventually(
    'the case',
    () => json(['cases', 'list', '--invoice', id]),
    ({ data }) => (data as unknown[]).length === 1,
  );
  const [found] = listed['data'] as { id: string }[];
  const decided = await run([
    'cases',
    'resolve',
    String(found?.id),
    'accept',
    '--reason',
    'agreed',
    '--name',
    'Amal',
  ]);
  expect(decided.out).toMatch(/^Decision +accept by Amal: agreed$/m);
  expect((await run(['cases', 'list', '--invoice', id])).out).toContain('There are no such cases.');
}, 120_000);

it('cancels a payment that nobody has paid, while its invoice goes on', async () => {
  const { id } = await json(['invoices', 'create', '6000000', 'vnd', '--reference', 'cli-cancel']);
  const payment = await stack.merchantApi.requestPayment(String(id), 'finan.bank_transfer');
  expect((await run(['payments', 'list', '--invoice', String(id)])).out).toMatch(
    new RegExp(`^${payment.id} +pending +VND 6,000,000`, 'm'),
  );
  expect((await run(['payments', 'cancel', payment.id])).out).toMatch(/^Status +canceled$/m);
  expect((await run(['payments', 'show', payment.id])).out).toMatch(/^Status +canceled$/m);
  expect((await run(['invoices', 'show', String(id)])).out).toMatch(/^Status +open$/m);
});

it('tries the credentials of an account, and says what is left to do for its webhooks', async () => {
  const account = stack.merchant.accounts['finan'] ?? '';
  const tried = await run(['providers', 'test', account]);
  expect(tried).toMatchObject({
    code: 0,
    out: expect.stringContaining('finan accepts the credentials') as string,
  });
  expect((await run(['providers', 'register-webhooks', account])).out).toContain(account);
  expect((await run(['providers', 'list', '--provider', 'finan'])).out).toContain(account);
});

it('reconciles the day of an account, and compares two runs', async () => {
  const account = stack.merchant.accounts['finan'] ?? '';
  await paid('cli-reconciled');
  const day = new Date().toISOString().slice(0, 10);
  const reconcile = () => json(['reconcile', 'run', account, '--day', day]);
  const first = await reconcile();
  expect(first).toMatchObject({ status: 'succeeded', source: 'list' });
  expect((await run(['reconcile', 'rows', String(first['id']), '--outcome', 'matched'])).out).toMatch(
    /matched/,
  );
  await paid('cli-reconciled-later');
  const second = String((await reconcile())['id']);
  expect((await run(['reconcile', 'changes', second, '--against', String(first['id'])])).out).toMatch(
    /^new +matched/m,
  );
  expect((await run(['reconcile', 'list'])).out).toContain(second);
});

describe('listen', () => {
  interface Line {
    readonly type: string;
    readonly secret?: string;
    readonly event_type?: string;
    readonly status?: number;
  }

  /** Listens while `work` is done, then stops as Ctrl-C does. */
  async function listening<T>(url: string, work: (lines: () => Line[]) => Promise<T>): Promise<T> {
    const child = start(['listen', '--forward-to', url, '--json']);
    let out = '';
    child.stdout.on('data', (chunk: Buffer) => (out += chunk.toString()));
    const complaints = text(child.stderr);
    const lines = (): Line[] =>
      out
        .split('\n')
        .slice(0, -1)
        .map((line) => JSON.parse(line) as Line);
    await eventually(
      'ready',
      async () => lines(),
      ([first]) => first?.type === 'ready',
    );
    const closed = once(child, 'close');
    try {
      return await work(lines);
    } finally {
      child.kill('SIGINT');
      expect(await closed).toEqual([0, null]);
      expect(await complaints).not.toContain('✗');
    }
  }

  it('forwards each event once, signed, and goes on where it stopped', async () => {
    const url = receiver.url('/hooks');
    const has = (type: string, invoice: string) => async () =>
      receiver.received('/hooks').some(({ event }) => event['type'] === type && event['invoice'] === invoice);
    const isTrue = (value: boolean): boolean => value;
    let secret = '';
    await listening(url, async (lines) => {
      const { invoice } = await paid('cli-listen-1');
      await eventually('the event', has('invoice.paid', invoice), isTrue);
      secret = String(lines()[0]?.secret);
      await eventually(
        'its line',
        async () => lines(),
        (all) => all.some(({ event_type, status }) => event_type === 'invoice.paid' && status === 200),
      );
    });
    const missed = await paid('cli-listen-2');
    await listening(url, async (lines) => {
      expect(lines()[0]?.secret).toBe(secret);
      await eventually('what happened meanwhile', has('invoice.paid', missed.invoice), isTrue);
    });
    const hooks = receiver.received('/hooks');
    const ids = hooks.map(({ headers }) => headers['webhook-id']);
    expect(new Set(ids).size).toBe(ids.length);
    for (const { body, headers } of hooks) await verifyWebhook(body, headers, secret);
    const { rows } = await stack.pool.query<{ count: number }>(
      `select count(*)::int as count from outgoing_events where invoice_id = $1`,
      [missed.invoice],
    );
    expect(hooks.filter(({ event }) => event['invoice'] === missed.invoice)).toHaveLength(
      rows[0]?.count ?? -1,
    );
  }, 120_000);

  it('waits for a server that is not there yet', async () => {
    const placeholder = createServer().listen(0, '127.0.0.1');
    await once(placeholder, 'listening');
    const { port } = placeholder.address() as AddressInfo;
    placeholder.close();
    await listening(`http://127.0.0.1:${port}/hooks`, async () => {
      await paid('cli-listen-3');
      const types: string[] = [];
      const server = createServer((request, response) => {
        void text(request).then((body) => {
          types.push((JSON.parse(body) as { type: string }).type);
          response.end();
        });
      }).listen(port, '127.0.0.1');
      await eventually(
        'the first event',
        async () => types,
        (seen) => seen.includes('invoice.paid'),
      );
      expect(new Set(types).size).toBe(types.length);
      server.closeAllConnections();
      server.close();
    });
  }, 120_000);
});

it('sends webhooks of an event again', async () => {
  const body = { url: receiver.url('/endpoint'), event_types: ['invoice.paid'] };
  await writeFile(join(directory, 'endpoint.json'), JSON.stringify(body));
  const { id } = await json(['api', 'POST', '/v1/webhook_endpoints', '--body', 'endpoint.json']);
  await paid('cli-resend');
  const [first] = await receiver.until('/endpoint', 1);
  const resent = await run(['events', 'resend', String(first?.headers['webhook-id'])]);
  expect(resent.out).toContain(String(id));
  const [, second] = await receiver.until('/endpoint', 2);
  expect(second?.headers['webhook-id']).toBe(first?.headers['webhook-id']);
}, 120_000);

it('lets people in, changes what they may, and shuts them out', async () => {
  const made = await json(['operators', 'create', 'dana', '--role', 'operator']);
  expect(made).toMatchObject({
    name: 'dana',
    role: 'operator',
    password: expect.stringMatching(/^.{24}$/) as unknown,
  });
  expect(await json(['operators', 'role', 'dana', 'viewer'])).toEqual({ name: 'dana', role: 'viewer' });
  expect((await run(['operators', 'list'])).out).toMatch(/^dana +viewer +all +enabled/m);
  expect(await json(['operators', 'disable', 'dana'])).toEqual({ name: 'dana', disabled: true });
  const late = await run(['operators', 'role', 'dana', 'admin']);
  expect([late.code === 0, late.err.includes('there is no enabled operator dana')]).toEqual([false, true]);
  const { rows } = await stack.pool.query<{ action: string }>(
    `select action from operator_log where operator = 'dana' order by id`,
  );
  expect(rows.map(({ action }) => action)).toEqual([
    'operator.created',
    'operator.role_changed',
    'operator.disabled',
  ]);
});

it('ends with an exit code that says what kind of failure it was', async () => {
  await writeFile(join(directory, 'wrong-key'), 'sk_sandbox_wrong');
  // What a process ends with is the last word of the command.
  const [unknown, unreachable] = await Promise.all([
    spawned(['invoicse', 'list']),
    spawned(['invoices', 'list'], '', {
      SARRAF_API_URL: 'http://127.0.0.1:9',
      SARRAF_API_KEY: 'sk_sandbox_x',
    }),
  ]);
  expect([unknown.code, unreachable.code]).toEqual([2, 3]);
  expect(unknown.err).toContain('Did you mean invoices?');
  const codes: number[] = [];
  for (const args of [
    ['invoices', 'show', 'inv_00000000000000000000000000'],
    ['invoices', 'create', 'much', 'VND'],
    ['invoices', 'list', '--metadata', 'order_id'],
    ['--api-key-file', 'wrong-key', 'invoices', 'list'],
    ['clock', 'advance', 'inv_00000000000000000000000000', '1m'],
    ['--help'],
  ])
    codes.push((await run(args)).code);
  expect(codes).toEqual([5, 2, 2, 4, 5, 0]);
}, 60_000);

it('completes commands and options in bash', async () => {
  const { out } = await run(['completion', 'bash']);
  await writeFile(join(directory, 'completion'), out);
  const complete = async (...words: string[]): Promise<string[]> => {
    const list = words.map((word) => `'${word}'`).join(' ');
    const script = `. '${join(directory, 'completion')}'; COMP_WORDS=(${list}); COMP_CWORD=${words.length - 1}; _sarraf; echo "\${COMPREPLY[@]}"`;
    const child = spawn('bash', ['-c', script]);
    return (await text(child.stdout)).trim().split(' ');
  };
  expect(await complete('sarraf', 'inv')).toEqual(['invoices']);
  expect(await complete('sarraf', 'invoices', 'c')).toEqual(['create', 'cancel']);
  expect(await complete('sarraf', '--json', 'refunds', 'create', '--man')).toEqual(['--manual']);
  for (const shell of ['zsh', 'fish'] as const)
    expect((await run(['completion', shell])).out).toContain('--forward-to');
}, 60_000);

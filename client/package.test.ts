/** The package as merchants get it: packed, installed into an empty folder without a network, used from JavaScript and TypeScript. */
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
const PACKAGE_TIMEOUT_MS = 180_000;
const tsc = join(process.cwd(), 'node_modules', 'typescript', 'bin', 'tsc');

let folder: string;
let tarball: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sarraf-client-'));
  await run('npm', ['pack', '--silent', '--pack-destination', folder], { cwd: 'client' });
  tarball = join(folder, (await readdir(folder)).find((name) => name.endsWith('.tgz')) ?? 'no tarball');
  await writeFile(join(folder, 'package.json'), '{"name": "shop", "private": true, "type": "module"}');
  await run('npm', ['install', '--offline', '--no-audit', '--no-fund', '--silent', tarball], { cwd: folder });
}, PACKAGE_TIMEOUT_MS);
afterAll(() => rm(folder, { recursive: true, force: true }));

it('has what is needed and nothing else', async () => {
  const files = await readdir(join(folder, 'node_modules', 'sarraf-client'), { recursive: true });
  const kinds = new Set(files.map((name) => name.replace(/^dist\/\w+\./, 'dist/*.')));
  expect([...kinds].sort()).toEqual([
    'LICENSE',
    'README.md',
    'dist',
    'dist/*.d.ts',
    'dist/*.js',
    'package.json',
  ]);
  const manifest = JSON.parse(
    await readFile(join(folder, 'node_modules', 'sarraf-client', 'package.json'), 'utf8'),
  ) as object;
  expect(manifest).not.toHaveProperty('dependencies');
  const sources = await Promise.all(
    files
      .filter((name) => name.endsWith('.js'))
      .map((name) => readFile(join(folder, 'node_modules', 'sarraf-client', name), 'utf8')),
  );
  // Browsers and edge runtimes have none of Node's modules.
  expect(sources.filter((source) => /from '(?!\.\/)|require\(|process\.|Buffer\b/.test(source))).toEqual([]);
});

it(
  'works from plain JavaScript',
  async () => {
    const server = createServer((request, response) => {
      response.writeHead(201, { 'content-type': 'application/json' });
      response.end(JSON.stringify({ object: 'invoice', id: 'inv_1', asked: request.url }));
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    await writeFile(
      join(folder, 'shop.js'),
      `import { createClient, signWebhook, verifyWebhook, WebhookVerificationError } from 'sarraf-client';
       const client = createClient({ baseUrl: process.argv[2], apiKey: 'sk_sandbox_x' });
       const invoice = await client.invoices.create({ amount: 5000, currency: 'VND' });
       const secret = 'whsec_' + Buffer.alloc(24, 7).toString('base64');
       const body = JSON.stringify({ type: 'invoice.paid', id: 'evt_1' });
       const headers = await signWebhook(body, 'evt_1', secret);
       const event = await verifyWebhook(body, headers, secret);
       const forged = await verifyWebhook(body + ' ', headers, secret).catch((error) => error);
       console.log(invoice.id, invoice.asked, event.type, forged instanceof WebhookVerificationError, forged.code);`,
    );
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const { stdout } = await run(process.execPath, ['shop.js', url], { cwd: folder });
    server.close();
    expect(stdout.trim()).toBe('inv_1 /v1/invoices invoice.paid true wrong_signature');
  },
  PACKAGE_TIMEOUT_MS,
);

it(
  'has types that TypeScript takes at its strictest, and that refuse mistakes',
  async () => {
    await writeFile(
      join(folder, 'shop.ts'),
      `import { ApiError, createClient, verifyWebhook } from 'sarraf-client';
       const client = createClient({ baseUrl: 'https://pay.example.com', apiKey: 'sk_live_x' });
       export async function hook(body: string, headers: Headers, secret: string): Promise<string | null> {
         const event = await verifyWebhook(body, headers, secret);
         switch (event.type) {
           case 'invoice.paid': return event.data.object?.amounts.received.display ?? null;
           case 'refund.failed': return event.data.object?.failure?.message ?? null;
           default: return event.created_at;
         }
       }
       export async function pay(): Promise<string | undefined> {
         try {
           const invoice = await client.invoices.create({ amount: 5000, currency: 'VND' });
           for await (const payment of client.payments.list({ invoice: invoice.id })) return payment.next_action?.redirect_url;
         } catch (error) {
           if (error instanceof ApiError) return error.errors[0]?.pointer;
         }
         return undefined;
       }
       // @ts-expect-error -- an amount is a number
       void client.invoices.create({ amount: '5000', currency: 'VND' });
       // @ts-expect-error -- there is no such status
       void client.invoices.list({ status: 'payed' });
      `,
    );
    const strict = { strict: true, exactOptionalPropertyTypes: true, noUncheckedIndexedAccess: true };
    const modules = { target: 'es2022', lib: ['es2022', 'dom'], module: 'nodenext', types: [], noEmit: true };
    const config = { compilerOptions: { ...strict, ...modules, skipLibCheck: false }, files: ['shop.ts'] };
    await writeFile(join(folder, 'tsconfig.json'), JSON.stringify(config));
    const outcome = await run(process.execPath, [tsc, '-p', folder]).catch(
      (error: { stdout: string }) => error,
    );
    expect(outcome.stdout).toBe('');
  },
  PACKAGE_TIMEOUT_MS,
);

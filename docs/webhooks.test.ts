/** The code that merchants copy from the page does what it says, wherever its language is installed. */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Webhook } from 'standardwebhooks';

const page = readFileSync(join(__dirname, 'webhooks.md'), 'utf8');
const directory = mkdtempSync(join(tmpdir(), 'sarraf-docs-'));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

const codeIn = (language: string): string => {
  const code = new RegExp(`\`\`\`${language}\n([^]*?)\`\`\``).exec(page)?.[1];
  if (code === undefined) throw new Error(`the page has no code in ${language}`);
  return code;
};

/** How each is run: it is given secret, id, timestamp, signatures and body, again and again, and says what it thinks of each. */
const LANGUAGES = {
  js: {
    command: 'node',
    file: 'verify.mjs',
    program: (code: string) => `${code}
const args = process.argv.slice(2);
for (let at = 0; at < args.length; at += 5) {
  const [secret, id, timestamp, signature, body] = args.slice(at, at + 5);
  const headers = { 'webhook-id': id, 'webhook-timestamp': timestamp, 'webhook-signature': signature };
  try { verify(secret, headers, Buffer.from(body)); console.log('fits'); } catch { console.log('refused'); }
}`,
  },
  python: {
    command: 'python3',
    file: 'verify.py',
    program: (code: string) => `${code}
import sys
args = sys.argv[1:]
for at in range(0, len(args), 5):
    secret, id, timestamp, signature, body = args[at:at + 5]
    headers = {"webhook-id": id, "webhook-timestamp": timestamp, "webhook-signature": signature}
    try:
        verify(secret, headers, body.encode())
        print("fits")
    except ValueError:
        print("refused")
`,
  },
  php: {
    command: 'php',
    file: 'verify.php',
    program: (code: string) => `<?php
${code}
foreach (array_chunk(array_slice($argv, 1), 5) as [$secret, $id, $timestamp, $signature, $body]) {
    $headers = ['webhook-id' => $id, 'webhook-timestamp' => $timestamp, 'webhook-signature' => $signature];
    try { verify($secret, $headers, $body); echo "fits\\n"; } catch (RuntimeException) { echo "refused\\n"; }
}
`,
  },
  java: {
    command: 'java',
    file: 'Main.java',
    program: (code: string) =>
      code.replace(
        'class Webhooks {',
        `class Main {
  public static void main(String[] args) throws Exception {
    for (int at = 0; at < args.length; at += 5) {
      var headers = Map.of("webhook-id", args[at + 1], "webhook-timestamp", args[at + 2], "webhook-signature", args[at + 3]);
      try {
        Webhooks.verify(args[at], headers, args[at + 4].getBytes(StandardCharsets.UTF_8));
        System.out.println("fits");
      } catch (SecurityException refused) {
        System.out.println("refused");
      }
    }
  }
}

class Webhooks {`,
      ),
  },
} as const;

const SECRET = `whsec_${Buffer.alloc(32, 5).toString('base64')}`;
const OTHER = `whsec_${Buffer.alloc(32, 6).toString('base64')}`;
const BODY = '{"type":"invoice.paid","customer":"Amal Ḥaddād"}';

/** What is said of a webhook, and the webhook, signed by Standard Webhooks' own library. */
function cases(): [wanted: 'fits' | 'refused', ...webhook: string[]][] {
  const signed = (secret: string, id: string, at: Date, body: string) =>
    new Webhook(secret).sign(id, at, body);
  const now = new Date();
  const old = new Date(now.getTime() - 600_000);
  const seconds = (at: Date): string => String(Math.floor(at.getTime() / 1000));
  const right = signed(SECRET, 'evt_1', now, BODY);
  const earlier = signed(OTHER, 'evt_1', now, BODY);
  return [
    ['fits', SECRET, 'evt_1', seconds(now), right, BODY],
    ['fits', SECRET, 'evt_1', seconds(now), `${earlier} ${right}`, BODY],
    ['fits', OTHER, 'evt_1', seconds(now), `${earlier} ${right}`, BODY],
    ['refused', SECRET, 'evt_1', seconds(now), earlier, BODY],
    ['refused', SECRET, 'evt_1', seconds(now), right, `${BODY} `],
    ['refused', SECRET, 'evt_2', seconds(now), right, BODY],
    ['refused', SECRET, 'evt_1', seconds(old), signed(SECRET, 'evt_1', old, BODY), BODY],
    ['refused', SECRET, 'evt_1', seconds(now), 'v1,', BODY],
  ];
}

const said = (
  { command, file, program }: (typeof LANGUAGES)[keyof typeof LANGUAGES],
  code: string,
): string[] => {
  const path = join(directory, file);
  writeFileSync(path, program(code));
  const webhooks = cases().flatMap(([, ...webhook]) => webhook);
  const env = { ...process.env, PYTHONUTF8: '1', LC_ALL: 'C.UTF-8' };
  return execFileSync(command, [path, ...webhooks], { encoding: 'utf8', env })
    .trim()
    .split('\n');
};

const isThere = ([, { command }]: readonly [string, { readonly command: string }]): boolean =>
  spawnSync(command, [command === 'java' ? '-version' : '--version']).status === 0;

// Node is always there.
it.each(Object.entries(LANGUAGES).filter(isThere))(
  'the code in %s takes what fits and refuses everything else',
  (language, tools) => {
    expect(said(tools, codeIn(language))).toEqual(cases().map(([wanted]) => wanted));
  },
);

it('has code in four languages', () => {
  expect(Object.keys(LANGUAGES).map((language) => codeIn(language).includes('webhook-signature'))).toEqual(
    Array.from({ length: 4 }, () => true),
  );
});

/** `sarraf keys …`: API keys. */
import type { Command } from 'commander';
import { connect, connectAsOperator, isJson, listAll } from './api.ts';
import { seconds } from './input.ts';
import { columns, fields } from './print.ts';

const PATH = '/v1/api_keys';

interface Key {
  readonly id: string;
  readonly mode: string;
  readonly label: string;
  readonly prefix: string;
  readonly scopes: readonly string[];
  readonly status: string;
  readonly created_at: string;
  readonly last_used_at: string | null;
  readonly expires_at: string | null;
  readonly revoked_at: string | null;
  /** There when the key was made; null when that answer had been given before. */
  readonly secret?: string | null;
  readonly replaces?: string;
}

interface NewKey {
  readonly label?: string;
  readonly scopes?: readonly string[];
  readonly expiresAt?: string;
  readonly merchant?: string;
  readonly mode?: string;
}

/** Adds the commands to the program. */
export function addKeys(program: Command): void {
  const keys = program
    .command('keys')
    .description('API keys of the merchant and mode that the key in use has');

  keys
    .command('create')
    .description('makes a key and shows it, this one time; at most two of a label are active at once')
    .option('--label <text>', 'what it is for (default: main)')
    .option(
      '--scopes <scopes>',
      'read, create, capture, refund, admin, with commas; else those of the key in use',
      words,
    )
    .option('--expires-at <time>', 'when it ends by itself, such as 2027-01-31T17:00:00Z')
    .option('--merchant <id>', 'as an operator: for this merchant; needs --mode')
    .option('--mode <mode>', 'live or sandbox, with --merchant')
    .action(async ({ merchant, ...options }: NewKey, command: Command) => {
      const body = { label: options.label, scopes: options.scopes, expires_at: options.expiresAt };
      if (merchant === undefined) {
        if (options.mode !== undefined)
          throw new Error('--mode goes with --merchant: a key makes keys of its own mode');
        return print(command, (await (await connect(command)).post(PATH, body)) as Key);
      }
      const api = await connectAsOperator(command);
      const path = `/v1/merchants/${encodeURIComponent(merchant)}/api_keys`;
      print(command, (await api.post(path, { ...body, mode: options.mode })) as Key);
    });

  keys
    .command('list')
    .description('all keys, the newest first')
    .option('--active', 'those that work')
    .option('--label <text>', 'those of one label')
    .action(async ({ active, label }: { active?: true; label?: string }, command: Command) => {
      const query = { ...(active ? { active: 'true' } : {}), ...(label === undefined ? {} : { label }) };
      const found = (await listAll(await connect(command), PATH, query)) as Key[];
      if (isJson(command))
        return console.log(JSON.stringify({ object: 'list', data: found, has_more: false }));
      console.log(found.length === 0 ? 'There are no such keys.' : table(found));
    });

  keys
    .command('show')
    .description('one key, without its secret')
    .argument('<key>', 'its id (key_…)')
    .action(async (id: string, _options: object, command: Command) => {
      print(command, (await (await connect(command)).get(pathOf(id))) as Key);
    });

  keys
    .command('update')
    .description('another label or other scopes')
    .argument('<key>', 'its id (key_…)')
    .option('--label <text>', 'the new label')
    .option('--scopes <scopes>', 'all that it is to have, with commas', words)
    .action(async (id: string, { label, scopes }: NewKey, command: Command) => {
      print(command, (await (await connect(command)).patch(pathOf(id), { label, scopes })) as Key);
    });

  keys
    .command('rotate')
    .description('makes a key that replaces this one, and shows it')
    .argument('<key>', 'its id (key_…)')
    .option(
      '--overlap <time>',
      'how long the old one still works: 90s, 15m, 24h, 7d (default: 1d); 0: not at all',
      seconds,
    )
    .action(async (id: string, { overlap }: { overlap?: number }, command: Command) => {
      const api = await connect(command);
      print(command, (await api.post(`${pathOf(id)}/rotate`, { overlap_s: overlap })) as Key);
    });

  keys
    .command('revoke')
    .description('ends a key, within ten seconds everywhere')
    .argument('<key>', 'its id (key_…)')
    .action(async (id: string, _options: object, command: Command) => {
      print(command, (await (await connect(command)).post(`${pathOf(id)}/revoke`, {})) as Key);
    });
}

const pathOf = (id: string): string => `${PATH}/${encodeURIComponent(id)}`;

const words = (given: string): string[] => given.split(',').map((word) => word.trim());

function table(keys: readonly Key[]): string {
  return columns(
    ['KEY', 'LABEL', 'MODE', 'STATE', 'LAST USED', 'SCOPES'],
    keys.map(({ id, label, mode, status, last_used_at, scopes }) => [
      id,
      label,
      mode,
      status,
      last_used_at ?? 'never',
      scopes.join(','),
    ]),
  );
}

function print(command: Command, key: Key): void {
  if (isJson(command)) return console.log(JSON.stringify(key));
  console.log(
    fields({
      Key: key.id,
      Label: `${key.label} (${key.mode})`,
      Scopes: key.scopes.join(', '),
      State: key.status,
      'Begins with': key.prefix,
      Created: key.created_at,
      'Last used': key.last_used_at ?? 'never',
      Expires: key.expires_at ?? 'never',
      ...(key.replaces === undefined ? {} : { Replaces: key.replaces }),
      ...(key.secret === undefined ? {} : { Secret: key.secret ?? LOST }),
    }),
  );
  if (typeof key.secret === 'string') console.error('\nThe secret is shown this one time: keep it now.');
}

const LOST = '(shown once, in an answer that did not arrive: revoke this key and make another)';

/** `sarraf providers …`, also `sarraf accounts …`: provider accounts. */
import { InvalidArgumentError, type Command } from 'commander';
import { connect, isJson, listAll } from './api.ts';
import { readCredentials, seconds } from './input.ts';
import { columns, fields } from './print.ts';
import { register } from './webhooks.ts';

const PATH = '/v1/provider_accounts';

interface Account {
  readonly id: string;
  readonly provider: string;
  readonly label: string;
  readonly mode: string;
  readonly enabled: boolean;
  readonly base_url: string;
  readonly credentials: { readonly set: readonly string[]; readonly unset: readonly string[] } | null;
  readonly previous_credentials: readonly { readonly valid_until: string }[];
  readonly max_concurrent: number | null;
  readonly max_per_second: number | null;
  readonly revision: number;
  readonly webhook_url: string;
  readonly created_at: string;
  readonly rotated_at: string | null;
}

/** Adds the commands to the program. */
export function addAccounts(program: Command): void {
  const accounts = program
    .command('providers')
    .alias('accounts')
    .description('accounts at payment providers');

  accounts
    .command('list')
    .description('all accounts, the newest first')
    .option('--provider <name>', 'those at one provider')
    .option('--enabled', 'those that are enabled')
    .option('--disabled', 'those that are disabled')
    .action(async (options: { provider?: string; enabled?: true; disabled?: true }, command: Command) => {
      if (options.enabled && options.disabled) throw new Error('--enabled and --disabled exclude each other');
      const { provider, enabled, disabled } = options;
      const found = (await listAll(await connect(command), PATH, {
        ...(provider === undefined ? {} : { provider }),
        ...(enabled || disabled ? { enabled: String(enabled === true) } : {}),
      })) as Account[];
      if (isJson(command))
        return console.log(JSON.stringify({ object: 'list', data: found, has_more: false }));
      console.log(
        found.length === 0 ? 'There are no accounts. Link one: sarraf providers link --help' : table(found),
      );
    });

  accounts
    .command('show')
    .description('one account; of its credentials the names alone')
    .argument('<account>', 'its id (pacc_…)')
    .action(async (id: string, _options: object, command: Command) => {
      const api = await connect(command);
      print(command, (await api.get(pathOf(id))) as Account);
    });

  accounts
    .command('link')
    .alias('create')
    .description('links an account')
    .argument('<provider>', 'tabby, finan, fib, …')
    .option('--label <text>', 'tells several accounts at one provider apart (default: main)')
    .option('--credentials <file>', 'JSON object in a file, - for stdin; else SARRAF_CREDENTIALS, else stdin')
    .option('--region <region>', 'where the host depends on the country: SA for Tabby in Saudi Arabia')
    .option('--environment <name>', 'live or sandbox; it has to be that of the API key')
    .option('--base-url <url>', 'another host than the provider’s own')
    .action(
      async (
        provider: string,
        options: {
          label?: string;
          credentials?: string;
          region?: string;
          environment?: string;
          baseUrl?: string;
        },
        command: Command,
      ) => {
        const { label, region, environment, baseUrl: base_url } = options;
        const credentials = await readCredentials(options.credentials);
        const api = await connect(command);
        const body = { provider, label, credentials, region, environment, base_url };
        print(command, (await api.post(PATH, body)) as Account);
      },
    );

  accounts
    .command('rotate')
    .description('new credentials: all of them, or only those that change')
    .argument('<account>', 'its id (pacc_…)')
    .option('--credentials <file>', 'JSON object in a file, - for stdin; else SARRAF_CREDENTIALS, else stdin')
    .option(
      '--overlap <time>',
      'how long webhooks may be proved with the old ones: 90s, 15m, 24h, 7d; 0: not at all',
      seconds,
    )
    .action(async (id: string, options: { credentials?: string; overlap?: number }, command: Command) => {
      const credentials = await readCredentials(options.credentials);
      const api = await connect(command);
      const body = { credentials, overlap_s: options.overlap };
      print(command, (await api.post(`${pathOf(id)}/rotate`, body)) as Account);
    });

  accounts
    .command('update')
    .description('another label, host or limit of calls')
    .argument('<account>', 'its id (pacc_…)')
    .option('--label <text>', 'the new label')
    .option('--base-url <url>', 'the new host')
    .option('--max-concurrent <calls>', 'calls at once in each worker, or default', limit)
    .option('--max-per-second <calls>', 'calls a second of all workers together, or default', limit)
    .action(
      async (
        id: string,
        options: {
          label?: string;
          baseUrl?: string;
          maxConcurrent?: number | null;
          maxPerSecond?: number | null;
        },
        command: Command,
      ) => {
        const { label, baseUrl: base_url, maxConcurrent, maxPerSecond } = options;
        const limits = { max_concurrent: maxConcurrent, max_per_second: maxPerSecond };
        await change(command, id, { label, base_url, ...limits });
      },
    );

  accounts
    .command('test')
    .description('tries the credentials with a call that changes nothing at the provider')
    .argument('<account>', 'its id (pacc_…)')
    .action(test);

  accounts
    .command('register-webhooks')
    .description('registers the webhook URL at the provider, or says what a person has to do there')
    .argument('<account>', 'its id (pacc_…)')
    .action(register);

  for (const [name, enabled, about] of [
    ['disable', false, 'takes no new payments with it; webhooks and running payments go on'],
    ['enable', true, 'takes payments with it again'],
  ] as const) {
    accounts
      .command(name)
      .description(about)
      .argument('<account>', 'its id (pacc_…)')
      .action(async (id: string, _options: object, command: Command) => change(command, id, { enabled }));
  }
}

interface Tested {
  readonly verdict: 'accepted' | 'rejected' | 'undecided';
  readonly provider: string;
  readonly failure: { readonly code: string; readonly detail: string } | null;
}

async function test(id: string, _options: object, command: Command): Promise<void> {
  const api = await connect(command);
  const tested = (await api.post(`${pathOf(id)}/test`, {})) as Tested;
  const { verdict, provider, failure } = tested;
  if (verdict !== 'accepted') process.exitCode = 1;
  if (isJson(command)) return console.log(JSON.stringify(tested));
  const said = failure === null ? '' : `: ${failure.detail} (${failure.code})`;
  console.log(`${provider} ${SAYS[verdict]}${said}`);
}

const SAYS = {
  accepted: 'accepts the credentials',
  rejected: 'rejects the credentials',
  undecided: 'could not be asked, or its answer says nothing of the credentials',
} as const;

async function change(command: Command, id: string, body: object): Promise<void> {
  const api = await connect(command);
  print(command, (await api.patch(pathOf(id), body)) as Account);
}

const pathOf = (id: string): string => `${PATH}/${encodeURIComponent(id)}`;

/** Null: the provider's default. */
function limit(given: string): number | null {
  if (given === 'default') return null;
  if (!/^\d{1,4}$/.test(given)) throw new InvalidArgumentError('a number of calls is needed, or default');
  return Number(given);
}

function table(accounts: readonly Account[]): string {
  return columns(
    ['ACCOUNT', 'PROVIDER', 'LABEL', 'MODE', 'STATE', 'HOST'],
    accounts.map(({ id, provider, label, mode, enabled, base_url }) => [
      id,
      provider,
      label,
      mode,
      enabled ? 'enabled' : 'disabled',
      base_url,
    ]),
  );
}

function print(command: Command, account: Account): void {
  if (isJson(command)) return console.log(JSON.stringify(account));
  const { credentials, previous_credentials: previous } = account;
  const names = (list: readonly string[]): string => list.join(', ') || '(none)';
  console.log(
    fields({
      Account: account.id,
      Provider: `${account.provider} (${account.label}, ${account.mode})`,
      State: account.enabled ? 'enabled' : 'disabled: no new payments',
      Host: account.base_url,
      'Credentials set': credentials ? names(credentials.set) : '(cannot be decrypted: rotate all of them)',
      'Not set': credentials ? names(credentials.unset) : '',
      'Old ones accepted': previous.map(({ valid_until }) => `until ${valid_until}`).join(', ') || 'no',
      Limits: limitsOf(account),
      'Webhook URL': account.webhook_url,
      Created: account.created_at,
      Rotated: account.rotated_at ?? 'never',
    }),
  );
}

function limitsOf({ max_concurrent, max_per_second }: Account): string {
  const set = [
    ...(max_concurrent === null ? [] : [`${max_concurrent} calls at once`]),
    ...(max_per_second === null ? [] : [`${max_per_second} a second`]),
  ];
  return set.join(', ') || "the provider's default";
}

/** `sarraf webhooks …`: where a provider account's webhooks go, and their registration at the provider. */
import type { Command } from 'commander';
import { connect, type GlobalOptions } from './api.ts';
import { columns, fields } from './print.ts';

interface Webhooks {
  readonly provider_account: string;
  readonly provider: string;
  readonly url: string;
  readonly registered:
    | readonly { readonly id: string; readonly url: string; readonly standing: string }[]
    | null;
  readonly registered_problem: { readonly code: string; readonly detail: string } | null;
  readonly steps: readonly { readonly step: number; readonly text: string }[];
  readonly secrets: readonly { readonly credential: string; readonly place: string; readonly set: boolean }[];
}

/** Adds the commands to the program. */
export function addWebhooks(program: Command): void {
  const webhooks = program.command('webhooks').description('webhooks of provider accounts');
  webhooks
    .command('show')
    .description('the URL, what is registered at the provider, and what a person has to do')
    .argument('<account>', 'id of the provider account (pacc_…)')
    .action(async (id: string, _options: object, command: Command) => {
      const api = await connect(command);
      print(command, (await api.get(pathOf(id))) as Webhooks);
    });
  webhooks
    .command('register')
    .description('registers the URL at the provider, or says what a person has to do there; safe to repeat')
    .argument('<account>', 'id of the provider account (pacc_…)')
    .action(register);
}

/** Registers the webhook of the account with this id, and prints what is left to do. */
export async function register(id: string, _options: object, command: Command): Promise<void> {
  const api = await connect(command);
  print(command, (await api.post(`${pathOf(id)}/register`, {})) as Webhooks);
}

const pathOf = (id: string): string => `/v1/provider_accounts/${encodeURIComponent(id)}/webhooks`;

function print(command: Command, webhooks: Webhooks): void {
  if (command.optsWithGlobals<GlobalOptions>().json) return console.log(JSON.stringify(webhooks));
  const { registered, registered_problem: problem, steps, secrets } = webhooks;
  const parts = [
    fields({ Account: webhooks.provider_account, Provider: webhooks.provider, 'Webhook URL': webhooks.url }),
    problem === null ? '' : `What is registered could not be read: ${problem.detail} (${problem.code})`,
    registered === null ? '' : registeredTable(registered),
    steps.map(({ step, text }) => `${step}. ${text}`).join('\n'),
    secrets
      .map(({ credential, place, set }) => `${credential} (${set ? 'set' : 'not set'}): ${place}`)
      .join('\n'),
  ];
  console.log(parts.filter((part) => part !== '').join('\n\n'));
}

function registeredTable(registered: readonly { id: string; url: string; standing: string }[]): string {
  if (registered.length === 0) return 'Nothing is registered at the provider.';
  const rows = registered.map(({ standing, url, id }) => [standing, url, id]);
  return columns(['REGISTERED', 'URL', 'ID THERE'], rows);
}

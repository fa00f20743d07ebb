/** `sarraf merchants …` and `sarraf operator-key`: what whoever runs an installation does. */
import { randomBytes } from 'node:crypto';
import type { Command } from 'commander';
import { hashOperatorKey, operatorKeyOf } from '../operator-key.ts';
import { connectAsOperator, isJson, listAll, type GlobalOptions } from './api.ts';
import { columns, fields } from './print.ts';

const PATH = '/v1/merchants';

interface Merchant {
  readonly id: string;
  readonly name: string;
  readonly created_at: string;
}

/** Adds the commands to the program. */
export function addOperator(program: Command): void {
  const merchants = program
    .command('merchants')
    .description('merchants; for operators, with the operator key');

  merchants
    .command('create')
    .description('makes a merchant; its first key: keys create --merchant')
    .argument('<name>', 'what it is called')
    .action(async (name: string, _options: object, command: Command) => {
      const api = await connectAsOperator(command);
      print(command, (await api.post(PATH, { name })) as Merchant);
    });

  merchants
    .command('list')
    .description('all merchants, the newest first')
    .option('--name <name>', 'those of exactly this name')
    .action(async ({ name }: { name?: string }, command: Command) => {
      const api = await connectAsOperator(command);
      const found = (await listAll(api, PATH, name === undefined ? {} : { name })) as Merchant[];
      if (isJson(command))
        return console.log(JSON.stringify({ object: 'list', data: found, has_more: false }));
      const rows = found.map(({ id, name: called, created_at }) => [id, called, created_at]);
      console.log(
        rows.length === 0 ? 'There are no merchants.' : columns(['MERCHANT', 'NAME', 'CREATED'], rows),
      );
    });

  merchants
    .command('show')
    .description('one merchant')
    .argument('<merchant>', 'its id (mer_…)')
    .action(async (id: string, _options: object, command: Command) => {
      const api = await connectAsOperator(command);
      print(command, (await api.get(`${PATH}/${encodeURIComponent(id)}`)) as Merchant);
    });

  program
    .command('operator-key')
    .description('makes an operator key and its hash, which the API is given; nothing is sent or stored')
    .action((_options: object, command: Command) => {
      const key = operatorKeyOf(randomBytes(32));
      const hash = hashOperatorKey(key);
      if (command.optsWithGlobals<GlobalOptions>().json)
        return console.log(JSON.stringify({ operator_key: key, sha256: hash }));
      console.log(
        fields({ 'Keep it (SARRAF_OPERATOR_KEY)': key, 'For the API (OPERATOR_KEY_SHA256)': hash }),
      );
    });
}

function print(command: Command, merchant: Merchant): void {
  if (isJson(command)) return console.log(JSON.stringify(merchant));
  console.log(fields({ Merchant: merchant.id, Name: merchant.name, Created: merchant.created_at }));
}

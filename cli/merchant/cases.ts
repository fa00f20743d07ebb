/** `sarraf cases …`: what a person has to decide. */
import type { Command } from 'commander';
import type { Case, Decision } from '../../client/src/index.ts';
import { connect, isJson } from './api.ts';
import { countOption } from './input.ts';
import { columns, fields } from './print.ts';

/** Adds the commands to the program. */
export function addCases(program: Command): void {
  const cases = program.command('cases').description('what a person has to decide');

  cases
    .command('list')
    .description('cases, the newest first; open ones unless --status says otherwise')
    .option('--status <status>', 'open or resolved', 'open')
    .option('--kind <kind>', 'late_money, excess_money, unknown_operation, …')
    .option('--invoice <invoice>', 'of one invoice')
    .option('--max <count>', 'how many at most', countOption, 20)
    .action(async ({ max, ...query }: { max: number }, command: Command) => {
      const { client } = await connect(command);
      const found = await client.cases.list({ ...query, limit: Math.min(max, 100) }).toArray(max);
      if (isJson(command)) return console.log(JSON.stringify({ object: 'list', data: found }));
      console.log(found.length === 0 ? 'There are no such cases.' : table(found));
    });

  cases
    .command('show')
    .description('one case, and what can be decided')
    .argument('<case>', 'its id (case_…)')
    .action(async (id: string, _options: object, command: Command) => {
      print(command, await (await connect(command)).client.cases.get(id));
    });

  cases
    .command('resolve')
    .description('decides a case; deciding the same again changes nothing')
    .argument('<case>', 'its id (case_…)')
    .argument('<decision>', 'one of those that `cases show` names')
    .requiredOption('--reason <text>', 'why; it is kept in the record')
    .requiredOption('--name <name>', 'who decides')
    .option('--provider-id <id>', 'for it_exists: the id that the payment has there')
    .addHelpText(
      'after',
      '\nExample:\n  sarraf cases resolve case_… accept --reason "the customer agreed" --name Amal',
    )
    .action(async (id: string, decision: string, options: Note, command: Command) => {
      const { client } = await connect(command);
      const { reason, name, providerId: provider_id } = options;
      print(command, await client.cases.resolve(id, { decision, reason, name, provider_id } as Decision));
    });
}

interface Note {
  readonly reason: string;
  readonly name: string;
  readonly providerId?: string;
}

function table(cases: readonly Case[]): string {
  return columns(
    ['CASE', 'KIND', 'STATUS', 'AMOUNT', 'INVOICE', 'DECISIONS'],
    cases.map(({ id, kind, status, display, invoice, possible_decisions, decision }) => [
      id,
      kind,
      status,
      display ?? '',
      invoice ?? '',
      decision ?? possible_decisions.join(', '),
    ]),
  );
}

function print(command: Command, found: Case): void {
  if (isJson(command)) return console.log(JSON.stringify(found));
  console.log(
    fields({
      Case: found.id,
      Kind: found.kind,
      Status: found.status,
      Amount: found.display ?? String(found.amount),
      Invoice: found.invoice ?? '(none)',
      Payment: found.payment ?? '(none)',
      Opened: found.opened_at,
      ...(found.decision === null
        ? { 'Can be decided': found.possible_decisions.join(', ') }
        : { Decision: `${found.decision} by ${found.resolved_by ?? 'somebody'}: ${found.reason ?? ''}` }),
    }),
  );
}

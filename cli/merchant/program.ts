/** The commands of `sarraf`: what merchants and operators do over the API, from a terminal or a script. */
import { Command } from 'commander';
import { addAccounts } from './accounts.ts';
import { addCases } from './cases.ts';
import { addCompletion } from './completion.ts';
import { addEvents } from './events.ts';
import { endWith } from './failure.ts';
import { addInvoices } from './invoices.ts';
import { addKeys } from './keys.ts';
import { addListen } from './listen.ts';
import { addMoney } from './money.ts';
import { addOperator } from './operator.ts';
import { addPay } from './pay.ts';
import { addPayments } from './payments.ts';
import { addRaw } from './raw.ts';
import { addReconcile } from './reconcile.ts';
import { addOperators } from './operators.ts';
import { addScripts } from './scripts.ts';
import { addWebhooks } from './webhooks.ts';

/** In the order of the help text. */
const GROUPS = [
  addScripts,
  addInvoices,
  addPayments,
  addPay,
  addMoney,
  addCases,
  addEvents,
  addListen,
  addAccounts,
  addWebhooks,
  addOperators,
  addKeys,
  addOperator,
  addReconcile,
  addRaw,
  addCompletion,
];

/** Runs one command line, without the name of the program. What went wrong is printed, and is the exit code of the process. */
export async function runSarraf(args: readonly string[]): Promise<void> {
  const program = createProgram();
  // Wrong use is told by the exit code; each command takes the setting over from the program when it is added.
  for (const command of allOf(program)) command.exitOverride();
  try {
    await program.parseAsync(args, { from: 'user' });
  } catch (error) {
    endWith(error, program.opts<{ json: boolean }>().json);
  }
}

function createProgram(): Command {
  const program = new Command('sarraf')
    .description('Talks to a running Sarraf API as a merchant or an operator.')
    .option(
      '--api-url <url>',
      'where the API is; else SARRAF_API_URL, else the last npm start (runtime.json)',
    )
    .option(
      '--api-key-file <path>',
      'a file with the API key, - for stdin; else SARRAF_API_KEY, else runtime.json',
    )
    .option(
      '--operator-key-file <path>',
      'a file with the operator key, - for stdin; else SARRAF_OPERATOR_KEY, else runtime.json',
    )
    .option('--json', 'print the answers of the API as JSON', false)
    .showHelpAfterError('(add --help for what there is)')
    .addHelpText(
      'after',
      `
Secrets are never arguments, because others on the machine can read those: they come from files, standard input or the
environment. Exit codes: 0 done, 1 failed or refused, 2 wrong use, 3 the API cannot be reached or is overloaded, 4 the key
may not, 5 no such thing, 6 not as things stand. From a checkout: npx sarraf …, or npm run --silent sarraf -- ….

Examples:
  sarraf invoices create 6000000 VND --reference order-1001
  sarraf pay inv_… --service finan.bank_transfer
  sarraf listen --forward-to http://localhost:3000/hooks
  sarraf providers list
  sarraf providers link tabby --region SA --credentials tabby.json
  sarraf providers rotate pacc_… --overlap 2d < new-credentials.json
  sarraf webhooks register pacc_…
  sarraf keys create --label reports --scopes read
  sarraf keys rotate key_… --overlap 2d
  sarraf merchants create 'Bazaar Ltd'
  sarraf keys create --merchant mer_… --mode live
  sarraf reconcile run pacc_… --day 2027-01-31
  sarraf reconcile run pacc_… --file settlements.csv`,
    );
  for (const add of GROUPS) add(program);
  return program;
}

function allOf(command: Command): Command[] {
  return [command, ...command.commands.flatMap(allOf)];
}

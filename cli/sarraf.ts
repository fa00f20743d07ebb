/** `npm run sarraf -- …`: what merchants and operators do over the API, from a terminal or a script. */
import { Command } from 'commander';
import { addAccounts } from './merchant/accounts.ts';
import { endWith } from './merchant/failure.ts';
import { addKeys } from './merchant/keys.ts';
import { addOperator } from './merchant/operator.ts';
import { addReconcile } from './merchant/reconcile.ts';
import { addWebhooks } from './merchant/webhooks.ts';

const program = new Command('npm run sarraf --')
  .description('Talks to a running Sarraf API as a merchant or an operator.')
  .option('--api-url <url>', 'where the API is; else SARRAF_API_URL, else the last npm start (runtime.json)')
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
environment. \`npm run --silent sarraf -- …\` prints the result alone.

Examples:
  npm run sarraf -- accounts list
  npm run sarraf -- accounts create tabby --region SA --credentials tabby.json
  npm run sarraf -- accounts rotate pacc_… --overlap 2d < new-credentials.json
  npm run sarraf -- webhooks register pacc_…
  npm run sarraf -- keys create --label reports --scopes read
  npm run sarraf -- keys rotate key_… --overlap 2d
  npm run sarraf -- merchants create 'Bazaar Ltd'
  npm run sarraf -- keys create --merchant mer_… --mode live
  npm run sarraf -- reconcile run pacc_… --day 2027-01-31
  npm run sarraf -- reconcile run pacc_… --file settlements.csv`,
  );

addAccounts(program);
addWebhooks(program);
addKeys(program);
addOperator(program);
addReconcile(program);

// Wrong use is told by the exit code; each command takes the setting over from the program when it is added.
for (const command of allOf(program)) command.exitOverride();
program.parseAsync().catch((error: unknown) => endWith(error, program.opts<{ json: boolean }>().json));

function allOf(command: Command): Command[] {
  return [command, ...command.commands.flatMap(allOf)];
}

/** `npm run sarraf -- …`: what a merchant does over the API, from a terminal or a script. */
import { Command } from 'commander';
import { addAccounts } from './merchant/accounts.ts';
import { endWith } from './merchant/failure.ts';
import { addReconcile } from './merchant/reconcile.ts';
import { addWebhooks } from './merchant/webhooks.ts';

const program = new Command('npm run sarraf --')
  .description('Talks to a running Sarraf API as a merchant.')
  .option('--api-url <url>', 'where the API is; else SARRAF_API_URL, else the last npm start (runtime.json)')
  .option(
    '--api-key-file <path>',
    'a file with the API key, - for stdin; else SARRAF_API_KEY, else runtime.json',
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
  npm run sarraf -- reconcile run pacc_… --day 2027-01-31
  npm run sarraf -- reconcile run pacc_… --file settlements.csv`,
  );

addAccounts(program);
addWebhooks(program);
addReconcile(program);

program.parseAsync().catch((error: unknown) => endWith(error, program.opts<{ json: boolean }>().json));

/** `npm run bench`: how fast, against a bare floor. */
import { Command, InvalidArgumentError } from 'commander';
import { printDeliveries, runDeliveries } from '../bench/deliveries.ts';
import { printFairness, runFairness } from '../bench/fairness.ts';
import { printIsolation, runIsolation } from '../bench/isolation.ts';
import { printLists, runLists } from '../bench/lists.ts';
import { printResult } from '../bench/print.ts';
import { runBench } from '../bench/run.ts';
import { silentReport } from '../engines/index.ts';
import { consoleReport } from './console.ts';
import { failWith } from './failure.ts';

function whole(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 0) throw new InvalidArgumentError('a whole number is needed');
  return value;
}

const sizes = (text: string): number[] => text.split(',').map(whole);

interface Flags {
  n: number;
  c: number[];
  rounds: number;
  warmup: number;
  waiting: number;
  json: boolean;
}

const program = new Command('npm run bench --')
  .enablePositionalOptions()
  .description('Takes invoices from creation to paid on the real stack, and through a bare floor beside it.')
  .option('-n <invoices>', 'invoices per run', whole, 400)
  .option('-c <concurrency>', 'comma-separated concurrencies', sizes, [1, 20, 100])
  .option('--rounds <rounds>', 'runs of each, in turn; the median counts', whole, 3)
  .option('--warmup <invoices>', 'invoices before measuring, for each, at each concurrency', whole, 1000)
  .option('--waiting <invoices>', 'invoices left waiting for the memory figure; 0 skips it', whole, 5000)
  .option('--json', 'print the result as JSON', false);

program
  .command('fairness')
  .description("What a flood of one merchant's payments does to another merchant.")
  .option('--flood <payments>', 'payments under way in a flood', whole, 100)
  .option('-n <payments>', 'payments of the quiet merchant, in each situation and round', whole, 60)
  .option('--rounds <rounds>', 'how often each situation is measured', whole, 3)
  .action(async ({ flood, n, rounds }: Record<'flood' | 'n' | 'rounds', number>) => {
    const result = await runFairness({ flood, count: n, rounds }, consoleReport(), (line) =>
      console.error(line),
    );
    console.log(printFairness(result));
  });

program
  .command('isolation')
  .description('What a provider that hangs on every call does to payments at another one.')
  .option('--flood <payments>', 'payments under way at the provider that hangs', whole, 100)
  .option('-n <payments>', 'payments at the other one, in each situation and round', whole, 100)
  .option('--rounds <rounds>', 'how often each situation is measured', whole, 3)
  .action(async ({ flood, n, rounds }: Record<'flood' | 'n' | 'rounds', number>) => {
    const result = await runIsolation({ flood, count: n, rounds }, consoleReport(), (line) =>
      console.error(line),
    );
    console.log(printIsolation(result));
  });

program
  .command('lists')
  .description('The lists of the API with little and with much in them.')
  .option('-n <invoices>', 'comma-separated sizes of the record', sizes, [1000, 1_000_000])
  .option('--requests <requests>', 'how often each question is asked', whole, 200)
  .action(async ({ n, requests }: { n: number[]; requests: number }) => {
    const result = await runLists({ sizes: n, requests }, consoleReport(), (line) => console.error(line));
    console.log(printLists(result));
  });

program
  .command('deliveries')
  .description("How soon merchants' servers are told, also when one of ten hangs.")
  .option('-n <invoices>', 'invoices in each situation', whole, 60)
  .option('--pace <ms>', 'milliseconds from one invoice to the next', whole, 1000)
  .option('--endpoints <endpoints>', 'endpoints when there are several', whole, 10)
  .action(async ({ n, pace, endpoints }: Record<'n' | 'pace' | 'endpoints', number>) => {
    const options = { count: n, pace_ms: pace, endpoints };
    const result = await runDeliveries(options, consoleReport(), (line) => console.error(line));
    console.log(printDeliveries(result));
  });

async function against(flags: Flags): Promise<void> {
  const { n, c, json, ...rest } = flags;
  const options = { count: n, concurrencies: c, ...rest };
  const result = await runBench(
    options,
    json ? silentReport : consoleReport(),
    (line) => json || console.error(line),
  );
  console.log(json ? JSON.stringify({ options, ...result }, null, 2) : printResult(result));
  if (result.stopped === null) return;
  console.error(`stopped before the end: ${result.stopped}`);
  process.exitCode = 1;
}

program.action(against).parseAsync().catch(failWith);

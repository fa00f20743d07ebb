/** `sarraf reconcile …`: a provider's day, or its settlement file, held against the record. */
import { setTimeout as sleep } from 'node:timers/promises';
import { InvalidArgumentError, type Command } from 'commander';
import { connect, type GlobalOptions, type MerchantCalls } from './api.ts';
import { readInput } from './input.ts';
import { columns, fields } from './print.ts';

const PATH = '/v1/reconciliation_runs';
const LOOK_EVERY_MS = 1_000;
const DAY_MS = 24 * 3600 * 1000;

interface Run {
  readonly id: string;
  readonly provider_account: string;
  readonly provider: string;
  readonly day: string;
  readonly source: string;
  readonly status: string;
  readonly failure: { readonly code: string; readonly message: string } | null;
  readonly report: {
    readonly rows: number;
    readonly outcomes: Readonly<Record<string, number>>;
    readonly put_right: number;
    readonly cases: number;
    readonly settled: readonly {
      readonly settlements: number;
      readonly net: { readonly display: string };
      readonly fee: { readonly display: string };
    }[];
    readonly settled_before: number;
    readonly overdue: number;
  } | null;
}

interface Row {
  readonly id: string;
  readonly outcome: string;
  readonly resolution: string | null;
  readonly case: string | null;
  readonly payment: string | null;
  readonly display: string | null;
  readonly there: { readonly provider_payment_id: string | null; readonly line: number | null };
}

interface Change {
  readonly change: string;
  readonly before: Row | null;
  readonly after: Row | null;
}

/** Adds the commands to the program. */
export function addReconcile(program: Command): void {
  const reconcile = program
    .command('reconcile')
    .description("what providers say, held against Sarraf's own record");

  reconcile
    .command('run')
    .description(
      'reads what the provider has of a day, or takes its settlement file, and waits for the result',
    )
    .argument('<account>', 'id of the provider account (pacc_…)')
    .option('--day <day>', 'in UTC, such as 2027-01-31 (default: yesterday)', dayOf)
    .option('--file <path>', 'its settlement file (CSV), - for stdin')
    .option('--partial', 'the file need not have every payment of the day')
    .option('--no-wait', 'end when the run was accepted')
    .action(
      async (
        account: string,
        {
          day = yesterday(),
          file,
          partial,
          wait,
        }: { day?: string; file?: string; partial?: true; wait: boolean },
        command: Command,
      ) => {
        if (partial && file === undefined) throw new Error('--partial is for a --file');
        const api = await connect(command);
        const run = (await (file === undefined
          ? api.post(PATH, { provider_account: account, day })
          : api.upload(
              `${PATH}?${fileQuery(account, day, partial)}`,
              await readInput(file, 'settlements'),
            ))) as Run;
        print(command, wait ? await ended(api, run.id) : run);
      },
    );

  reconcile
    .command('list')
    .description('the last runs')
    .option('--account <account>', 'of one provider account')
    .option('--day <day>', 'of one day', dayOf)
    .action(async ({ account, day }: { account?: string; day?: string }, command: Command) => {
      const query = new URLSearchParams({
        ...(account === undefined ? {} : { provider_account: account }),
        ...(day === undefined ? {} : { day }),
      });
      const page = (await (await connect(command)).get(`${PATH}?${query.toString()}`)) as { data: Run[] };
      if (isJson(command)) return console.log(JSON.stringify(page));
      console.log(page.data.length === 0 ? 'There are no runs.' : table(page.data));
    });

  reconcile
    .command('show')
    .description('one run')
    .argument('<run>', 'its id (rec_…)')
    .action(async (id: string, _options: object, command: Command) => {
      print(command, (await (await connect(command)).get(pathOf(id))) as Run);
    });

  reconcile
    .command('rows')
    .description('the rows of a run, the last hundred of an outcome')
    .argument('<run>', 'its id (rec_…)')
    .option('--outcome <outcome>', 'matched, missing_here, missing_there, amount_differs, …')
    .action(async (id: string, { outcome }: { outcome?: string }, command: Command) => {
      const query = new URLSearchParams({ limit: '100', ...(outcome === undefined ? {} : { outcome }) });
      const path = `${pathOf(id)}/rows?${query.toString()}`;
      const page = (await (await connect(command)).get(path)) as { data: Row[]; has_more: boolean };
      if (isJson(command)) return console.log(JSON.stringify(page));
      if (page.data.length === 0) return console.log('There are no such rows.');
      console.log(rowsTable(page.data));
      if (page.has_more) console.log(`There are more: GET ${pathOf(id)}/rows?format=csv has all of them.`);
    });

  reconcile
    .command('changes')
    .description('what is new, gone or changed against an earlier run, the last hundred rows')
    .argument('<run>', 'its id (rec_…)')
    .option(
      '--against <run>',
      'another run of the account (default: the finished one before it of the same day)',
    )
    .action(async (id: string, { against }: { against?: string }, command: Command) => {
      const query = new URLSearchParams({ limit: '100', ...(against === undefined ? {} : { against }) });
      const path = `${pathOf(id)}/changes?${query.toString()}`;
      const page = (await (await connect(command)).get(path)) as { data: Change[]; has_more: boolean };
      if (isJson(command)) return console.log(JSON.stringify(page));
      if (page.data.length === 0) return console.log('Nothing has changed.');
      console.log(changesTable(page.data));
      if (page.has_more) console.log(`There are more: GET ${pathOf(id)}/changes?format=csv has all of them.`);
    });
}

const yesterday = (): string => new Date(Date.now() - DAY_MS).toISOString().slice(0, 10);

function dayOf(given: string): string {
  if (/^\d{4}-\d\d-\d\d$/.test(given)) return given;
  throw new InvalidArgumentError('a day is needed, such as 2027-01-31');
}

function fileQuery(provider_account: string, day: string, partial: true | undefined): string {
  return new URLSearchParams({ provider_account, day, complete: String(partial !== true) }).toString();
}

async function ended(api: MerchantCalls, id: string): Promise<Run> {
  for (;;) {
    const run = (await api.get(pathOf(id))) as Run;
    if (run.status === 'failed') process.exitCode = 1;
    if (run.status === 'succeeded' || run.status === 'failed') return run;
    await sleep(LOOK_EVERY_MS);
  }
}

const isJson = (command: Command): boolean => command.optsWithGlobals<GlobalOptions>().json;

const pathOf = (id: string): string => `${PATH}/${encodeURIComponent(id)}`;

const outcomes = ({ report }: Run): string =>
  Object.entries(report?.outcomes ?? {})
    .map(([outcome, count]) => `${count} ${outcome}`)
    .join(', ');

function table(runs: readonly Run[]): string {
  return columns(
    ['RUN', 'PROVIDER', 'DAY', 'SOURCE', 'STATUS', 'ROWS'],
    runs.map((run) => [run.id, run.provider, run.day, run.source, run.status, outcomes(run)]),
  );
}

function rowsTable(rows: readonly Row[]): string {
  return columns(
    ['OUTCOME', 'AMOUNT', 'PAYMENT', 'THERE', 'BECAME'],
    rows.map(({ outcome, display, payment, there, resolution, case: case_id }) => [
      outcome,
      display ?? '',
      payment ?? '(unknown here)',
      there.provider_payment_id ?? (there.line === null ? '' : `line ${there.line}`),
      case_id ?? resolution ?? '',
    ]),
  );
}

function changesTable(changes: readonly Change[]): string {
  const rows = changes.map(({ change, before, after }) => {
    const row = after ?? before;
    const payment = row?.payment ?? row?.there.provider_payment_id ?? '';
    return [change, before?.outcome ?? '', after?.outcome ?? '', row?.display ?? '', payment];
  });
  return columns(['CHANGE', 'BEFORE', 'AFTER', 'AMOUNT', 'PAYMENT'], rows);
}

function print(command: Command, run: Run): void {
  if (isJson(command)) return console.log(JSON.stringify(run));
  const { report, failure } = run;
  console.log(
    fields({
      Run: run.id,
      Account: `${run.provider_account} (${run.provider})`,
      Day: `${run.day} UTC`,
      Source: SOURCES[run.source] ?? run.source,
      Status: failure === null ? run.status : `${run.status}: ${failure.message} (${failure.code})`,
      ...(report === null
        ? {}
        : {
            Rows: report.rows === 0 ? 'none' : outcomes(run),
            'Put right': String(report.put_right),
            'For a person': `${report.cases} (GET /v1/cases?status=open)`,
            Settled:
              report.settled
                .map(({ settlements, net, fee }) => `${settlements}: ${net.display}, new fees ${fee.display}`)
                .join('; ') || 'nothing',
            'Settled before': String(report.settled_before),
            Overdue: String(report.overdue),
          }),
    }),
  );
}

const SOURCES: Readonly<Record<string, string>> = {
  list: "the provider's own list",
  reads: 'each payment, read by its id',
  file: 'a settlement file',
};

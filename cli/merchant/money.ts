/** `sarraf refunds …`, `sarraf capture` and `sarraf void`: money after the payment. */
import type { Command } from 'commander';
import type { Operation, RefundQuery } from '../../client/src/index.ts';
import { connect, isJson } from './api.ts';
import { amountOption, countOption, metadataOption, namesOption } from './input.ts';
import { columns, fields } from './print.ts';

interface Options {
  readonly amount?: number;
  readonly reason?: string;
  readonly reference?: string;
  readonly manual?: true;
  readonly idempotencyKey?: string;
}

interface RefundFilters {
  readonly max: number;
  readonly providerOperationId?: string;
}

/** Adds the commands to the program. */
export function addMoney(program: Command): void {
  const refunds = program.command('refunds').description('money that goes back to customers');

  withOptions(refunds.command('create'))
    .description('refunds a payment, in whole or in part')
    .argument('<payment>', 'its id (pay_…)')
    .option('--manual', 'you give the money back yourself; it is only recorded')
    .addHelpText(
      'after',
      '\nExample:\n  sarraf refunds create pay_… --amount 50000 --reason "one item sent back"',
    )
    .action(async (payment: string, options: Options, command: Command) => {
      const { client } = await connect(command);
      const { idempotencyKey, ...body } = options;
      print(command, await client.refunds.create({ payment, ...body }, callOf(idempotencyKey)));
    });

  refunds
    .command('list')
    .description('refunds, the newest first')
    .option('--status <status>', 'pending, unknown, succeeded, failed, canceled')
    .option('--payment <payment>', 'of one payment')
    .option('--invoice <invoice>', 'of one invoice')
    .option('--reference <text>', 'those with exactly this reference')
    .option('--provider-operation-id <id>', 'what the provider calls it')
    .option(
      '--metadata <name=value>',
      'those with this in their metadata; several have to hold together',
      metadataOption,
    )
    .option('--expand <names>', 'with --json: what each is to have whole: payment, invoice', namesOption)
    .option('--max <count>', 'how many at most', countOption, 20)
    .action(async ({ max, providerOperationId, ...filters }: RefundFilters, command: Command) => {
      const { client } = await connect(command);
      const query = { ...filters, provider_operation_id: providerOperationId } as RefundQuery;
      const found = await client.refunds.list({ ...query, limit: Math.min(max, 100) }).toArray(max);
      if (isJson(command)) return console.log(JSON.stringify({ object: 'list', data: found }));
      console.log(found.length === 0 ? 'There are no such refunds.' : table(found));
    });

  refunds
    .command('show')
    .description('one refund')
    .argument('<refund>', 'its id (rfd_…)')
    .action(async (id: string, _options: object, command: Command) => {
      print(command, await (await connect(command)).client.refunds.get(id));
    });

  withOptions(program.command('capture'))
    .description('captures an authorized payment, in whole or in part')
    .argument('<payment>', 'its id (pay_…)')
    .action(async (payment: string, { idempotencyKey, ...body }: Options, command: Command) => {
      const { client } = await connect(command);
      print(command, await client.payments.capture(payment, body, callOf(idempotencyKey)));
    });

  withNote(program.command('void'))
    .description('gives up what is authorized and not captured')
    .argument('<payment>', 'its id (pay_…)')
    .action(async (payment: string, { idempotencyKey, ...body }: Options, command: Command) => {
      const { client } = await connect(command);
      print(command, await client.payments.void(payment, body, callOf(idempotencyKey)));
    });
}

const withNote = (command: Command): Command =>
  command
    .option('--reason <text>', 'why')
    .option('--reference <text>', 'yours')
    .option('--idempotency-key <key>', 'the same key does it once, however often');

const withOptions = (command: Command): Command =>
  withNote(command).option('--amount <amount>', 'in minor units (default: all that is left)', amountOption);

const callOf = (idempotencyKey: string | undefined) =>
  idempotencyKey === undefined ? {} : { idempotencyKey };

function table(operations: readonly Operation[]): string {
  return columns(
    ['REFUND', 'STATUS', 'AMOUNT', 'PAYMENT', 'REASON', 'CREATED'],
    operations.map(({ id, status, display, payment, reason, created_at }) => [
      id,
      status,
      display ?? '',
      payment,
      reason ?? '',
      created_at,
    ]),
  );
}

function print(command: Command, operation: Operation): void {
  if (isJson(command)) return console.log(JSON.stringify(operation));
  const { object, failure } = operation;
  console.log(
    fields({
      [object.charAt(0).toUpperCase() + object.slice(1)]: operation.id,
      Status:
        failure === null ? operation.status : `${operation.status}: ${failure.message} (${failure.code})`,
      Amount: operation.display ?? 'all that is left',
      Payment: operation.payment,
      Invoice: operation.invoice,
      Reason: operation.reason ?? '(none)',
      'At the provider': operation.provider_operation_id ?? '(no id yet)',
    }),
  );
}

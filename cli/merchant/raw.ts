/** `sarraf api`: any call of the API; `sarraf clock`, `sarraf services`, `sarraf audit`: what is one call each. */
import type { Command } from 'commander';
import { connect, connectAsOperator, isJson } from './api.ts';
import { UsageError } from './failure.ts';
import { readInput, seconds } from './input.ts';
import { columns, fields } from './print.ts';

interface CallOptions {
  readonly body?: string;
  readonly idempotencyKey?: string;
  readonly operator?: true;
}

interface Entry {
  readonly id: string;
  readonly action: string;
  readonly actor: { readonly type: string; readonly id: string | null };
  readonly object_id: string | null;
  readonly created_at: string;
}

/** Adds the commands to the program. */
export function addRaw(program: Command): void {
  program
    .command('api')
    .description('any call of the API; prints the body of the answer')
    .argument('<method>', 'GET, POST, PATCH, PUT or DELETE')
    .argument('<path>', 'such as /v1/balances or /v1/invoices?status=paid')
    .option('--body <file>', 'JSON in a file, - for standard input')
    .option('--idempotency-key <key>', 'for POST; without it, the call gets one of its own')
    .option('--operator', 'with the operator key')
    .addHelpText(
      'after',
      '\nExample:\n  echo \'{"reason": "sold out"}\' | sarraf api POST /v1/invoices/inv_…/cancel --body -',
    )
    .action(async (given: string, path: string, options: CallOptions, command: Command) => {
      const method = given.toUpperCase();
      if (!/^(?:GET|POST|PATCH|PUT|DELETE)$/.test(method))
        throw new UsageError(`there is no method ${given}`);
      if (!path.startsWith('/')) throw new UsageError('the path begins with /, such as /v1/invoices');
      const { client } = await (options.operator ? connectAsOperator(command) : connect(command));
      const body = options.body === undefined ? emptyFor(method) : await readInput(options.body, 'body');
      const answer = await client.request(method, path, {
        ...(body === undefined ? {} : { body }),
        ...(options.idempotencyKey === undefined ? {} : { idempotencyKey: options.idempotencyKey }),
        repeatable: !path.includes('/test_clock'),
      });
      console.log(isJson(command) ? JSON.stringify(answer) : JSON.stringify(answer, null, 2));
    });

  program
    .command('clock')
    .description('the clock of a sandbox invoice')
    .command('advance')
    .description('moves it ahead; what falls due on the way is really done')
    .argument('<invoice>', 'its id (inv_…)')
    .argument('<time>', 'how far: 90s, 31m, 24h, 7d', seconds)
    .action(async (id: string, advance_s: number, _options: object, command: Command) => {
      const { client } = await connect(command);
      const moved = await client.invoices.advanceClock(id, advance_s);
      if (isJson(command)) return console.log(JSON.stringify(moved));
      const { invoice, settled } = moved;
      console.log(
        fields({
          Invoice: invoice.id,
          Status: invoice.status,
          Payments: invoice.payments.map(({ status }) => status).join(', ') || 'none',
          Advanced: settled ? `${advance_s} s` : `${advance_s} s, and still on its way`,
        }),
      );
    });

  program
    .command('services')
    .description('the payment services of the linked accounts, and why one cannot be used')
    .option('--invoice <invoice>', 'for one invoice')
    .option('--currency <code>', 'for one currency')
    .action(async (query: object, command: Command) => {
      const { client } = await connect(command);
      const found = await client.paymentServices.list(query);
      if (isJson(command)) return console.log(JSON.stringify({ object: 'list', data: found }));
      const rows = found.map(({ id, title, flow, currencies, unavailable_reason: reason }) => [
        id,
        reason === null ? 'available' : reason.detail,
        title,
        flow,
        currencies.map(({ currency }) => currency).join(' '),
      ]);
      console.log(
        rows.length === 0
          ? 'No provider is linked. Link one: sarraf providers link --help'
          : columns(['SERVICE', 'STATE', 'TITLE', 'FLOW', 'CURRENCIES'], rows),
      );
    });

  program
    .command('trail')
    .description('the audit trail: who did what when (sarraf audit checks the whole record)')
    .option('--object <id>', 'of one invoice, payment, account …')
    .option('--action <action>', 'such as invoice.created')
    .action(async (query: Readonly<Record<string, string>>, command: Command) => {
      const { client } = await connect(command);
      const found = await client.list<Entry>('/v1/audit_entries', { ...query, limit: 100 }).toArray(100);
      if (isJson(command)) return console.log(JSON.stringify({ object: 'list', data: found }));
      const rows = found.map(({ created_at, action, actor, object_id, id }) => [
        created_at,
        action,
        actor.id ?? actor.type,
        object_id ?? '',
        id,
      ]);
      console.log(
        rows.length === 0
          ? 'There are no such entries.'
          : columns(['WHEN', 'ACTION', 'WHO', 'OBJECT', 'ENTRY'], rows),
      );
    });
}

/** Calls that do something take a JSON object, if only an empty one. */
const emptyFor = (method: string): string | undefined =>
  method === 'GET' || method === 'DELETE' ? undefined : '{}';

/** `sarraf payments …`: look at, list and cancel them. */
import type { Command } from 'commander';
import type { Payment, PaymentQuery } from '../../client/src/index.ts';
import { connect, isJson } from './api.ts';
import { countOption } from './input.ts';
import { columns, fields } from './print.ts';

interface Filters {
  readonly max: number;
  readonly status?: string;
  readonly provider?: string;
  readonly invoice?: string;
  readonly providerPaymentId?: string;
}

/** Adds the commands to the program. */
export function addPayments(program: Command): void {
  const payments = program.command('payments').description('attempts to collect what is owed');

  payments
    .command('list')
    .description('payments, the newest first')
    .option('--status <status>', 'pending, authorized, paid, failed, expired, canceled, …')
    .option('--provider <name>', 'those at one provider')
    .option('--invoice <invoice>', 'of one invoice')
    .option('--provider-payment-id <id>', 'what the provider calls it')
    .option('--max <count>', 'how many at most', countOption, 20)
    .action(async ({ max, providerPaymentId, ...filters }: Filters, command: Command) => {
      const { client } = await connect(command);
      const query = { ...filters, provider_payment_id: providerPaymentId } as PaymentQuery;
      const found = await client.payments.list({ ...query, limit: Math.min(max, 100) }).toArray(max);
      if (isJson(command)) return console.log(JSON.stringify({ object: 'list', data: found }));
      console.log(found.length === 0 ? 'There are no such payments.' : table(found));
    });

  payments
    .command('show')
    .description('one payment')
    .argument('<payment>', 'its id (pay_…)')
    .action(async (id: string, _options: object, command: Command) => {
      const { client } = await connect(command);
      print(command, await client.payments.get(id));
    });

  payments
    .command('cancel')
    .description('ends a payment that nobody has paid; its invoice takes others')
    .argument('<payment>', 'its id (pay_…)')
    .option('--reason <text>', 'why')
    .action(async (id: string, { reason }: { reason?: string }, command: Command) => {
      const { client } = await connect(command);
      print(command, await client.payments.cancel(id, reason === undefined ? {} : { reason }));
    });
}

const table = (payments: readonly Payment[]): string =>
  columns(
    ['PAYMENT', 'STATUS', 'AMOUNT', 'SERVICE', 'INVOICE', 'CREATED'],
    payments.map(({ id, status, display, payment_service, invoice, created_at }) => [
      id,
      status,
      display,
      payment_service,
      invoice,
      created_at,
    ]),
  );

function print(command: Command, payment: Payment): void {
  if (isJson(command)) return console.log(JSON.stringify(payment));
  const { failure, next_action } = payment;
  console.log(
    fields({
      Payment: payment.id,
      Invoice: payment.invoice,
      Status: failure === null ? payment.status : `${payment.status}: ${failure.message} (${failure.code})`,
      Amount: payment.display,
      Service: payment.payment_service,
      'At the provider': payment.provider_payment_id ?? '(not yet)',
      'Ends at': payment.expires_at ?? '(unknown)',
      ...(next_action === null ? {} : { 'The customer': next_action.redirect_url ?? next_action.type }),
    }),
  );
}

/** `sarraf invoices …`: make, look at, list and cancel them. */
import type { Command } from 'commander';
import type {
  Event,
  Invoice,
  InvoiceQuery,
  NewInvoice,
  PaymentService,
  Quote,
} from '../../client/src/index.ts';
import { connect, isJson } from './api.ts';
import { amountOption, countOption, metadataOption, namesOption } from './input.ts';
import { columns, fields } from './print.ts';

/** Adds the commands to the program. */
export function addInvoices(program: Command): void {
  const invoices = program.command('invoices').description('what customers owe');

  invoices
    .command('create')
    .description('makes an invoice')
    .argument('<amount>', 'in minor units of the currency: 6000000 VND, 500 for USD 5.00', amountOption)
    .argument('<currency>', 'VND, XAF, IQD, USD, …')
    .option('--reference <text>', 'yours, such as the number of the order')
    .option('--description <text>', 'what the customer reads')
    .option('--due-at <time>', 'when it expires, such as 2027-01-31T17:00:00Z (default: in a week)')
    .option('--capture-method <how>', 'automatic or manual')
    .option('--customer-name <name>')
    .option('--customer-email <address>')
    .option('--customer-phone <number>')
    .option('--success-url <url>', 'where the customer goes after paying')
    .option('--failure-url <url>', 'where the customer goes after failing to')
    .option('--idempotency-key <key>', 'the same key makes the same invoice, however often')
    .addHelpText('after', '\nExample:\n  sarraf invoices create 6000000 VND --reference order-1001')
    .action(async (amount: number, currency: string, options: Given, command: Command) => {
      const { client } = await connect(command);
      const call = options.idempotencyKey === undefined ? {} : { idempotencyKey: options.idempotencyKey };
      print(command, await client.invoices.create(bodyOf(amount, currency, options), call));
    });

  invoices
    .command('show')
    .description('one invoice, its payments, and what has happened to it')
    .argument('<invoice>', 'its id (inv_…)')
    .action(async (id: string, _options: object, command: Command) => {
      const { client } = await connect(command);
      const [invoice, events] = await Promise.all([
        client.invoices.get(id),
        client.events.list({ invoice: id }).toArray(),
      ]);
      const timeline = [...events].reverse();
      if (isJson(command)) return console.log(JSON.stringify({ ...invoice, timeline }));
      print(command, invoice);
      if (timeline.length > 0) console.log(`\n${timelineTable(timeline)}`);
    });

  invoices
    .command('list')
    .description('invoices, the newest first')
    .option('--status <status>', 'open, partially_paid, paid, expired, …')
    .option('--reference <text>', 'those with exactly this reference')
    .option(
      '--metadata <name=value>',
      'those with this in their metadata; several have to hold together',
      metadataOption,
    )
    .option('--currency <code>', 'those in one currency')
    .option('--created-gte <time>', 'made at this time or later')
    .option('--created-lte <time>', 'made at this time or earlier')
    .option('--expand <names>', 'with --json: what each is to have whole, such as events', namesOption)
    .option('--max <count>', 'how many at most', countOption, 20)
    .addHelpText(
      'after',
      '\nExample:\n  sarraf invoices list --metadata order_id=1001 --json --expand events',
    )
    .action(async ({ max, ...filters }: Filters, command: Command) => {
      const { createdGte: created_gte, createdLte: created_lte, ...rest } = filters;
      const { client } = await connect(command);
      const query = { ...rest, created_gte, created_lte, limit: Math.min(max, 100) } as InvoiceQuery;
      const found = await client.invoices.list(query).toArray(max);
      if (isJson(command)) return console.log(JSON.stringify({ object: 'list', data: found }));
      console.log(found.length === 0 ? 'There are no such invoices.' : table(found));
    });

  invoices
    .command('quotes')
    .description('which services were chosen for it, what was paid with each, and what can be chosen now')
    .argument('<invoice>', 'its id (inv_…)')
    .action(async (id: string, _options: object, command: Command) => {
      const { client } = await connect(command);
      const quotes = await client.invoices.quotes(id, { limit: 100 });
      if (isJson(command)) return console.log(JSON.stringify(quotes));
      const { data, payable, choices } = quotes;
      console.log(data.length === 0 ? 'No service was chosen yet.' : quoteTable(data));
      if (payable.amount > 0) console.log(`\n${payable.display} can be paid with\n${choiceTable(choices)}`);
    });

  invoices
    .command('cancel')
    .description('takes no more payments for it; money that comes all the same is still recorded')
    .argument('<invoice>', 'its id (inv_…)')
    .option('--reason <text>', 'why')
    .action(async (id: string, { reason }: { reason?: string }, command: Command) => {
      const { client } = await connect(command);
      print(command, await client.invoices.cancel(id, reason === undefined ? {} : { reason }));
    });
}

interface Given {
  readonly reference?: string;
  readonly description?: string;
  readonly dueAt?: string;
  readonly captureMethod?: string;
  readonly customerName?: string;
  readonly customerEmail?: string;
  readonly customerPhone?: string;
  readonly successUrl?: string;
  readonly failureUrl?: string;
  readonly idempotencyKey?: string;
}

interface Filters {
  readonly status?: string;
  readonly reference?: string;
  readonly currency?: string;
  readonly createdGte?: string;
  readonly createdLte?: string;
  readonly metadata?: Readonly<Record<string, string>>;
  readonly expand?: readonly string[];
  readonly max: number;
}

/** What was left out is left out of JSON, too; the API says what is wrong with the rest. */
function bodyOf(amount: number, currency: string, given: Given): NewInvoice {
  const customer = { name: given.customerName, email: given.customerEmail, phone: given.customerPhone };
  const return_urls = { success: given.successUrl, failure: given.failureUrl };
  const some = <T extends object>(part: T): T | undefined =>
    Object.values(part).some((value) => value !== undefined) ? part : undefined;
  return {
    amount,
    currency: currency.toUpperCase(),
    reference: given.reference,
    description: given.description,
    due_at: given.dueAt,
    capture_method: given.captureMethod,
    customer: some(customer),
    return_urls: some(return_urls),
  } as NewInvoice;
}

function table(invoices: readonly Invoice[]): string {
  return columns(
    ['INVOICE', 'STATUS', 'AMOUNT', 'RECEIVED', 'REFERENCE', 'CREATED'],
    invoices.map(({ id, status, display, amounts, reference, created_at }) => [
      id,
      status,
      display,
      amounts.received.display,
      reference ?? '',
      created_at,
    ]),
  );
}

function quoteTable(quotes: readonly Quote[]): string {
  return columns(
    ['PAYMENT', 'SERVICE', 'CHOSEN BY', 'STATUS', 'AMOUNT', 'RECEIVED', 'BALANCE', 'CREATED'],
    quotes.map((quote) => [
      quote.id,
      quote.payment_service,
      quote.chosen_by,
      quote.status,
      quote.display,
      quote.received.display,
      quote.balance,
      quote.created_at,
    ]),
  );
}

function choiceTable(choices: readonly PaymentService[]): string {
  if (choices.length === 0) return 'none of the linked services';
  return columns(
    ['SERVICE', 'TITLE', 'ACCOUNT'],
    choices.map(({ id, title, provider_account }) => [id, title, provider_account]),
  );
}

function timelineTable(events: readonly Event[]): string {
  return columns(
    ['WHEN', 'WHAT', 'AMOUNT', 'PAYMENT', 'EVENT'],
    events.map(({ created_at, type, display, payment, id, late }) => [
      created_at,
      late ? `${type} (late)` : type,
      display ?? '',
      payment ?? '',
      id,
    ]),
  );
}

function print(command: Command, invoice: Invoice): void {
  if (isJson(command)) return console.log(JSON.stringify(invoice));
  const { amounts, payments } = invoice;
  console.log(
    fields({
      Invoice: `${invoice.id} (${invoice.mode})`,
      Status: invoice.status,
      Amount: invoice.display,
      Received: amounts.received.display,
      Remaining: amounts.remaining.display,
      ...(amounts.refunded.amount > 0 ? { Refunded: amounts.refunded.display } : {}),
      ...(amounts.excess.amount > 0 ? { Excess: amounts.excess.display } : {}),
      ...(amounts.late.amount > 0 ? { Late: amounts.late.display } : {}),
      Reference: invoice.reference ?? '(none)',
      Due: invoice.due_at,
      Created: invoice.created_at,
    }),
  );
  if (payments.length === 0) return;
  const rows = payments.map(({ id, status, payment_service, display, received, failure }) => [
    id,
    status,
    payment_service,
    display,
    received.display,
    failure?.message ?? '',
  ]);
  console.log(`\n${columns(['PAYMENT', 'STATUS', 'SERVICE', 'AMOUNT', 'RECEIVED', 'FAILURE'], rows)}`);
}

/** `sarraf pay` and `sarraf trigger`: acting as the customer, and as the provider, in the sandbox. */
import type { Command } from 'commander';
import type { Client, Payment } from '../../client/src/index.ts';
import { CUSTOMER, ordinaryAmount, RETURN_URLS } from '../journey/ordinary-order.ts';
import { connect, isJson } from './api.ts';
import { UsageError } from './failure.ts';
import { act, CONTROL_URL, type Act } from './sandbox.ts';
import { fields } from './print.ts';

const EVENTS: Readonly<Record<string, Act>> = {
  paid: 'pay',
  failed: 'fail',
  expired: 'expire',
  webhook: 'webhooks',
};

/** Adds the commands to the program. */
export function addPay(program: Command): void {
  program
    .command('pay')
    .description('pays an invoice or a payment as the customer would; sandbox only')
    .argument('<id>', 'of an invoice (inv_…), whose newest payment is taken or made, or of a payment (pay_…)')
    .option('--service <service>', 'asks for a payment with this service first, such as finan.bank_transfer')
    .option('--amount <amount>', "in the provider's own units, where it takes other amounts than what is due")
    .option('--late', 'after the payment has expired')
    .option(...CONTROL_URL)
    .addHelpText('after', '\nExample:\n  sarraf pay inv_… --service finan.bank_transfer')
    .action(async (id: string, options: PayOptions, command: Command) => {
      const { client } = await connect(command);
      const payment = await paymentOf(client, id, options.service);
      await act(command, payment, 'pay', {
        ...(options.amount === undefined ? {} : { amount: asSent(options.amount) }),
        ...(options.late ? { after_expiry: true } : {}),
      });
      await tell(command, client, payment, 'paid');
    });

  program
    .command('trigger')
    .description('has the simulator of a provider do something, and send the webhook that comes of it')
    .argument(
      '<provider.event>',
      `the events: ${Object.keys(EVENTS).join(', ')} (the present status, sent again)`,
    )
    .option('--payment <payment>', 'of this payment; without it, an order of its own is made')
    .option('--amount <amount>', "for paid: in the provider's own units")
    .option('--reason <text>', 'for failed: what the provider says')
    .option('--forge', 'for webhook: with a wrong proof')
    .option(...CONTROL_URL)
    .addHelpText(
      'after',
      '\nExamples:\n  sarraf trigger finan.paid\n  sarraf trigger fapshi.webhook --payment pay_… --forge',
    )
    .action(async (name: string, options: TriggerOptions, command: Command) => {
      const [provider = '', event = ''] = name.split('.');
      const what = EVENTS[event];
      if (what === undefined)
        throw new UsageError(`there is no event "${event}"; there are: ${Object.keys(EVENTS).join(', ')}`);
      const { client } = await connect(command);
      const payment =
        options.payment === undefined
          ? await freshPayment(client, provider)
          : await client.payments.get(options.payment);
      if (payment.provider !== provider)
        throw new UsageError(`${payment.id} is a payment of ${payment.provider}, not of ${provider}`);
      await act(command, payment, what, {
        ...(options.amount === undefined || what !== 'pay' ? {} : { amount: asSent(options.amount) }),
        ...(options.reason === undefined || what !== 'fail' ? {} : { reason: options.reason }),
        ...(options.forge && what === 'webhooks' ? { forge: true } : {}),
      });
      await tell(command, client, payment, event);
    });
}

interface PayOptions {
  readonly service?: string;
  readonly amount?: string;
  readonly late?: true;
}

interface TriggerOptions {
  readonly payment?: string;
  readonly amount?: string;
  readonly reason?: string;
  readonly forge?: true;
}

async function paymentOf(client: Client, id: string, service: string | undefined): Promise<Payment> {
  if (id.startsWith('pay_')) return client.payments.get(id);
  if (service === undefined) {
    const last = (await client.invoices.get(id)).payments.at(-1);
    if (last !== undefined) return last;
    throw new UsageError(
      `${id} has no payment yet: name a service with --service (sarraf services --invoice ${id})`,
    );
  }
  return client.invoices.requestPayment(id, { payment_service: service });
}

/** Of an order that the provider takes, with the first of its services that is available. */
async function freshPayment(client: Client, provider: string): Promise<Payment> {
  const services = await client.paymentServices.list();
  const service = services.find((each) => each.provider === provider && each.available);
  if (service === undefined) {
    const providers = [...new Set(services.map((each) => each.provider))].join(', ');
    throw new UsageError(`no service of "${provider}" is available; linked are: ${providers || 'none'}`);
  }
  const order = { customer: CUSTOMER, return_urls: RETURN_URLS, description: 'Triggered' };
  const invoice = await client.invoices.create({ ...ordinaryAmount(service), ...order });
  return client.invoices.requestPayment(invoice.id, { payment_service: service.id });
}

/** The record, which may be a moment behind the webhook. */
async function tell(command: Command, client: Client, { id }: Payment, done: string): Promise<void> {
  const payment = await client.payments.get(id);
  if (isJson(command)) return console.log(JSON.stringify(payment));
  console.log(
    fields({
      'At the provider': done,
      Payment: payment.id,
      Invoice: payment.invoice,
      Status: payment.status,
      Received: payment.received.display,
    }),
  );
}

/** Some providers count in whole numbers and some in text with decimals; a number that looks like one is sent as one. */
const asSent = (amount: string): number | string =>
  /^\d{1,15}(?:\.\d+)?$/.test(amount) ? Number(amount) : amount;

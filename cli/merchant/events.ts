/** `sarraf events …`: what happened, and having webhooks sent again. */
import type { Command } from 'commander';
import type { Event } from '../../client/src/index.ts';
import { connect, isJson } from './api.ts';
import { countOption } from './input.ts';
import { columns } from './print.ts';

/** Adds the commands to the program. */
export function addEvents(program: Command): void {
  const events = program.command('events').description('what happened, and webhooks of it');

  events
    .command('list')
    .description('events, the newest first')
    .option('--type <type>', 'such as invoice.paid')
    .option('--invoice <invoice>', 'of one invoice')
    .option('--max <count>', 'how many at most', countOption, 20)
    .action(async ({ max, ...query }: { max: number }, command: Command) => {
      const { client } = await connect(command);
      const found = await client.events.list({ ...query, limit: Math.min(max, 100) }).toArray(max);
      if (isJson(command)) return console.log(JSON.stringify({ object: 'list', data: found }));
      console.log(found.length === 0 ? 'There are no such events.' : table(found));
    });

  events
    .command('show')
    .description('one event, as webhooks carry it')
    .argument('<event>', 'its id (evt_…)')
    .action(async (id: string, _options: object, command: Command) => {
      const event = await (await connect(command)).client.events.get(id);
      console.log(isJson(command) ? JSON.stringify(event) : JSON.stringify(event, null, 2));
    });

  events
    .command('resend')
    .description('sends the webhooks of an event again, to each endpoint that it was sent to')
    .argument('<event>', 'its id (evt_…)')
    .option('--endpoint <endpoint>', 'to this one only (whe_…)')
    .action(async (event: string, { endpoint }: { endpoint?: string }, command: Command) => {
      const { client } = await connect(command);
      const query = { event, ...(endpoint === undefined ? {} : { webhook_endpoint: endpoint }) };
      const deliveries = await client.deliveries.list(query).toArray();
      if (deliveries.length === 0) {
        await client.events.get(event);
        throw new Error(
          `${event} was sent to no webhook endpoint; sarraf listen forwards events to a local one`,
        );
      }
      const sent = await Promise.all(deliveries.map(({ id }) => client.deliveries.resend(id)));
      if (isJson(command)) return console.log(JSON.stringify({ object: 'list', data: sent }));
      const rows = sent.map(({ id, status, webhook_endpoint }) => [id, status, webhook_endpoint]);
      console.log(columns(['DELIVERY', 'STATUS', 'ENDPOINT'], rows));
    });
}

function table(events: readonly Event[]): string {
  return columns(
    ['EVENT', 'TYPE', 'AMOUNT', 'INVOICE', 'CREATED'],
    events.map(({ id, type, display, invoice, created_at }) => [
      id,
      type,
      display ?? '',
      invoice ?? '',
      created_at,
    ]),
  );
}

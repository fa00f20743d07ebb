/** The floor's front: `POST /pay {id, amount}` runs the update, `POST /hook` turns a webhook into a signal. No checks at all. */
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Client, Connection, WithStartWorkflowOperation } from '@temporalio/client';
import { FLOOR_QUEUE, required } from './settings.ts';
import type { floor } from './workflow.ts';

const client = new Client({
  connection: await Connection.connect({ address: required('FLOOR_TEMPORAL_ADDRESS') }),
});

async function pay({ id, amount }: { id: string; amount: number }): Promise<{ provider_payment_id: string }> {
  const startWorkflowOperation = new WithStartWorkflowOperation<typeof floor>('floor', {
    workflowId: id,
    taskQueue: FLOOR_QUEUE,
    args: [id],
    workflowIdConflictPolicy: 'USE_EXISTING',
  });
  const provider_payment_id = await client.workflow.executeUpdateWithStart<typeof floor, string, [number]>(
    'pay',
    {
      args: [amount],
      startWorkflowOperation,
    },
  );
  return { provider_payment_id };
}

const server = createServer((request, response) => {
  const answer = (body: unknown): void => {
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify(body));
  };
  void read(request).then(async (body) => {
    if (request.url === '/pay') return answer(await pay(body as { id: string; amount: number }));
    const receivedAt = Date.now();
    answer({ status: 'success' });
    await client.workflow
      .getHandle((body as { reference_id: string }).reference_id)
      .signal('hook', receivedAt);
  });
});

async function read(request: IncomingMessage): Promise<unknown> {
  let text = '';
  for await (const chunk of request) text += chunk;
  return JSON.parse(text);
}

server.listen(0, '127.0.0.1', () => {
  const { port } = server.address() as AddressInfo;
  process.stdout.write(`${JSON.stringify({ ready: true, url: `http://127.0.0.1:${port}` })}\n`);
});
process.once('SIGTERM', () => process.exit(0));

/** `npm start`: everything on one machine, until Ctrl-C. Data stays in the data directory. */
import { loadConfig, withStartPorts } from '../config/index.ts';
import { consoleReport } from './console.ts';
import { failWith } from './failure.ts';
import { lastStart, runtimeFacts, writeRuntimeFile, type RuntimeFile } from './runtime-file.ts';
import { startStack } from './stack.ts';

async function main(): Promise<void> {
  const config = withStartPorts(loadConfig());
  const stack = await startStack(config, consoleReport(), {
    keep: true,
    ui: true,
    knownKey: (await lastStart(config.dataDir))?.api_key ?? null,
    onEvent: (event) =>
      console.error(
        event.type === 'crashed' ? `! ${event.how}; starting it again` : `✓ ${event.name} is back`,
      ),
  });
  const facts = runtimeFacts(stack);
  const path = await writeRuntimeFile(config.dataDir, facts);
  console.log(welcome(facts, path));

  const asked = new Promise<void>((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve());
  });
  try {
    await Promise.race([asked, stack.failed]);
  } finally {
    console.error('\nstopping: requests under way finish, the worker drains, the engines stop …');
    await stack.stop();
    console.error('stopped; the data is kept');
  }
}

function welcome(facts: RuntimeFile, path: string): string {
  return `
Sarraf is up.

  API           ${facts.api_url}
  Operations    ${facts.api_url}/ops
  Temporal UI   ${facts.temporal_ui_url ?? '(none)'}
  Sandbox       ${facts.sandbox.control_url}   (act as the customer, break things)
${Object.entries(facts.sandbox.providers)
  .map(([name, { base_url }]) => `    ${name.padEnd(12)}${base_url}`)
  .join('\n')}
  Facts         ${path}

Make an invoice of 6,000,000 đồng:

  curl -s ${facts.api_url}/v1/invoices \\
    -H 'Authorization: Bearer ${facts.api_key}' \\
    -H 'Content-Type: application/json' \\
    -d '{"amount": 6000000, "currency": "VND", "reference": "order-1001", "description": "Order 1001"}'

Ctrl-C stops everything.
`;
}

main().catch(failWith);

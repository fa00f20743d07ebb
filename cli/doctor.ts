/** `npm run doctor`: what this machine has and lacks. `--json` for machines. Exit code 1 when `npm start` would fail. */
import { basicFindings, printFindings } from './bootstrap/findings.mjs';
import { diagnose } from './diagnosis.ts';

async function main(): Promise<void> {
  const findings = [...(await basicFindings()), ...(await diagnose(process.env))];
  if (process.argv.includes('--json')) process.stdout.write(`${JSON.stringify({ findings }, null, 2)}\n`);
  else printFindings(findings);
  process.exitCode = findings.some(({ status }) => status === 'bad') ? 1 : 0;
}

void main();

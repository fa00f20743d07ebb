/** The simulators of the providers, where a person acts as everybody but the merchant. */
import type { Command } from 'commander';
import type { Payment } from '../../client/src/index.ts';
import { loadClientConfig } from '../../config/index.ts';
import { lastControlUrl } from '../runtime-file.ts';
import { UsageError } from './failure.ts';

export type Act = 'pay' | 'fail' | 'expire' | 'webhooks';

/** The option of commands that reach the simulators. */
export const CONTROL_URL = [
  '--control-url <url>',
  "the simulators' control API; else that of the last npm start",
] as const;

/** Has the simulator of the payment's provider do something, and waits for the webhooks that this causes. */
export async function act(
  command: Command,
  payment: Payment,
  what: Act,
  body: object,
): Promise<Readonly<Record<string, unknown>>> {
  const { controlUrl } = command.opts<{ controlUrl?: string }>();
  const control = controlUrl ?? (await lastControlUrl(loadClientConfig().dataDir));
  if (control === null)
    throw new UsageError('no simulators are known: run npm start here, or give --control-url');
  if (payment.provider_payment_id === null)
    throw new Error(`${payment.id} is ${payment.status}: its provider does not know of it yet`);
  const path = `/${payment.provider}/payments/${encodeURIComponent(payment.provider_payment_id)}/${what}?wait=true`;
  const response = await fetch(control.replace(/\/+$/, '') + path, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
    signal: AbortSignal.timeout(60_000),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`the simulator answered ${response.status}: ${reasonIn(text)}`);
  return JSON.parse(text) as Readonly<Record<string, unknown>>;
}

function reasonIn(text: string): string {
  try {
    const { error } = Object(JSON.parse(text)) as Record<string, unknown>;
    return typeof error === 'string' ? error : text;
  } catch {
    return text;
  }
}

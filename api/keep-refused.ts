/** Keeps what refused webhooks looked like, for whoever wonders why. A flood costs a few rows a minute; the rest is counted. */
import { createHash } from 'node:crypto';
import type { Request } from 'express';
import { keepRefused } from '../db/refused-webhooks.ts';
import type { IncomingWebhook, WebhookRefusal } from '../providers/contract.ts';
import type { ApiDependencies } from './dependencies.ts';

/** Of each account: so many at once, and then one in every so many seconds. */
const BURST = 10;
const EVERY_MS = 10_000;
/** Accounts are known ones, so this is never reached but by very many. */
const ACCOUNTS = 10_000;
const TEXT_MAX = 200;
const HEADERS_MAX = 40;

interface Allowance {
  left: number;
  at: number;
  not_kept: number;
}

/** Returns at once; the row is written after the answer. Neither the body nor the value of any header that may prove something is kept. */
export function createRefusedKeeper({
  pool,
  background,
  logger,
  now,
}: Pick<ApiDependencies, 'pool' | 'background' | 'logger' | 'now'>) {
  const allowances = new Map<string, Allowance>();

  const take = (account_id: string): Allowance | null => {
    const at = now();
    const one = allowances.get(account_id) ?? { left: BURST, at, not_kept: 0 };
    if (allowances.size >= ACCOUNTS) allowances.clear();
    allowances.set(account_id, one);
    const earned = Math.floor((at - one.at) / EVERY_MS);
    if (earned > 0) Object.assign(one, { left: Math.min(BURST, one.left + earned), at });
    if (one.left === 0) {
      one.not_kept += 1;
      return null;
    }
    one.left -= 1;
    return one;
  };

  return (account_id: string, reason: WebhookRefusal, request: Request, webhook: IncomingWebhook): void => {
    const allowance = take(account_id);
    if (allowance === null) return;
    const { not_kept } = allowance;
    allowance.not_kept = 0;
    const { headers, body, received_at } = webhook;
    const row = {
      account_id,
      received_at: new Date(received_at).toISOString(),
      reason,
      address: request.ip ?? null,
      content_type: text(headers['content-type']),
      user_agent: text(headers['user-agent']),
      header_names: Object.keys(headers)
        .map((name) => name.slice(0, TEXT_MAX))
        .sort()
        .slice(0, HEADERS_MAX),
      size: body.byteLength,
      body_sha256: createHash('sha256').update(body).digest(),
      not_kept,
    };
    background.run(
      keepRefused(pool, row).catch((err: unknown) =>
        logger.warn({ err, provider_account: account_id }, 'a refused webhook could not be kept'),
      ),
    );
  };
}

const text = (value: string | undefined): string | null => value?.slice(0, TEXT_MAX) ?? null;

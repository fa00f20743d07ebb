/**
 * Webhooks of providers: verify the raw bytes, store, acknowledge, then tell the workflow.
 *
 * The row is what counts. Once it is stored the provider gets its 2xx, also while the workflow engine is down; a
 * row that nobody was told of stays `received` and is swept up. A copy of an event that still waits is told again.
 */
import { createHash } from 'node:crypto';
import { raw, type Request, type RequestHandler, type Response } from 'express';
import { isId } from '../../db/ids.ts';
import { insertWebhook, type NewWebhook, type StoredWebhook } from '../../db/webhooks.ts';
import { ProviderError } from '../../domain/provider-error.ts';
import type { Connector, IncomingWebhook, WebhookClaim, WebhookVerdict } from '../../providers/contract.ts';
import { MAX_DEPTH } from '../body.ts';
import { contextOf } from '../context.ts';
import type { ApiDependencies } from '../dependencies.ts';
import { isDeeperThan } from '../json-text.ts';
import { createRefusedKeeper } from '../keep-refused.ts';
import { factsOf } from '../present.ts';
import { Problem } from '../problem.ts';
import type { AccountFinder, OpenedAccount } from '../provider-accounts.ts';

const MAX_BYTES = 256 * 1024;
const EVENT_KEY_MAX = 255;
const HEADER_MAX = 500;
/** Kept for people who look into a dispute. Signatures and shared secrets are never among them. */
const KEPT_HEADERS = ['content-type', 'user-agent', 'x-timestamp', 'x-request-id', 'date'];

/** Collects the bytes as they came: signatures are made over bytes. */
export const readWebhookBytes: RequestHandler = raw({ limit: MAX_BYTES, type: () => true, inflate: false });

export function webhookRoutes(dependencies: ApiDependencies, finder: AccountFinder) {
  const { pool, invoices, publicUrl, logger, now, background, refusals, metrics } = dependencies;
  const keepRefused = createRefusedKeeper(dependencies);
  const pathPrefix = new URL(publicUrl).pathname.replace(/\/$/, '');

  const receive = async (request: Request, response: Response): Promise<void> => {
    const { provider, account: accountId } = request.params;
    const isKnowable =
      typeof provider === 'string' && typeof accountId === 'string' && isId('pacc', accountId);
    const opened = isKnowable ? await finder.find(provider, accountId) : null;
    if (!isKnowable || !opened) throw new Problem('not_found', 'there is no such provider account');
    const { connector } = opened;

    const webhook = incoming(request, pathPrefix, now());
    const verdict = await verify(provider, accountId, opened, webhook);
    if (!verdict.ok) {
      const { reason } = verdict;
      metrics?.webhook(connector.manifest.provider, reason);
      const count = refusals.add(connector.manifest.provider, reason);
      logger.warn({ provider, provider_account: accountId, reason, count }, 'a webhook was refused');
      keepRefused(accountId, reason, request, webhook);
      throw new Problem('webhook_refused', `the webhook was refused: ${reason.replaceAll('_', ' ')}`);
    }

    const stored = await insertWebhook(pool, toStore(connector, accountId, webhook));
    metrics?.webhook(connector.manifest.provider, receivedAs(stored));
    const context = contextOf(response);
    context.invoice_id = stored.invoice?.id ?? null;
    context.webhook_id = stored.id;
    const { status, body } = connector.acknowledge(new Date(now()));
    if (typeof body === 'string') response.status(status).type('text/plain').send(body);
    else if (body === null || body === undefined) response.status(status).end();
    else response.status(status).json(body);
    if (stored.state === 'dead')
      logger.error({ webhook_id: stored.id, provider, provider_account: accountId }, 'a webhook is dead');
    background.run(tellWorkflow(stored));
  };

  /** A proof with credentials that were set a moment ago is not refused because an older copy is in memory. */
  const verify = async (
    provider: string,
    accountId: string,
    opened: OpenedAccount,
    webhook: IncomingWebhook,
  ): Promise<WebhookVerdict> => {
    const verdict = verdictOf(opened, webhook);
    if (verdict.ok) return verdict;
    const again = await finder.findAgain(provider, accountId);
    return again === null || again.revision === opened.revision ? verdict : verdictOf(again, webhook);
  };

  /** Never rejects: what fails here is swept up later. */
  const tellWorkflow = async ({ id, state, invoice }: StoredWebhook): Promise<void> => {
    if (state !== 'received' || invoice === null) return;
    try {
      await invoices.webhookArrived(factsOf(invoice), id);
    } catch (error) {
      logger.error(
        { err: error, webhook_id: id, invoice_id: invoice.id },
        'the workflow could not be told of a webhook',
      );
    }
  };

  return { receive };
}

const receivedAs = ({ state, copies }: StoredWebhook): string =>
  copies > 1 ? 'copy' : state === 'dead' ? 'dead' : 'accepted';

/** With the present credentials, then with earlier ones whose overlap has not ended; what the first said counts. */
function verdictOf({ connector, accounts }: OpenedAccount, webhook: IncomingWebhook): WebhookVerdict {
  const [present, ...earlier] = accounts;
  if (!present) return { ok: false, reason: 'bad_signature' };
  const verdict = connector.verifyWebhook(present, webhook);
  const isProved = verdict.ok || earlier.some((account) => connector.verifyWebhook(account, webhook).ok);
  return isProved ? { ok: true } : verdict;
}

/** The request as connectors take it. `path` is what the provider called: the public URL's own path in front. */
function incoming(request: Request, pathPrefix: string, received_at: number): IncomingWebhook {
  const headers = Object.entries(request.headersDistinct).map(([name, values]) => [
    name,
    (values ?? []).join(', '),
  ]);
  const bytes: unknown = request.body;
  return {
    method: request.method,
    path: pathPrefix + request.originalUrl,
    headers: Object.fromEntries(headers) as Record<string, string>,
    body: Buffer.isBuffer(bytes) ? bytes : Buffer.alloc(0),
    received_at,
  };
}

/** What the connector reads in the body, or why nobody can. */
function readClaim(
  connector: Connector<unknown>,
  body: Uint8Array,
): WebhookClaim | { readonly dead: string } {
  if (isDeeperThan(MAX_DEPTH, Buffer.from(body).toString('latin1'))) {
    return { dead: `the body is nested more than ${MAX_DEPTH} deep` };
  }
  let claim: WebhookClaim;
  try {
    claim = connector.parseWebhook(body);
  } catch (error) {
    if (error instanceof ProviderError)
      return { dead: `the body cannot be read: ${storable(error.failure.message)}` };
    throw error;
  }
  const { event_key, reference, provider_payment_id } = claim;
  const isStorable = [event_key, reference ?? '', provider_payment_id ?? ''].every(
    (text) => text === storable(text),
  );
  return isStorable && event_key !== ''
    ? claim
    : { dead: 'the ids in the body contain unsupported characters' };
}

/** Text that Postgres can hold: without NUL characters and halves of surrogate pairs. */
function storable(text: string): string {
  return text.replaceAll('\0', '').replaceAll(/\p{Surrogate}/gu, '');
}

/** The row. Its path ends with the account: what follows, and the query, can be a secret or a token. */
function toStore(
  connector: Connector<unknown>,
  account_id: string,
  { headers, body, received_at }: IncomingWebhook,
): NewWebhook {
  const claim = readClaim(connector, body);
  const kept = KEPT_HEADERS.flatMap((name) => {
    const value = headers[name];
    return value === undefined ? [] : [[name, value.slice(0, HEADER_MAX)]];
  });
  const hash = (bytes: Uint8Array | string): string =>
    `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
  const row = {
    account_id,
    received_at: new Date(received_at).toISOString(),
    path: `/webhooks/${connector.manifest.provider}/${account_id}`,
    headers: Object.fromEntries(kept) as Record<string, string>,
    body,
  };
  if ('dead' in claim) {
    return { ...row, event_key: hash(body), reference: null, provider_payment_id: null, dead: claim.dead };
  }
  const { event_key, reference, provider_payment_id } = claim;
  return {
    ...row,
    event_key: event_key.length <= EVENT_KEY_MAX ? event_key : hash(event_key),
    reference,
    provider_payment_id,
    dead: null,
  };
}

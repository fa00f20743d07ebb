/**
 * The webhooks of a provider account: where they go, what is registered at the provider, and what a person has to do where
 * no call does it. The registration is asked for by a person and safe to repeat, so the API makes the call itself.
 */
import type { Request, Response } from 'express';
import { beginRegistration, endRegistration } from '../../db/provider-accounts.ts';
import type { AuditNote } from '../../db/audit-entries.ts';
import type { Owner } from '../../db/invoices.ts';
import { ProviderError } from '../../domain/provider-error.ts';
import type { RegisteredWebhook } from '../../providers/contract.ts';
import { withoutSecrets } from '../account-credentials.ts';
import { sendJson } from '../answer.ts';
import { jsonBody, parseBody } from '../body.ts';
import { noteBy, ownerOf } from '../context.ts';
import type { ApiDependencies } from '../dependencies.ts';
import { noFields } from '../fields.ts';
import { createAccountOpener, type OpenedAccount as Opened } from '../opened-account.ts';
import { idParameter } from '../path.ts';
import { Problem } from '../problem.ts';
import type { accountWebhooks } from '../schemas/account.ts';
import type { Shown } from '../schemas/parts.ts';

const RETRY_S = 5;

interface Looked {
  readonly registered: readonly RegisteredWebhook[] | null;
  readonly problem: { readonly code: string; readonly detail: string } | null;
}

/** Asks providers about the webhooks of an account, whoever wants to know. */
export function createWebhookRegistrar(dependencies: ApiDependencies) {
  const { pool, logger } = dependencies;
  const { open, contextOf } = createAccountOpener(dependencies);

  const find = async (opened: Opened): Promise<readonly RegisteredWebhook[] | null> => {
    const { row, connector, url } = opened;
    return (await connector.findWebhooks?.(contextOf(opened), { url, known_id: row.webhook_id })) ?? null;
  };

  /** What is registered; or why that cannot be told. `registered` null without a problem: no call tells. */
  const look = async (opened: Opened): Promise<Looked> => {
    try {
      return { registered: await find(opened), problem: null };
    } catch (error) {
      const { code, message } = problemOf(error, opened);
      return { registered: null, problem: { code, detail: message } };
    }
  };

  /** Registers it; null: no call does that. Throws `Problem`. */
  const register = async (
    owner: Owner,
    opened: Opened,
    noteWith: (details: AuditNote['details']) => AuditNote,
  ): Promise<RegisteredWebhook | null> => {
    const { connector, row } = opened;
    if (!connector.registerWebhook) return null;
    if (!(await beginRegistration(pool, row.id))) {
      throw new Problem('provider_account_changed', 'the webhook of this account is being registered', {
        retryAfter_s: 2,
      });
    }
    let registered: RegisteredWebhook | null = null;
    try {
      // Read again: whoever registered it a moment ago has left its id.
      const latest = await open(owner, row.id);
      const target = { url: latest.url, known_id: latest.row.webhook_id };
      registered = await connector.registerWebhook(contextOf(latest), target);
    } catch (error) {
      throw problemOf(error, opened);
    } finally {
      // Before the answer: whoever has got it may ask again at once.
      const note = noteWith({ provider: row.provider, webhook_id: registered?.id ?? null });
      await endRegistration(pool, row.id, registered && { webhook_id: registered.id, note });
    }
    logger.info({ provider_account: row.id, provider: row.provider }, 'the webhook was registered');
    return registered;
  };

  return { open, look, register };
}

export function accountWebhookRoutes(dependencies: ApiDependencies) {
  const registrar = createWebhookRegistrar(dependencies);

  const open = (request: Request, response: Response): Promise<Opened> =>
    registrar.open(ownerOf(response), idParameter(request, response, 'pacc'));

  const show = async (request: Request, response: Response): Promise<void> => {
    const opened = await open(request, response);
    // The URL is worth telling also while the provider cannot be asked.
    const { registered, problem } = await registrar.look(opened);
    sendJson(response, 200, view(opened, registered, problem));
  };

  const register = async (request: Request, response: Response): Promise<void> => {
    parseBody(noFields, jsonBody(request));
    const opened = await open(request, response);
    const registered = await registrar.register(ownerOf(response), opened, (details) =>
      noteBy(response, details),
    );
    sendJson(response, 200, view(opened, registered && [registered]));
  };

  return { show, register };
}

function view(
  { row, connector, credentials, url }: Opened,
  registered: readonly RegisteredWebhook[] | null,
  problem: { readonly code: string; readonly detail: string } | null = null,
): string {
  const { title, webhook_registration } = connector.manifest;
  const byCall = `POST /v1/provider_accounts/${row.id}/webhooks/register registers ${url} at ${title}, or brings the registration up to date.`;
  const setup = connector.webhookSetup?.(url) ?? { steps: [byCall], secrets: [] };
  const isDone = registered?.some(({ standing }) => standing === 'current') ?? false;
  const answer: Shown<typeof accountWebhooks> = {
    object: 'provider_account_webhooks',
    provider_account: row.id,
    provider: row.provider,
    url,
    registration: webhook_registration,
    registered,
    registered_problem: problem,
    steps: isDone ? [] : setup.steps.map((text, index) => ({ step: index + 1, text })),
    secrets: setup.secrets.map(({ credential, place }) => ({
      credential,
      place,
      set: credentials[credential] !== undefined,
    })),
  };
  return JSON.stringify(answer);
}

/** What a failure at the provider means for the answer; anything else goes on as it is. */
function problemOf(error: unknown, { credentials }: Opened): Problem {
  if (!(error instanceof ProviderError)) throw error;
  const { kind, message, retry_after_ms } = error.failure;
  const detail = withoutSecrets(message, credentials);
  const retryAfter_s = retry_after_ms === undefined ? RETRY_S : retry_after_ms / 1000;
  switch (kind) {
    case 'bad_credentials':
      return new Problem('provider_credentials_rejected', detail);
    case 'unavailable':
    case 'rate_limited':
      return new Problem('provider_unavailable', detail, { retryAfter_s });
    case 'unknown_outcome':
      return new Problem('webhook_unconfirmed', detail, { retryAfter_s });
    case 'declined':
    case 'invalid_request':
    case 'not_found':
      return new Problem('provider_refused', detail);
  }
}

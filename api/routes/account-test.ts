/** `POST /v1/provider_accounts/{id}/test`: whether the provider takes the account's credentials, found out without changing anything there. */
import type { Request, Response } from 'express';
import { tryCredentials } from '../../providers/try-credentials.ts';
import { withoutSecrets } from '../account-credentials.ts';
import { sendJson } from '../answer.ts';
import { jsonBody, parseBody } from '../body.ts';
import { ownerOf } from '../context.ts';
import type { ApiDependencies } from '../dependencies.ts';
import { noFields } from '../fields.ts';
import { createAccountOpener } from '../opened-account.ts';
import { idParameter } from '../path.ts';
import type { accountTest } from '../schemas/account.ts';
import type { Shown } from '../schemas/parts.ts';

export function accountTestRoutes(dependencies: ApiDependencies) {
  const { now, logger } = dependencies;
  const { open, contextOf } = createAccountOpener(dependencies);

  const test = async (request: Request, response: Response): Promise<void> => {
    parseBody(noFields, jsonBody(request));
    const opened = await open(ownerOf(response), idParameter(request, response, 'pacc'));
    const { row, connector, credentials } = opened;
    const result = await tryCredentials(connector, contextOf(opened));
    const { verdict } = result;
    logger.info({ provider_account: row.id, provider: row.provider, verdict }, 'credentials were tried');
    const answer: Shown<typeof accountTest> = {
      object: 'provider_account_test',
      provider_account: row.id,
      provider: row.provider,
      verdict,
      failure:
        result.verdict === 'accepted'
          ? null
          : {
              kind: result.failure.kind,
              code: result.failure.code,
              detail: withoutSecrets(result.failure.message, credentials),
            },
      tested_at: new Date(now()).toISOString(),
    };
    sendJson(response, 200, JSON.stringify(answer));
  };

  return { test };
}

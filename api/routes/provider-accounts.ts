/**
 * Provider accounts: link, read, change. Nothing is ever deleted, because payments and the ledger name them.
 *
 * Credentials go in and never come out: answers name those that are set. So the answer that is stored for repetitions
 * holds none, and the hash of the request is keyed.
 */
import type { Request, Response } from 'express';
import { z } from 'zod';
import { newId } from '../../db/ids.ts';
import type { IdempotencyClaim } from '../../db/idempotency.ts';
import type { Owner } from '../../db/invoices.ts';
import {
  changeProviderAccount,
  findProviderAccount,
  insertProviderAccount,
  listProviderAccounts,
  type ProviderAccountRow,
} from '../../db/provider-accounts.ts';
import { parseWithCredentials } from '../account-credentials.ts';
import { baseUrlRefusal, canonical, chooseHost, moveRefusal } from '../account-host.ts';
import { replay, sendJson } from '../answer.ts';
import { jsonBody, parseBody } from '../body.ts';
import { noteBy, ownerOf } from '../context.ts';
import type { ApiDependencies } from '../dependencies.ts';
import { changedInteger, flag, integer, oneOf, optionalText } from '../fields.ts';
import { claimOf, repetitionOf, secretHashKey, unlessRepeated, type Repetition } from '../idempotency.ts';
import { listText, pageOf, pageParameters, refuseCursor } from '../pages.ts';
import { idParameter } from '../path.ts';
import { createAccountPresenter } from '../present-account.ts';
import { invalidFields, notFound, Problem } from '../problem.ts';
import { settlementFormat } from '../settlement-format.ts';
import type { AccountFinder } from '../provider-accounts.ts';
import { parseQuery } from '../query.ts';

const LABEL_MAX = 100;
const LABEL_DEFAULT = 'main';
/** More than this is no limit. */
const LIMIT_MAX = 1000;

const optionalUrl = () => optionalText(2048);

type Connectors = ApiDependencies['connectors'];

const providerOf = (connectors: Connectors) =>
  oneOf(
    connectors.map(({ manifest }) => manifest.provider),
    'unknown_provider',
    'a provider',
  );

export const accountQuery = (connectors: Connectors) =>
  z.strictObject({
    provider: providerOf(connectors).optional(),
    enabled: oneOf(['true', 'false'], 'invalid_format', 'true or false').optional(),
    ...pageParameters('pacc'),
  });

/** `credentials`: the schema of the connector that the body names. */
export const accountBody = <Credentials extends z.ZodType>(
  connectors: Connectors,
  credentials: Credentials,
) =>
  z.strictObject({
    provider: providerOf(connectors),
    label: optionalText(LABEL_MAX),
    credentials,
    base_url: optionalUrl(),
    environment: oneOf(['live', 'sandbox'], 'invalid_format', 'live or sandbox').optional(),
    region: optionalText(20),
  });

export const accountChange = z.strictObject({
  label: optionalText(LABEL_MAX),
  enabled: flag().optional(),
  base_url: optionalUrl(),
  settlement_days: integer(0, 365, 'days').nullable().optional(),
  settlement_file: settlementFormat().nullable().optional(),
  max_concurrent: changedInteger(1, LIMIT_MAX, 'calls at once'),
  max_per_second: changedInteger(1, LIMIT_MAX, 'calls a second'),
});

export function providerAccountRoutes(dependencies: ApiDependencies, finder: AccountFinder) {
  const { pool, sealer, connectors, now, logger, reach } = dependencies;
  const byProvider = new Map(connectors.map((connector) => [connector.manifest.provider, connector]));
  const present = createAccountPresenter(dependencies);
  const hashKey = secretHashKey(dependencies.apiKeyPepper);

  const listQuery = accountQuery(connectors);

  /** The schema follows from the provider that the body names, so that all fields at fault are found at once. */
  const newAccount = (owner: Owner, body: unknown): ProviderAccountRow => {
    const named: unknown = Reflect.get(Object(body), 'provider');
    const connector = byProvider.get(typeof named === 'string' ? named : '');
    const schema = accountBody(connectors, connector?.credentials ?? z.unknown());
    const { credentials, label = LABEL_DEFAULT, ...wanted } = parseWithCredentials(schema, body, connector);
    if (!connector) throw new Error(`the schema let an unknown provider pass: ${wanted.provider}`);
    const { manifest } = connector;
    const host = chooseHost(manifest, owner.mode, wanted, credentials, reach);
    if ('errors' in host) throw invalidFields(host.errors);
    const id = newId('pacc');
    const at = new Date(now()).toISOString();
    return {
      id,
      ...owner,
      provider: manifest.provider,
      label,
      base_url: host.base_url,
      enabled: true,
      credentials: sealer.seal(credentials, id),
      revision: 1,
      previous_until: [],
      webhook_id: null,
      max_concurrent: null,
      max_per_second: null,
      created_at: at,
      updated_at: at,
      rotated_at: null,
      settlement_days: null,
      settlement_file: null,
      health: null,
      forced: null,
      performance: {},
    };
  };

  const make = async (response: Response, body: unknown, claim: IdempotencyClaim | null) => {
    const row = newAccount(ownerOf(response), body);
    const answer = { status: 201, body: present(row) };
    const { provider: name, label, base_url } = row;
    const note = noteBy(response, { provider: name, label, base_url });
    switch (await insertProviderAccount(pool, row, note, claim && { claim, answer })) {
      case 'stored':
        logger.info({ provider_account: row.id, provider: row.provider }, 'a provider account was linked');
        return { type: 'done', resource_id: row.id, answer } as const;
      case 'label_taken':
        throw labelTaken(row);
      case 'key_used':
        return used(claim);
    }
  };

  const used = async (claim: IdempotencyClaim | null): Promise<Repetition> => {
    const repetition = claim && (await repetitionOf(pool, claim));
    if (!repetition) throw new Error('nothing was stored although the key is free');
    return repetition;
  };

  const create = async (request: Request, response: Response): Promise<void> => {
    const body = jsonBody(request);
    const claim = claimOf(request, response, body, hashKey);
    const outcome = await unlessRepeated(pool, claim, () => make(response, body, claim));
    if (outcome.type === 'taken_over') throw new Error('an account is stored together with its answer');
    response.setHeader('Location', `/v1/provider_accounts/${outcome.resource_id}`);
    if (outcome.type === 'answered') replay(response, outcome.answer);
    else sendJson(response, outcome.answer.status, outcome.answer.body);
  };

  const list = async (request: Request, response: Response): Promise<void> => {
    const owner = ownerOf(response);
    const query = parseQuery(listQuery, request);
    const page = pageOf(query);
    const cursor = page.after ?? page.before;
    if (cursor !== null && !(await findProviderAccount(pool, owner, cursor))) refuseCursor('pacc', page);
    const { rows, has_more } = await listProviderAccounts(pool, owner, {
      ...page,
      provider: query.provider ?? null,
      enabled: query.enabled === undefined ? null : query.enabled === 'true',
    });
    const data = rows.map((row): unknown => JSON.parse(present(row)));
    sendJson(response, 200, listText(data, has_more));
  };

  const mustFind = async (request: Request, response: Response): Promise<ProviderAccountRow> => {
    const id = idParameter(request, response, 'pacc');
    const row = await findProviderAccount(pool, ownerOf(response), id);
    if (!row) throw notFound('provider account');
    return row;
  };

  const read = async (request: Request, response: Response): Promise<void> =>
    sendJson(response, 200, present(await mustFind(request, response)));

  const change = async (request: Request, response: Response): Promise<void> => {
    const row = await mustFind(request, response);
    const {
      label = null,
      enabled = null,
      base_url,
      ...settings
    } = parseBody(accountChange, jsonBody(request));
    const manifest = byProvider.get(row.provider)?.manifest;
    const refusal =
      base_url === undefined || !manifest
        ? null
        : (baseUrlRefusal(manifest, row.mode, base_url, reach) ??
          moveRefusal(manifest, row.mode, row.base_url, base_url));
    if (refusal !== null) throw invalidFields([{ pointer: '/base_url', ...refusal }]);
    const wanted = {
      label,
      enabled,
      base_url: base_url === undefined ? null : canonical(base_url),
      ...settings,
    };
    const note = noteBy(response, given(wanted));
    const changed = await changeProviderAccount(pool, ownerOf(response), row.id, wanted, note);
    if (changed === null) throw notFound('provider account');
    if (changed === 'label_taken') throw labelTaken({ ...row, label: label ?? row.label });
    finder.forget(row.id);
    const { enabled: is_enabled, base_url: host, revision } = changed;
    logger.info(
      { provider_account: row.id, enabled: is_enabled, host, revision },
      'a provider account was changed',
    );
    sendJson(response, 200, present(changed));
  };

  return { create, list, read, change };
}

/** Without what is left as it is. */
const given = (change: object): Record<string, unknown> =>
  Object.fromEntries(Object.entries(change).filter(([, value]) => value !== null));

/** Where the label is taken. Two accounts at one provider are told apart by it. */
function labelTaken({ label, provider, mode }: ProviderAccountRow): Problem {
  const detail = `you have a ${mode} account at ${provider} with the label "${label}"`;
  const expected = 'a label that none of your accounts at this provider has';
  return new Problem('provider_account_exists', detail, {
    errors: [{ pointer: '/label', code: 'taken', detail: 'is the label of another account', expected }],
  });
}

/** Reconciliation runs: asked for with a day, or with a settlement file; read, listed, and held against earlier ones. */
import { promisify } from 'node:util';
import type { Request, RequestHandler, Response } from 'express';
import { z } from 'zod';
import { newId } from '../../db/ids.ts';
import type { IdempotencyClaim } from '../../db/idempotency.ts';
import { findProviderAccount, type ProviderAccountRow } from '../../db/provider-accounts.ts';
import {
  findRun,
  insertRun,
  listRuns,
  runBefore,
  type NewRun,
  type RunRow,
} from '../../db/reconciliation-runs.ts';
import { listChanges, listRows, runOfRow } from '../../db/reconciliation-rows.ts';
import { OUTCOMES, RUN_SOURCES, RUN_STATUSES } from '../../domain/reconciliation.ts';
import { replay, sendJson } from '../answer.ts';
import { jsonBody, parseBody, readBytes } from '../body.ts';
import { holderOf, ownerOf } from '../context.ts';
import type { ApiDependencies } from '../dependencies.ts';
import { checked } from '../field-errors.ts';
import { oneOf } from '../fields.ts';
import { claimOf, repetitionOf, unlessRepeated } from '../idempotency.ts';
import { listHandler, objectId } from '../lists.ts';
import { idParameter } from '../path.ts';
import {
  CHANGE_COLUMNS,
  presentChange,
  presentRow,
  presentRun,
  ROW_COLUMNS,
  RUN_COLUMNS,
} from '../present-run.ts';
import { invalidFields, notFound, Problem } from '../problem.ts';
import { parseQuery } from '../query.ts';
import { importFile } from '../settlement-import.ts';
import { createStartRun } from '../start-run.ts';

const readWhole = promisify(readBytes);

/** Each page of what has changed compares both runs as a whole. */
export const CHANGES_AT_ONCE = 10_000;

const ACCOUNT = () => objectId('pacc', 'a provider account');

/** A day that has begun, in UTC. */
const begunDay = (now: () => number) =>
  checked<string>(
    (value) => {
      const expected = 'a day in UTC that has begun, such as 2027-01-31';
      if (value === undefined) return { code: 'required', detail: 'is missing', expected };
      const isDay =
        typeof value === 'string' &&
        /^20\d\d-\d\d-\d\d$/.test(value) &&
        new Date(`${value}T00:00:00Z`).toJSON()?.startsWith(value);
      if (!isDay) return { code: 'invalid_format', detail: `must be ${expected}`, expected };
      if (Date.parse(value) > now()) return { code: 'too_late', detail: 'has not begun', expected };
      return null;
    },
    { type: 'string', format: 'date', description: 'A day in UTC that has begun.' },
  );

export const runBody = (now: () => number) =>
  z.strictObject({ provider_account: ACCOUNT(), day: begunDay(now) });
/** Of a request whose body is a settlement file. */
export const fileQuery = (now: () => number) =>
  z.strictObject({
    provider_account: ACCOUNT(),
    day: begunDay(now),
    complete: oneOf(['true', 'false'], 'invalid_format', 'true or false').optional(),
  });
export const runFilters = (now: () => number) => ({
  provider_account: ACCOUNT().optional(),
  day: begunDay(now).optional(),
  source: oneOf(RUN_SOURCES, 'invalid_format', 'a source').optional(),
  status: oneOf(RUN_STATUSES, 'unknown_status', 'a status of a run').optional(),
});
export const rowFilters = {
  outcome: oneOf(OUTCOMES, 'unknown_status', 'an outcome').optional(),
  payment: objectId('pay', 'a payment').optional(),
};
export const changeFilters = {
  against: objectId('rec', 'a reconciliation run').optional(),
  change: oneOf(['new', 'gone', 'changed'], 'invalid_format', 'new, gone or changed').optional(),
};

export function reconciliationRoutes(dependencies: ApiDependencies) {
  const { pool, connectors, logger, now } = dependencies;
  const startRun = createStartRun(dependencies);
  const byProvider = new Map(connectors.map((connector) => [connector.manifest.provider, connector]));

  const jsonSchema = runBody(now);
  const fileSchema = fileQuery(now);

  const mustFindAccount = async (
    response: Response,
    id: string,
    pointer: string,
  ): Promise<ProviderAccountRow> => {
    const account = await findProviderAccount(pool, ownerOf(response), id);
    if (account) return account;
    const expected = 'the id of a provider account of yours in this mode';
    throw invalidFields([
      { pointer, code: 'unknown_provider_account', detail: 'is not one of yours', expected },
    ]);
  };

  const newRun = (
    response: Response,
    account: ProviderAccountRow,
    of: Pick<NewRun, 'day' | 'source' | 'is_complete'>,
  ): NewRun => {
    const { owner, key_id } = holderOf(response);
    const created_at = new Date(now()).toISOString();
    return { id: newId('rec'), ...owner, account_id: account.id, requested_by: key_id, created_at, ...of };
  };

  /** The answer, which repetitions get too: how the run stands is read under its own address. */
  const answerFor = (run: NewRun, { provider }: ProviderAccountRow) => {
    const nothing = { failure: null, list_cursor: null, list_ended: false, list_whole: null, report: null };
    const row: RunRow = {
      ...run,
      ...nothing,
      provider,
      status: 'pending',
      started_at: null,
      finished_at: null,
    };
    return { status: 202, body: JSON.stringify(presentRun(row)) };
  };

  const repeat = async (response: Response, claim: IdempotencyClaim | null): Promise<void> => {
    const repetition = claim && (await repetitionOf(pool, claim));
    if (repetition?.type !== 'answered') throw new Error('an idempotency key was taken and is not there');
    await startRun(repetition.resource_id);
    response.setHeader('Location', `/v1/reconciliation_runs/${repetition.resource_id}`);
    replay(response, repetition.answer);
  };

  const accept = async (
    response: Response,
    run: NewRun,
    answer: { status: number; body: string },
  ): Promise<void> => {
    await startRun(run.id);
    response.setHeader('Location', `/v1/reconciliation_runs/${run.id}`);
    response.setHeader('Retry-After', '2');
    sendJson(response, answer.status, answer.body);
  };

  const createFromDay = async (request: Request, response: Response): Promise<void> => {
    const body = jsonBody(request);
    const claim = claimOf(request, response, body);
    const outcome = await unlessRepeated(pool, claim, async () => {
      const { provider_account, day: of } = parseBody(jsonSchema, body);
      const account = await mustFindAccount(response, provider_account, '/provider_account');
      const source = byProvider.get(account.provider)?.listPayments ? 'list' : 'reads';
      const run = newRun(response, account, { day: of, source, is_complete: true });
      const answer = answerFor(run, account);
      const made = await insertRun(pool, run, claim && { claim, answer });
      return made ? ({ type: 'made', run, answer } as const) : ({ type: 'repeated' } as const);
    });
    if (outcome.type === 'made') await accept(response, outcome.run, outcome.answer);
    else await repeat(response, claim);
  };

  const createFromFile = async (request: Request, response: Response): Promise<void> => {
    const query = parseQuery(fileSchema, request);
    const account = await mustFindAccount(response, query.provider_account, '?provider_account');
    const is_complete = query.complete !== 'false';
    const run = newRun(response, account, { day: query.day, source: 'file', is_complete });
    const answer = answerFor(run, account);
    const manifest = byProvider.get(account.provider)?.manifest;
    const claimFor = (file: string) => claimOf(request, response, { ...query, file });
    // Refused before the file is read.
    claimFor('');
    const imported = await importFile(pool, request, { run, account, manifest, answer, claimFor });
    if (imported.type === 'key_used') return repeat(response, imported.claim);
    logger.info({ run_id: run.id, rows: imported.rows }, 'a settlement file was imported');
    await accept(response, run, answer);
  };

  /** A file is a body of its own; where it belongs is in the query. */
  const create = async (request: Request, response: Response): Promise<void> => {
    if (request.is('text/csv')) return createFromFile(request, response);
    if (request.headers['content-type'] !== undefined && request.is(['json', '+json']) === false)
      throw new Problem(
        'unsupported_media_type',
        'expected Content-Type: text/csv for a settlement file, or application/json for a day',
        { headers: { Accept: 'text/csv, application/json' } },
      );
    await readWhole(request, response);
    return createFromDay(request, response);
  };

  const list = listHandler({
    prefix: 'rec',
    name: 'reconciliation_runs',
    filters: runFilters(now),
    find: (owner, id) => findRun(pool, owner, id),
    read: (owner, { provider_account = null, day: of = null, source = null, status = null }, page) =>
      listRuns(pool, owner, { account_id: provider_account, day: of, source, status }, page),
    id: ({ id }) => id,
    present: presentRun,
    columns: RUN_COLUMNS,
  });

  const mustFind = async (request: Request, response: Response): Promise<RunRow> => {
    const run = await findRun(pool, ownerOf(response), idParameter(request, response, 'rec'));
    if (!run) throw notFound('reconciliation run');
    return run;
  };

  const read = async (request: Request, response: Response): Promise<void> =>
    sendJson(response, 200, JSON.stringify(presentRun(await mustFind(request, response))));

  const rows: RequestHandler = async (request, response, next) => {
    const run = await mustFind(request, response);
    return listHandler({
      prefix: 'rcr',
      name: `${run.id}-rows`,
      filters: rowFilters,
      find: async (owner, id) => (await runOfRow(pool, owner, id)) === run.id || null,
      read: (_owner, { outcome = null, payment = null }, page) =>
        listRows(pool, run.id, { outcome, payment_id: payment }, page),
      id: ({ id }) => id,
      present: presentRow,
      columns: ROW_COLUMNS,
    })(request, response, next);
  };

  /** Without `against`, the run before it of the same account and day. */
  const changes: RequestHandler = async (request, response, next) => {
    const run = await mustFind(request, response);
    const earlier = await earlierRun(response, run, request.query['against']);
    return listHandler({
      prefix: 'rcr',
      name: `${run.id}-changes`,
      filters: changeFilters,
      find: async (owner, id) => [run.id, earlier].includes((await runOfRow(pool, owner, id)) ?? '') || null,
      read: (_owner, { change = null }, page) => listChanges(pool, run.id, earlier, change, page),
      id: ({ id }) => id,
      present: presentChange,
      columns: CHANGE_COLUMNS,
      csvPage: CHANGES_AT_ONCE,
    })(request, response, next);
  };

  const earlierRun = async (response: Response, run: RunRow, against: unknown): Promise<string> => {
    if (against === undefined) {
      const before = await runBefore(pool, run);
      if (before !== null) return before;
      throw new Problem(
        'no_earlier_run',
        `there is no finished run of ${run.day} of this account before ${run.id}`,
      );
    }
    const other = typeof against === 'string' ? await findRun(pool, ownerOf(response), against) : null;
    if (other?.account_id === run.account_id && other.day === run.day && other.id !== run.id) return other.id;
    const expected = 'another run of the same provider account and day';
    throw invalidFields([{ pointer: '?against', code: 'conflict', detail: `is not ${expected}`, expected }]);
  };

  return { create, list, read, rows, changes };
}

/** The operations pages as routes: every one behind the session, inside the frame, with its errors as pages. */
import type { Request, RequestHandler, Response } from 'express';
import { raw } from 'express';
import { ROLES, type Role } from '../../db/operators.ts';
import { listMerchantNames } from '../../db/ops-merchants.ts';
import { asMerchant } from '../../db/scope.ts';
import { html } from '../../pages/html.ts';
import { buttonLink, emptyState } from '../../pages/look/components.ts';
import { opsPage } from '../../pages/ops/frame.ts';
import { questionBody } from '../../pages/ops/question.ts';
import { contextOf } from '../context.ts';
import type { ApiDependencies } from '../dependencies.ts';
import { toProblem } from '../error-handler.ts';
import { seeOther, sendPage } from '../page-answer.ts';
import { Problem } from '../problem.ts';
import { createShortCache } from '../short-cache.ts';
import type { OpsAction, OpsPage, Scope, View, Visit } from './page.ts';
import { say, takeSaid } from './said.ts';
import {
  createSessions,
  requireFormToken,
  requireOwnOrigin,
  type Sessions,
  type Visitor,
} from './session.ts';

export interface OpsRoute {
  readonly method: 'get' | 'post';
  readonly path: string;
  readonly handlers: readonly RequestHandler[];
}

const FORM_BYTES = 64 * 1024;
const MERCHANTS_MS = 10_000;
/** Long enough for what is to be kept, short enough to be read. */
const REASON_MAX = 200;
export const readForm: RequestHandler = raw({ limit: FORM_BYTES, type: () => true, inflate: false });

export interface Area {
  readonly sessions: Sessions;
  /** Routes of pages and actions, and the page for every other address. */
  routes(pages: readonly OpsPage[], actions: readonly OpsAction[]): OpsRoute[];
}

export function createArea(dependencies: ApiDependencies): Area {
  const { pool, now, logger, publicUrl, sandboxControlUrl } = dependencies;
  const sessions = createSessions(dependencies);
  const merchants = createShortCache<Awaited<ReturnType<typeof listMerchantNames>>>(now, MERCHANTS_MS, 1);
  let nav: readonly OpsPage[] = [];

  const visitOf = (request: Request, response: Response, visitor: Visitor): Visit => {
    const query = new URL(request.originalUrl, 'http://here').searchParams;
    const { operator } = visitor;
    const modes: Scope['mode'][] = visitor.isLocal ? ['sandbox'] : ['live', 'sandbox'];
    const scope: Scope = {
      merchant_id: operator.merchant_id ?? (query.get('merchant') || null),
      mode: visitor.isLocal ? 'sandbox' : modeOf(query.get('mode'), sandboxControlUrl),
    };
    return {
      modes,
      operator,
      scope,
      query,
      params: Object.fromEntries(
        Object.entries(request.params).map(([name, value]) => [name, String(value)]),
      ),
      request,
      response,
      asked_ms: now(),
      form_token: visitor.form_token,
      href: (path, more = {}) =>
        address(path, { merchant: query.get('merchant'), mode: query.get('mode'), ...more }),
      has: (wanted) => nav.some(({ path }) => path === wanted),
      may: (role) => ROLES.indexOf(operator.role) >= ROLES.indexOf(role),
    };
  };

  const send = async (visitor: Visitor, visit: Visit, path: string, view: View): Promise<void> => {
    const { operator } = visitor;
    const known =
      operator.merchant_id === null ? await merchants.get('', () => listMerchantNames(pool)) : null;
    const page = opsPage(
      {
        title: view.title,
        home: visit.href('/ops'),
        nav: nav
          .filter(
            ({ role, isOfInstallation }) =>
              (role === undefined || visit.may(role)) &&
              (isOfInstallation !== true || operator.merchant_id === null),
          )
          .map((entry) => ({
            label: entry.nav ?? '',
            href: visit.href(entry.path),
            isHere: entry.path === path || (entry.path !== '/ops' && path.startsWith(`${entry.path}/`)),
          })),
        operator: { name: operator.name, role: operator.role, canLeave: !visitor.isLocal },
        merchants: known && {
          choices: [
            { value: '', label: 'All merchants' },
            ...known.map(({ id, name }) => ({ value: id, label: name })),
          ],
          chosen: visit.scope.merchant_id ?? '',
        },
        modes: {
          choices: visit.modes.map((mode) => ({
            value: mode,
            label: mode === 'live' ? 'Live' : 'Sandbox',
          })),
          chosen: visit.scope.mode,
        },
        path: path.includes(':') || path.includes('{') ? '/ops' : path,
        form_token: visitor.form_token,
        said: isLive(visit.request) ? null : takeSaid(visit.request, visit.response),
        topics: view.topics ?? [],
        asOf_ms: visit.asked_ms,
      },
      view.body,
    );
    sendPage(visit.response, view.status ?? 200, page, 'en');
  };

  const problemView = (problem: Problem, visit: Visit): View => ({
    title: problem.status === 404 ? 'Not found' : 'This did not work',
    status: problem.status,
    body: emptyState(
      sentence(problem.message),
      problem.status >= 500
        ? 'Nothing was changed by looking. Try again in a moment.'
        : 'Check the address, or start from the overview.',
      html`${buttonLink('inline', 'Go to the overview', visit.href('/ops'))}`,
    ),
  });

  /** Finds out who is there, then does `work`; what it throws is answered as a page. */
  const guarded =
    (
      path: string,
      role: Role | undefined,
      work: (visitor: Visitor, visit: Visit) => Promise<void>,
    ): RequestHandler =>
    async (request, response) => {
      const visitor = await sessions.find(request, !isLive(request));
      if (visitor === null) {
        if (isLive(request)) return void response.writeHead(401).end();
        return seeOther(
          response,
          address('/ops/sign-in', { next: request.method === 'GET' ? request.originalUrl : null }),
        );
      }
      const visit = visitOf(request, response, visitor);
      try {
        if (role !== undefined && !visit.may(role))
          throw new Problem('role_missing', `this takes the role ${role}; yours is ${visitor.operator.role}`);
        // Whoever is bound to one merchant is held to it by the database, too.
        const { merchant_id } = visitor.operator;
        await (merchant_id === null
          ? work(visitor, visit)
          : asMerchant(merchant_id, () => work(visitor, visit)));
      } catch (error) {
        if (response.headersSent) throw error;
        const problem = toProblem(error);
        if (problem.status >= 500)
          logger.error(
            { err: problem.cause ?? error, request_id: contextOf(response).request_id },
            'an operations page failed',
          );
        await send(visitor, visit, path, problemView(problem, visit));
      }
    };

  const pageRoute = (page: OpsPage): OpsRoute => ({
    method: 'get',
    path: page.path,
    handlers: [
      guarded(page.path, page.role, async (visitor, visit) => {
        if (page.isOfInstallation === true && visitor.operator.merchant_id !== null)
          throw new Problem('role_missing', 'this is for those who see all merchants');
        const view = await page.show(visit);
        if (view !== null) await send(visitor, visit, page.path, view);
      }),
    ],
  });

  const actionRoutes = (action: OpsAction): OpsRoute[] => {
    const ask = async (
      visitor: Visitor,
      visit: Visit,
      filled: URLSearchParams,
      problem: Problem | null,
    ): Promise<void> => {
      const question = await action.ask(visit, filled);
      await send(visitor, visit, action.path, {
        title: question.title,
        status: problem?.status ?? 200,
        body: questionBody(
          { ...question, takesFile: action.takesFile === true },
          {
            filled,
            form_token: visitor.form_token,
            reasonMax: REASON_MAX,
            problem: problem && {
              text:
                problem.errors === undefined
                  ? sentence(problem.message)
                  : 'Please look at what is marked below.',
              errors: problem.errors ?? [],
            },
          },
        ),
      });
    };
    const run = async (visitor: Visitor, visit: Visit): Promise<void> => {
      requireOwnOrigin(visit.request, publicUrl);
      const form = action.takesFile === true ? fieldsBesideFile(visit.request) : formOf(visit.request);
      requireFormToken(form, visitor);
      try {
        const done = await action.run(visit, {
          reason: (form.get('reason') ?? '').trim().slice(0, REASON_MAX),
          form,
        });
        logger.info(
          {
            operator: visitor.operator.name,
            action: action.path,
            request_id: contextOf(visit.response).request_id,
          },
          'an operator acted',
        );
        if (done.once !== undefined) return await send(visitor, visit, action.path, done.once);
        say(visit.response, { tone: done.tone, text: done.said });
        // What has sent the file goes there by itself: a redirect would be followed before anybody sees what was said.
        if (action.takesFile === true)
          return void visit.response.setHeader('Location', done.href).status(201).end();
        seeOther(visit.response, done.href);
      } catch (error) {
        if (!(error instanceof Problem) || error.status === 404) throw error;
        await ask(visitor, visit, form, error);
      }
    };
    return [
      {
        method: 'get',
        path: action.path,
        handlers: [
          guarded(action.path, action.role, (visitor, visit) => ask(visitor, visit, visit.query, null)),
        ],
      },
      {
        method: 'post',
        path: action.path,
        handlers: [...(action.takesFile === true ? [] : [readForm]), guarded(action.path, action.role, run)],
      },
    ];
  };

  return {
    sessions,
    routes(pages, actions) {
      nav = pages.filter((page) => page.nav !== null);
      return [
        ...pages.map(pageRoute),
        ...actions.flatMap(actionRoutes),
        {
          method: 'get',
          path: '/ops/{*rest}',
          handlers: [
            guarded('/ops/{*rest}', undefined, async () => {
              throw new Problem('unknown_route', 'there is no such page');
            }),
          ],
        },
      ];
    },
  };
}

/** The request of a page that keeps itself up to date: nobody has done anything. */
export function isLive(request: Request): boolean {
  return request.headers['sarraf-live'] !== undefined;
}

/** The fields of a form that a browser has sent. */
export function formOf(request: Request): URLSearchParams {
  const bytes: unknown = request.body;
  return new URLSearchParams(Buffer.isBuffer(bytes) ? bytes.toString('utf8') : '');
}

/** The fields that come with a file, as those of a form. */
function fieldsBesideFile(request: Request): URLSearchParams {
  const fields = new URL(request.originalUrl, 'http://here').searchParams;
  fields.set('form_token', String(request.headers['sarraf-form'] ?? ''));
  return fields;
}

function modeOf(asked: string | null, sandboxControlUrl: string | null): Scope['mode'] {
  if (asked === 'live' || asked === 'sandbox') return asked;
  return sandboxControlUrl === null ? 'live' : 'sandbox';
}

function address(path: string, query: Readonly<Record<string, string | null>>): string {
  const given = Object.entries(query).filter(
    (pair): pair is [string, string] => pair[1] !== null && pair[1] !== '',
  );
  return given.length === 0 ? path : `${path}?${new URLSearchParams(given).toString()}`;
}

function sentence(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** `/docs` and `/llms.txt`: the documentation, made of the files of this version when somebody asks for it. */
import type { Request, Response } from 'express';
import { docsSite, type DocsSite } from '../../pages/docs/site.ts';
import type { Description } from '../../pages/docs/reference.ts';
import type { ApiDependencies } from '../dependencies.ts';
import { errorCatalogue, errorCodes } from '../error-catalogue.ts';
import { apiDescription } from '../openapi/document.ts';
import { sendPage } from '../page-answer.ts';

export function docsRoutes(dependencies: Pick<ApiDependencies, 'connectors' | 'publicUrl'>) {
  let made: DocsSite | null = null;
  const site = (): DocsSite =>
    (made ??= docsSite({
      description: apiDescription(dependencies) as unknown as Description,
      errors: errorCodes.map((code) => ({ code, ...errorCatalogue[code] })),
      publicUrl: dependencies.publicUrl,
    }));

  /** A page, the text of one (`….md`), or what the search looks through. */
  const show = (request: Request, response: Response): void => {
    const path = request.path.replace(/^\/docs\/?/i, '').replace(/\/$/, '');
    if (path === 'search.json') return sendText(response, 'application/json', site().search);
    const source = path.endsWith('.md') ? site().source(path.slice(0, -3)) : null;
    if (source !== null) return sendText(response, 'text/markdown', source);
    const page = site().page(path);
    sendPage(response, page === null ? 404 : 200, page ?? site().missing(), 'en');
  };

  const llms = (_request: Request, response: Response): void => sendText(response, 'text/plain', site().llms);

  return { show, llms };
}

function sendText(response: Response, type: string, text: string): void {
  response.setHeader('Content-Type', `${type}; charset=utf-8`);
  response.setHeader('Content-Length', Buffer.byteLength(text));
  response.setHeader('Cache-Control', 'no-cache');
  response.end(response.req.method === 'HEAD' ? undefined : text);
}

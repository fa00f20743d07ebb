/** `/openapi.json`: the API's description, made once, when somebody asks for it. */
import type { Request, Response } from 'express';
import { sendJson } from '../answer.ts';
import type { ApiDependencies } from '../dependencies.ts';
import { apiDescription } from '../openapi/document.ts';

export function descriptionRoute(dependencies: Pick<ApiDependencies, 'connectors' | 'publicUrl'>) {
  let text: string | null = null;
  return (_request: Request, response: Response): void => {
    text ??= JSON.stringify(apiDescription(dependencies));
    // Tools in a browser read it from anywhere; there is nothing in it that is not in the documentation.
    response.setHeader('Access-Control-Allow-Origin', '*');
    response.setHeader('Cross-Origin-Resource-Policy', 'cross-origin');
    sendJson(response, 200, text);
  };
}

/** The page that shows how pages look. It is for people who build them, so it is there only where simulators are. */
import type { Request, Response } from 'express';
import { stylePage } from '../../pages/style-page.ts';
import type { ApiDependencies } from '../dependencies.ts';
import { sendPage } from '../page-answer.ts';

export function styleRoutes({ sandboxControlUrl }: Pick<ApiDependencies, 'sandboxControlUrl'>) {
  const show = (_request: Request, response: Response): void => sendPage(response, 200, stylePage(), 'en');
  return sandboxControlUrl === null ? [] : [{ path: '/style', show }];
}

/** One sentence that outlives a redirect: what has just been done, shown once on the next page. */
import type { Request, Response } from 'express';
import { cookieOf } from './session.ts';

export interface Said {
  readonly tone: 'good' | 'busy';
  readonly text: string;
}

const NAME = 'sarraf_ops_said';
const ATTRIBUTES = 'Path=/ops; HttpOnly; SameSite=Strict';

/** Keeps it for the next page that this browser loads. */
export function say(response: Response, { tone, text }: Said): void {
  const value = Buffer.from(JSON.stringify({ tone, text })).toString('base64url');
  response.append('Set-Cookie', `${NAME}=${value}; ${ATTRIBUTES}; Max-Age=60`);
}

/** What is to be shown now; it is gone from the browser afterwards. */
export function takeSaid(request: Request, response: Response): Said | null {
  const value = cookieOf(request, NAME);
  if (value === null) return null;
  response.append('Set-Cookie', `${NAME}=; ${ATTRIBUTES}; Max-Age=0`);
  try {
    const said: unknown = JSON.parse(Buffer.from(value, 'base64url').toString('utf8'));
    if (typeof said !== 'object' || said === null || !('text' in said) || !('tone' in said)) return null;
    const { text, tone } = said;
    return typeof text === 'string'
      ? { text: text.slice(0, 500), tone: tone === 'busy' ? 'busy' : 'good' }
      : null;
  } catch {
    return null;
  }
}

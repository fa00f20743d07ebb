/** Who is there: the cookie of a session, the token that only our own forms have, and where a request comes from. */
import { createHmac, timingSafeEqual } from 'node:crypto';
import type { Request, Response } from 'express';
import { endSession, findSession, SESSION_S, type Operator } from '../../db/operators.ts';
import type { ApiDependencies } from '../dependencies.ts';
import { Problem } from '../problem.ts';

export interface Visitor {
  readonly operator: Operator;
  /** What every form of this session has to send along. */
  readonly form_token: string;
  /** It was let in without signing in: on a machine of its own, among play money. */
  readonly isLocal: boolean;
}

export interface Sessions {
  /** Null: nobody has signed in. `used`: a person asks, not a page that keeps itself up to date. */
  find(request: Request, used: boolean): Promise<Visitor | null>;
  /** The token that the browser has, valid or not. */
  tokenOf(request: Request): string | null;
  /** Gives the browser its token. */
  give(response: Response, token: string): void;
  end(request: Request, response: Response): Promise<void>;
}

const LOCAL: Operator = { id: 'opr_local', name: 'local', role: 'admin', merchant_id: null };
/** What a proxy adds: then whoever asks may be anywhere. */
const FORWARDED = ['forwarded', 'x-forwarded-for', 'x-forwarded-host', 'via', 'x-real-ip'];
const LOOPBACK = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])(?::\d+)?$/i;

export function createSessions({ pool, apiKeyPepper, publicUrl, operations }: ApiDependencies): Sessions {
  const isSecure = publicUrl.startsWith('https:');
  // Browsers take a cookie with this prefix from this very host only.
  const name = isSecure ? '__Host-sarraf_ops' : 'sarraf_ops';
  const attributes = `Path=/; HttpOnly; SameSite=Strict${isSecure ? '; Secure' : ''}`;
  const formToken = (of: string): string =>
    createHmac('sha256', apiKeyPepper).update(`operations form ${of}`).digest('base64url');
  const tokenOf = (request: Request): string | null => cookieOf(request, name);

  return {
    tokenOf,
    async find(request, used) {
      const token = tokenOf(request);
      const operator = token === null ? null : await findSession(pool, token, used);
      if (operator !== null) return { operator, form_token: formToken(token ?? ''), isLocal: false };
      // A page of somebody else's must not get in by a name that leads to this machine.
      const isHere =
        LOOPBACK.test(request.headers.host ?? '') && !FORWARDED.some((header) => header in request.headers);
      return operations?.access === 'open' && isHere
        ? { operator: LOCAL, form_token: formToken('local'), isLocal: true }
        : null;
    },
    give(response, token) {
      response.append('Set-Cookie', `${name}=${token}; ${attributes}; Max-Age=${SESSION_S}`);
    },
    async end(request, response) {
      const token = tokenOf(request);
      if (token !== null) await endSession(pool, token);
      response.append('Set-Cookie', `${name}=; ${attributes}; Max-Age=0`);
    },
  };
}

/** The value of a cookie; null when the browser sent none of this name. */
export function cookieOf(request: Request, name: string): string | null {
  const pairs = (request.headers.cookie ?? '').split(';').map((pair) => pair.trim());
  const found = pairs.find((pair) => pair.startsWith(`${name}=`));
  return found === undefined ? null : found.slice(name.length + 1);
}

/**
 * Throws unless a page of ours has sent this form. Browsers say where a request comes from: with `Sec-Fetch-Site` on https and loopback,
 * with `Origin` elsewhere, and the oldest or most discreet of them with `Referer` alone. What says nothing at all is refused.
 */
export function requireOwnOrigin(request: Request, publicUrl: string): void {
  const { origin, referer, host } = request.headers;
  const site = request.headers['sec-fetch-site'];
  if (site === 'same-origin') return;
  // `none`: a person has asked by themselves, such as for a form to be sent once more; no other site can have it so.
  const isUntold = site === undefined || site === 'none';
  // A page that hides its origin sends `null`, which stands for anybody.
  const from = origin ?? referer;
  const isOwn = hostOf(publicUrl) === hostOf(from) || (host !== undefined && hostOf(from) === host);
  if (isUntold && isOwn) return;
  throw new Problem('form_not_ours', 'this form was not sent by a page of Sarraf');
}

function hostOf(origin: string | undefined): string | null {
  return origin !== undefined && URL.canParse(origin) ? new URL(origin).host : null;
}

/** Throws unless the form has the token of this session. */
export function requireFormToken(form: URLSearchParams, { form_token }: Visitor): void {
  const given = Buffer.from(form.get('form_token') ?? '');
  const right = Buffer.from(form_token);
  if (given.length === right.length && timingSafeEqual(given, right)) return;
  throw new Problem(
    'form_not_ours',
    'this form is of an earlier session: go back, reload the page and send it again',
  );
}

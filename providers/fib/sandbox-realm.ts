/**
 * The Keycloak realm of the FIB simulator: client credentials in the form or as HTTP Basic (FIB's PHP client does
 * that), bearer tokens of about a minute, tokens to refresh them by on request, errors in the words of Keycloak.
 */
import { randomBytes } from 'node:crypto';
import type { Reply, SimulatorRequest } from '../../sandbox/http-server.ts';
import { sameText } from '../../sandbox/same-text.ts';

export type Credentials = { readonly client_id: string; readonly client_secret: string };

/** How new tokens are: seconds that one lives, and whether one to refresh it by comes along. */
export interface TokenRule {
  readonly lifeS: number;
  readonly refreshable: boolean;
}

const SIGNATURE_BYTES = 64;
/** Keycloak's usual half hour. */
const REFRESH_LIFE_S = 1_800;

export class Realm {
  /** Token to the end of its life, in milliseconds of the simulator's time. */
  readonly #tokens = new Map<string, number>();
  /** The same for tokens to refresh by. */
  readonly #refreshTokens = new Map<string, number>();
  readonly #credentials: Credentials;
  readonly #now: () => number;

  constructor(credentials: Credentials, now: () => number) {
    this.#credentials = credentials;
    this.#now = now;
  }

  /** The token endpoint. */
  issue(request: SimulatorRequest, { lifeS, refreshable }: TokenRule): Reply {
    const form = new URLSearchParams(request.rawBody.toString('utf8'));
    const grant = form.get('grant_type');
    if (grant === null) return oauthError(400, 'invalid_request', 'Missing form parameter: grant_type');
    const client = clientOf(request, form);
    if (client === null || !sameText(client.id, this.#credentials.client_id)) {
      return oauthError(401, 'invalid_client', 'Invalid client or Invalid client credentials');
    }
    if (!sameText(client.secret, this.#credentials.client_secret)) {
      return oauthError(401, 'unauthorized_client', 'Invalid client or Invalid client credentials');
    }
    if (grant === 'refresh_token') {
      const given = form.get('refresh_token');
      if (given === null) return oauthError(400, 'invalid_request', 'No refresh token');
      const end = this.#refreshTokens.get(given) ?? 0;
      if (end <= this.#now()) return oauthError(400, 'invalid_grant', 'Invalid refresh token');
    } else if (grant !== 'client_credentials') {
      return oauthError(400, 'unsupported_grant_type', 'Unsupported grant_type');
    }
    return json(200, {
      access_token: this.#newToken(this.#tokens, lifeS),
      expires_in: lifeS,
      refresh_expires_in: refreshable ? REFRESH_LIFE_S : 0,
      ...(refreshable ? { refresh_token: this.#newToken(this.#refreshTokens, REFRESH_LIFE_S) } : {}),
      token_type: 'Bearer',
      'not-before-policy': 0,
      scope: 'email profile',
    });
  }

  /** Whether the request carries a token that is still alive. */
  admits(request: SimulatorRequest): boolean {
    const [, token = ''] = /^Bearer +(\S+)$/i.exec(request.headers.authorization ?? '') ?? [];
    const end = this.#tokens.get(token);
    return end !== undefined && this.#now() < end;
  }

  reset(): void {
    this.#tokens.clear();
    this.#refreshTokens.clear();
  }

  /** Looks like Keycloak's JWT. Nobody but this realm has to read it, so the signature is noise. */
  #newToken(kept: Map<string, number>, lifeS: number): string {
    const now = this.#now();
    for (const [token, end] of kept) if (end <= now) kept.delete(token);
    const issuedAt = Math.floor(now / 1000);
    const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
    const token = [
      part({ alg: 'RS256', typ: 'JWT' }),
      part({ iat: issuedAt, exp: issuedAt + lifeS, typ: 'Bearer', azp: this.#credentials.client_id }),
      randomBytes(SIGNATURE_BYTES).toString('base64url'),
    ].join('.');
    kept.set(token, now + lifeS * 1000);
    return token;
  }
}

function clientOf(request: SimulatorRequest, form: URLSearchParams): { id: string; secret: string } | null {
  const [, basic] = /^Basic +(\S+)$/i.exec(request.headers.authorization ?? '') ?? [];
  if (basic !== undefined) {
    const decoded = Buffer.from(basic, 'base64').toString('utf8');
    const colon = decoded.indexOf(':');
    return colon < 0 ? null : { id: decoded.slice(0, colon), secret: decoded.slice(colon + 1) };
  }
  const id = form.get('client_id');
  return id === null ? null : { id, secret: form.get('client_secret') ?? '' };
}

function oauthError(status: number, error: string, error_description: string): Reply {
  return json(status, { error, error_description });
}

function json(status: number, body: unknown): Reply {
  return {
    status,
    headers: { 'content-type': 'application/json', 'cache-control': 'no-store', pragma: 'no-cache' },
    body: JSON.stringify(body),
  };
}

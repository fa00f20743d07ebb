/** OAuth 2.0 client credentials of the ZainCash v2 simulator: tokens with scopes, which run out by its own clock. */
import type { SimulatorClock } from '../../sandbox/clock.ts';
import type { Reply, SimulatorRequest } from '../../sandbox/http-server.ts';
import { ALPHANUMERIC, randomText } from '../../sandbox/random.ts';
import { sameText } from '../../sandbox/same-text.ts';
import { errorReply, jsonReply } from './sandbox-answers.ts';

/** Scopes for payouts exist, too; a client that asks for them is not refused here. */
const SCOPE = /^(payment|reverse|disbursement):(read|write)$/;

interface Client {
  readonly client_id: string;
  readonly client_secret: string;
}

export class TokenDesk {
  readonly #issued = new Map<string, { readonly scopes: readonly string[]; readonly until: number }>();
  readonly #client: Client;
  readonly #clock: SimulatorClock;
  readonly #lifetimeS: () => number;

  constructor(client: Client, clock: SimulatorClock, lifetimeS: () => number) {
    this.#client = client;
    this.#clock = clock;
    this.#lifetimeS = lifetimeS;
  }

  /** `POST /oauth2/token`; errors as RFC 6749 has them. */
  issue({ rawBody }: SimulatorRequest): Reply {
    const form = new URLSearchParams(rawBody.toString('utf8'));
    if (form.get('grant_type') !== 'client_credentials')
      return jsonReply(400, { error: 'unsupported_grant_type' });
    const idFits = sameText(form.get('client_id') ?? '', this.#client.client_id);
    const secretFits = sameText(form.get('client_secret') ?? '', this.#client.client_secret);
    if (!idFits || !secretFits) return jsonReply(401, { error: 'invalid_client' });
    const scopes = (form.get('scope') ?? '').split(' ').filter((scope) => scope !== '');
    if (scopes.length === 0 || !scopes.every((scope) => SCOPE.test(scope)))
      return jsonReply(400, { error: 'invalid_scope' });
    const access_token = `eyJ${randomText(ALPHANUMERIC, 60)}`;
    const expires_in = this.#lifetimeS();
    this.#issued.set(access_token, { scopes, until: this.#clock.now() + expires_in * 1000 });
    return jsonReply(200, { access_token, scope: scopes.join(' '), token_type: 'Bearer', expires_in });
  }

  /** The refusal of a call whose token is missing, over or has none of the scopes; null when all is well. */
  refuse({ headers }: SimulatorRequest, anyOf: readonly string[]): Reply | null {
    const [, bearer = ''] = /^Bearer (\S+)$/i.exec(headers.authorization ?? '') ?? [];
    const known = this.#issued.get(bearer);
    if (known === undefined || known.until <= this.#clock.now()) {
      return errorReply(401, 'Full authentication is required to access this resource', 'UNAUTHORIZED');
    }
    const allowed = anyOf.some((scope) => known.scopes.includes(scope));
    return allowed ? null : errorReply(403, 'Access is denied', 'INSUFFICIENT_SCOPE');
  }

  reset(): void {
    this.#issued.clear();
  }
}

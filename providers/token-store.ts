/** Access tokens of one provider account: kept until shortly before they end, renewed once for all who wait. */

export interface IssuedToken {
  readonly token: string;
  /** Seconds from now, as the provider says. */
  readonly expires_in_s: number;
}

export interface TokenStore {
  /**
   * A token that is good for at least the margin: the one at hand, or the one that `renew` gets. Concurrent callers
   * share one renewal; a renewal that fails fails for all of them, and the next caller tries again.
   * `scope` tells tokens of one account apart.
   */
  get(scope: string, renew: () => Promise<IssuedToken>): Promise<string>;
  /** Forgets `token` after the provider has refused it; a newer one stays. */
  refuse(scope: string, token: string): void;
}

/** A token this close to its end is renewed instead of used; never more than half its life. */
const MARGIN_S = 10;

/** `now`: the wall clock, milliseconds. */
export function createTokenStore(now: () => number): TokenStore {
  const tokens = new Map<string, { readonly token: string; readonly good_until: number }>();
  const renewals = new Map<string, Promise<string>>();

  const renewed = async (scope: string, renew: () => Promise<IssuedToken>): Promise<string> => {
    const asked_at = now();
    const { token, expires_in_s } = await renew();
    const margin_s = Math.min(MARGIN_S, expires_in_s / 2);
    tokens.set(scope, { token, good_until: asked_at + (expires_in_s - margin_s) * 1000 });
    return token;
  };

  return {
    async get(scope, renew) {
      const known = tokens.get(scope);
      if (known && now() < known.good_until) return known.token;
      let renewal = renewals.get(scope);
      if (!renewal) {
        renewal = renewed(scope, renew).finally(() => renewals.delete(scope));
        renewals.set(scope, renewal);
      }
      return renewal;
    },
    refuse(scope, token) {
      if (tokens.get(scope)?.token === token) tokens.delete(scope);
    },
  };
}

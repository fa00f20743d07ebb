import { ProviderError } from '../domain/provider-error.ts';
import type { ProviderHttp, ProviderRequest } from './http.ts';
import { placed, type CallPlace } from './placed-http.ts';

const REQUEST: ProviderRequest = {
  method: 'GET',
  url: 'https://bank.example/payments',
  operation: 'list_payments',
  mutates: false,
};

/** So many places, and a provider that tells how many calls are under way. */
function bank(places: number) {
  let taken = 0;
  let underWay = 0;
  let most = 0;
  const take = (): Promise<CallPlace | null> => {
    if (taken === places) return Promise.resolve(null);
    taken += 1;
    const leave = (): Promise<void> => {
      taken -= 1;
      return Promise.resolve();
    };
    return Promise.resolve({ leave });
  };
  const http: ProviderHttp = {
    async send({ operation }) {
      underWay += 1;
      most = Math.max(most, underWay);
      await new Promise((resolve) => setTimeout(resolve, 20));
      underWay -= 1;
      if (operation === 'fails') throw new Error('reset');
      return { status: 200, headers: {}, text: '' };
    },
  };
  return { http, take, most: () => most, taken: () => taken };
}

const failureOf = async (call: Promise<unknown>) => {
  const error = await call.then(
    () => null,
    (thrown: unknown) => thrown,
  );
  return error instanceof ProviderError ? error.failure : error;
};

describe('calls of an account that may have only so many under way', () => {
  it('await a place, and give it back', async () => {
    const { http, take, most, taken } = bank(2);
    const client = placed(http, take);
    const answers = await Promise.all(Array.from({ length: 5 }, () => client.send(REQUEST)));
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200, 200]);
    expect(most()).toBe(2);
    expect(taken()).toBe(0);
  });

  it('give their place back when they fail', async () => {
    const { http, take, taken } = bank(1);
    await expect(placed(http, take).send({ ...REQUEST, operation: 'fails' })).rejects.toThrow('reset');
    expect(taken()).toBe(0);
  });

  it('are refused when they find none for a while: nothing was sent', async () => {
    const { http, most } = bank(1);
    const full = placed(http, () => Promise.resolve(null), 10);
    expect(await failureOf(full.send(REQUEST))).toMatchObject({ kind: 'rate_limited', code: 'no_place' });
    expect(most()).toBe(0);
  });

  it('are given up while they wait when whoever asks has gone', async () => {
    const { http } = bank(1);
    const full = placed(http, () => Promise.resolve(null));
    const failure = await failureOf(
      full.send({ ...REQUEST, mutates: true, signal: AbortSignal.timeout(10) }),
    );
    expect(failure).toMatchObject({ code: 'aborted', kind: 'unavailable' });
  });
});

import { createTokenStore, type IssuedToken } from './token-store.ts';

let clock_ms = 0;
let issued = 0;
const renew = (expires_in_s: number) => async (): Promise<IssuedToken> => {
  issued += 1;
  return { token: `token-${issued}`, expires_in_s };
};

beforeEach(() => {
  clock_ms = 1_000_000;
  issued = 0;
});
const store = () => createTokenStore(() => clock_ms);

describe('a token store', () => {
  it('uses a token until ten seconds before its end', async () => {
    const tokens = store();
    expect(await tokens.get('', renew(60))).toBe('token-1');
    clock_ms += 49_000;
    expect(await tokens.get('', renew(60))).toBe('token-1');
    clock_ms += 2_000;
    expect(await tokens.get('', renew(60))).toBe('token-2');
  });

  it('uses a short-lived token for half its life', async () => {
    const tokens = store();
    await tokens.get('', renew(4));
    clock_ms += 1_900;
    expect(await tokens.get('', renew(4))).toBe('token-1');
    clock_ms += 200;
    expect(await tokens.get('', renew(4))).toBe('token-2');
  });

  it('renews once for all who wait', async () => {
    const tokens = store();
    const got = await Promise.all(Array.from({ length: 20 }, () => tokens.get('', renew(60))));
    expect(new Set(got)).toEqual(new Set(['token-1']));
  });

  it('fails for all who wait when the renewal fails, and tries again for the next', async () => {
    const tokens = store();
    const fail = () => Promise.reject<IssuedToken>(new Error('no'));
    const results = await Promise.allSettled([tokens.get('', fail), tokens.get('', renew(60))]);
    expect(results.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    expect(await tokens.get('', renew(60))).toBe('token-1');
  });

  it('forgets a refused token, but not the newer one that has replaced it', async () => {
    const tokens = store();
    const first = await tokens.get('', renew(60));
    tokens.refuse('', first);
    expect(await tokens.get('', renew(60))).toBe('token-2');
    tokens.refuse('', first);
    expect(await tokens.get('', renew(60))).toBe('token-2');
  });

  it('keeps tokens of different scopes apart', async () => {
    const tokens = store();
    expect(await tokens.get('read', renew(60))).toBe('token-1');
    expect(await tokens.get('write', renew(60))).toBe('token-2');
  });
});

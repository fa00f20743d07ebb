/** A connector with a scripted server at the other end: what tests against documented answers set up. */
import type { Connector, ProviderContext } from '../../providers/contract.ts';
import { createProviderHttp } from '../../providers/http.ts';
import { startScriptedServer, type ScriptedServer } from '../../providers/scripted-server.ts';
import { createTokenStore } from '../../providers/token-store.ts';

export interface ScriptedProvider<Credentials> {
  /** A fresh one for each test. */
  readonly server: ScriptedServer;
  /** Of the account `acc_1`, at a moment that stands still. */
  context(credentials?: Partial<Credentials>): ProviderContext<Credentials>;
}

/** Registers with the test file. `path` is what the provider's base URL has behind the host; `now` in milliseconds. */
export function useScriptedProvider<Credentials>(
  _connector: Connector<Credentials>,
  { credentials, now, path }: { credentials: Credentials; now: number; path: string },
): ScriptedProvider<Credentials> {
  const http = createProviderHttp();
  let server: ScriptedServer;
  beforeEach(async () => {
    server = await startScriptedServer();
  });
  afterEach(() => server.close());
  afterAll(() => http.close());
  return {
    get server() {
      return server;
    },
    context: (over = {}) => ({
      account: { id: 'acc_1', base_url: server.url + path, credentials: { ...credentials, ...over } },
      http,
      tokens: createTokenStore(() => now),
      now: () => now,
      signal: new AbortController().signal,
    }),
  };
}

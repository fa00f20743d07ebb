/**
 * A connector and the simulator of its provider, joined by real HTTP, and a merchant's endpoint for the webhooks: what
 * every test needs that lets the two meet. The simulator's own books are the judge of what happened.
 */
import type { Connector, IncomingWebhook, ProviderContext } from '../../providers/contract.ts';
import type { WebhookClaim, WebhookVerdict } from '../../providers/contract.ts';
import { createProviderHttp, type ProviderHttp } from '../../providers/http.ts';
import { createTokenStore } from '../../providers/token-store.ts';
import type { Fault } from '../../sandbox/faults.ts';
import { loadSimulator } from '../../sandbox/index.ts';
import type { LedgerKind, LedgerLine } from '../../sandbox/ledger.ts';
import type { RunningSimulator, SimulatorOptions } from '../../sandbox/simulator.ts';
import { TestMerchant } from '../../sandbox/test-merchant.ts';

export interface Rig<Credentials> {
  readonly simulator: RunningSimulator;
  readonly merchant: TestMerchant;
  readonly http: ProviderHttp;
  /** Where the provider of `acc_1` posts; entered in the dashboard as well. */
  readonly webhook_url: string;
  /** A context without a token yet, of the account `acc_1` with the simulator's credentials; anything can be replaced. */
  context(over?: Partial<ProviderContext<Credentials>>): ProviderContext<Credentials>;
  /** What the merchant's endpoint has got, as the API hands it to a connector. */
  received(): Promise<IncomingWebhook[]>;
  verdicts(): Promise<WebhookVerdict[]>;
  claims(): Promise<WebhookClaim[]>;
  /** The lines of the simulator's books of this kind. */
  booked(kind: LedgerKind): LedgerLine[];
  /** The next call of this operation goes wrong; the next call of all when none is named. */
  strike(fault: Fault, operation?: string): void;
  /** Moves the simulator's clock; resolves when what fell due has happened and its webhooks were sent. */
  advance(seconds: number): Promise<void>;
}

/** Starts with the test file, begins each test afresh, ends with the file. */
export function useRig<Credentials>(
  connector: Connector<Credentials>,
  options: SimulatorOptions & { readonly clock?: 'simulator' | 'wall' } = {},
): Rig<Credentials> {
  const { provider } = connector.manifest;
  const http = createProviderHttp();
  let simulator: RunningSimulator;
  let merchant: TestMerchant;
  let settings: RunningSimulator['settings'];
  const webhookUrl = (): string => merchant.url(`/webhooks/${provider}/acc_1`);

  beforeAll(async () => {
    merchant = await TestMerchant.start();
    simulator = await startSimulator(provider, { webhookUrl: webhookUrl(), ...options });
    settings = { ...simulator.settings };
  });
  afterAll(async () => {
    await simulator.stop();
    await merchant.stop();
    await http.close();
  });
  beforeEach(async () => {
    await simulator.webhooks.idle();
    simulator.reset();
    Object.assign(simulator.settings, settings);
    merchant.received.length = 0;
  });

  const context: Rig<Credentials>['context'] = (over = {}) => {
    const now = options.clock === 'simulator' ? () => simulator.clock.now() : Date.now;
    return {
      account: {
        id: 'acc_1',
        base_url: simulator.baseUrl,
        credentials: connector.credentials.parse(simulator.credentials),
      },
      http,
      tokens: createTokenStore(over.now ?? now),
      now,
      signal: new AbortController().signal,
      ...over,
    };
  };
  const received = async (): Promise<IncomingWebhook[]> => {
    await simulator.webhooks.idle();
    return merchant.received.map(asIncoming);
  };

  return {
    get simulator() {
      return simulator;
    },
    get merchant() {
      return merchant;
    },
    get webhook_url() {
      return webhookUrl();
    },
    http,
    context,
    received,
    verdicts: async () =>
      (await received()).map((webhook) => connector.verifyWebhook(context().account, webhook)),
    claims: async () => (await received()).map(({ body }) => connector.parseWebhook(body)),
    booked: (kind) => simulator.ledger.lines().filter((line) => line.kind === kind),
    strike: (fault, operation) => {
      simulator.faults.arm(fault, { times: 1, operation: operation ?? null, probability: 1 });
    },
    advance: async (seconds) => {
      await simulator.clock.advance(seconds, () => simulator.webhooks.idle());
    },
  };
}

/** The simulator of this provider, running. The caller stops it. */
export async function startSimulator(provider: string, options: SimulatorOptions): Promise<RunningSimulator> {
  const simulator = await loadSimulator(provider);
  return simulator.start(options);
}

function asIncoming({ path, headers, body }: TestMerchant['received'][number]): IncomingWebhook {
  return {
    method: 'POST',
    path,
    headers: Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value)])),
    body: new TextEncoder().encode(body),
    received_at: Date.now(),
  };
}

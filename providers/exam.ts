/**
 * What the contract tests have to be told of a provider because its manifest cannot say it: how its simulator behaves,
 * what its webhooks prove. `providers/<name>/exam.ts` exports it as `exam`.
 */
import type { RunningSimulator } from '../sandbox/simulator.ts';
import type { CreatePayment, IncomingWebhook, PaymentReading } from './contract.ts';

export interface Exam {
  readonly sample: WebhookSample;
  /** Credentials that the provider looks at in every call of its API: with a wrong one, each call is refused. */
  readonly api_credentials: readonly string[];
  /** The credential that proves webhooks. */
  readonly webhook_credential: string;
  /** Whether the proof of a webhook has a time in it, so that a copy of two days ago is refused. */
  readonly signs_time: boolean;
  /** Currencies that the simulator's account takes; left out: all of the manifest. */
  readonly currencies?: readonly string[];
  /** Credentials that the simulator can be started with to take a currency that its own account does not take. */
  readonly accounts?: Readonly<Record<string, Readonly<Record<string, string>>>>;
  /** What a create call needs beyond the ordinary order: phones and mail addresses that the simulator does not act on. */
  readonly order?: Partial<CreatePayment>;
  /** Calls that take a key of ours, which the simulator's books repeat. */
  readonly takes_key: readonly ('create' | 'capture' | 'refund')[];
  /** `minor`: the provider's own amounts, and so the simulator's books, are in minor units. Left out: decimals. */
  readonly wire_amounts?: 'minor';
  /** `simulator`: the connector compares times of the provider with ours, so both clocks are moved. Left out: the wall's. */
  readonly clock?: 'simulator';
  /** False where the provider has no field for our reference, so readings do not repeat it. */
  readonly repeats_reference?: false;
  /** From when on a lookup by our reference finds a payment; left out: as soon as it was created. */
  readonly found_when?: 'paid';
  /** How a payment reads after the customer was refused; null where the provider never learns of it. */
  readonly declined: PerMethod<PaymentReading['status'] | null>;
  /** How a payment reads that nobody paid in its lifetime. */
  readonly lapsed: PerMethod<PaymentReading['status']>;
  /** Methods that `expirePayment` only reads, because the provider cannot end them. */
  readonly never_ended?: readonly string[];
  readonly webhooks: SimulatedWebhooks;
}

export type SimulatedWebhooks =
  /** `another_event` makes the simulator tell one more event of a payment that is paid. */
  | {
      readonly come: 'by_themselves';
      readonly another_event: (simulator: RunningSimulator, provider_payment_id: string) => void;
    }
  /** For providers without webhooks: what the merchant's own pages pass on once a payment is paid. */
  | {
      readonly come: 'from_merchant';
      readonly of: (simulator: RunningSimulator, provider_payment_id: string) => Promise<IncomingWebhook>;
    };

/** One word for all methods of the provider, or one for each. */
export type PerMethod<T extends string | null> = T | Readonly<Record<string, T>>;

/** The word for this method; throws when the exam has forgotten it. */
export function wordFor<T extends string | null>(words: PerMethod<T>, method: string): T {
  if (typeof words !== 'object' || words === null) return words;
  const word = words[method];
  if (word === undefined) throw new Error(`the exam says nothing of ${method}`);
  return word;
}

/** A webhook as this provider sends it, true in every byte, and the account it was made for. */
export interface WebhookSample {
  /** Of the account `acc_1`. */
  readonly credentials: unknown;
  readonly webhook: IncomingWebhook;
  /**
   * `body`: a proof over path, body and time, so no change of them may pass. `fields`: a proof over the body alone or
   * parts of it; what is not signed must not change the claim. `secret`: only the proof's own headers count. `path`:
   * nothing is signed, and the last segment of the URL is the secret. `token`: the body is a signed token, and nothing
   * outside the body counts.
   */
  readonly proof: 'body' | 'fields' | 'secret' | 'path' | 'token';
}

/** The exam in the provider's folder; throws an error that names the file when there is none. */
export async function examOf(provider: string): Promise<Exam> {
  const file = `providers/${provider}/exam.ts`;
  const loaded: unknown = await import(`./${provider}/exam.ts`).catch((error: unknown) => {
    throw new Error(`the contract tests need ${file} (docs/adding-a-provider.md says what it has)`, {
      cause: error,
    });
  });
  if (typeof loaded === 'object' && loaded !== null && 'exam' in loaded) return loaded.exam as Exam;
  throw new Error(`${file} has no export called exam`);
}

/** When sample webhooks came in, milliseconds, and the path they came to. */
export const SAMPLE_TIME = 1_790_824_800_000;
export const SAMPLE_PATH = '/webhooks/x/acc_1';

/** A POST to `SAMPLE_PATH` at `SAMPLE_TIME`; header names in lower case. */
export function samplePost(headers: Record<string, string>, body: string): IncomingWebhook {
  return {
    method: 'POST',
    path: SAMPLE_PATH,
    headers,
    body: new TextEncoder().encode(body),
    received_at: SAMPLE_TIME,
  };
}

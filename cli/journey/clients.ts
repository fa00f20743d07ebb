/** The two things a person has in the sandbox: the public API as a merchant, and the control API to act as everybody else. */
import { setTimeout as sleep } from 'node:timers/promises';

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  readonly body: unknown;
}

/** One HTTP call with a JSON body; never throws for a status. */
async function call(
  url: string,
  method: string,
  body: unknown,
  headers: Record<string, string>,
): Promise<Answer> {
  const response = await fetch(url, {
    method,
    headers: { ...headers, ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    signal: AbortSignal.timeout(60_000),
  });
  const text = await response.text();
  const { status, headers: answered } = response;
  return { status, headers: answered, text, body: text === '' ? null : JSON.parse(text) };
}

/** The answer's body; throws with what the server said when the status is not 2xx. */
function expectOk({ status, body }: Answer, what: string): unknown {
  if (status < 200 || status >= 300) throw new Error(`${what} answered ${status}: ${JSON.stringify(body)}`);
  return body;
}

/** What the journey reads of a payment; the API answers more. */
export interface Payment {
  readonly id: string;
  readonly status: string;
  readonly provider_payment_id: string | null;
  readonly received: { readonly amount: number; readonly display: string };
  readonly expires_at: string | null;
  readonly next_action: {
    readonly type: string;
    readonly redirect_url?: string;
    readonly qr?: { readonly payload: string };
    readonly bank_transfer?: {
      readonly bank_name: string;
      readonly account_number: string;
      readonly remark: string;
    };
  } | null;
}

/** What the journey reads of an invoice. */
export interface Invoice {
  readonly id: string;
  readonly status: string;
  readonly display: string;
  readonly amounts: Readonly<
    Record<
      'received' | 'remaining' | 'excess' | 'late',
      { readonly amount: number; readonly display: string }
    >
  >;
  readonly payments: readonly Payment[];
}

/** What the journey reads of a payment service. Amounts in minor units. */
export interface PaymentService {
  readonly id: string;
  readonly provider: string;
  readonly available: boolean;
  readonly currencies: readonly {
    readonly currency: string;
    readonly min: number;
    readonly max: number;
    readonly step: number;
  }[];
}

export interface MerchantApi {
  /** Every service of the linked accounts. */
  services(): Promise<readonly PaymentService[]>;
  createInvoice(body: Readonly<Record<string, unknown>>): Promise<Invoice>;
  requestPayment(invoiceId: string, paymentService: string): Promise<Payment>;
  invoice(id: string): Promise<Invoice>;
  /** Waits until the invoice is as wanted; throws with what it is instead. */
  until(
    id: string,
    what: string,
    wanted: (invoice: Invoice) => boolean,
    within_ms?: number,
  ): Promise<Invoice>;
  advanceClock(invoiceId: string, advance_s: number): Promise<void>;
}

const POLL_MS = 50;

/** Told of every request and its answer, before anything is made of it. */
export type Witness = (sent: {
  readonly method: string;
  readonly path: string;
  readonly request: unknown;
  readonly status: number;
  readonly contentType: string | null;
  readonly text: string;
}) => void;

export function merchantApi(apiUrl: string, apiKey: string, witness: Witness = () => undefined): MerchantApi {
  const headers = { authorization: `Bearer ${apiKey}` };
  const ask = async (method: string, path: string, request: unknown): Promise<Answer> => {
    const answer = await call(apiUrl + path, method, request, headers);
    const contentType = answer.headers.get('content-type');
    witness({ method, path, request, status: answer.status, contentType, text: answer.text });
    return answer;
  };
  const get = async <T>(path: string): Promise<T> => expectOk(await ask('GET', path, undefined), path) as T;
  const post = async <T>(path: string, body: unknown): Promise<T> =>
    expectOk(await ask('POST', path, body), path) as T;
  const invoice = (id: string): Promise<Invoice> => get(`/v1/invoices/${id}`);
  return {
    services: async () => (await get<{ data: PaymentService[] }>('/v1/payment_services')).data,
    createInvoice: (body) => post('/v1/invoices', body),
    requestPayment: (invoiceId, payment_service) =>
      post(`/v1/invoices/${invoiceId}/payments`, { payment_service }),
    invoice,
    async until(id, what, wanted, within_ms = 30_000) {
      const deadline = Date.now() + within_ms;
      for (;;) {
        const found = await invoice(id);
        if (wanted(found)) return found;
        if (Date.now() > deadline)
          throw new Error(`${id} did not become ${what} within ${within_ms / 1000} s: ${summary(found)}`);
        await sleep(POLL_MS);
      }
    },
    async advanceClock(invoiceId, advance_s) {
      await post(`/v1/invoices/${invoiceId}/test_clock`, { advance_s });
    },
  };
}

function summary({ status, amounts, payments }: Invoice): string {
  return `${status}, ${amounts.received.display} received, payments ${payments.map((payment) => payment.status).join(', ') || 'none'}`;
}

/** What a simulator knows of one payment. */
export interface SimulatedPayment {
  readonly id: string;
  readonly reference: string | null;
  readonly status: string;
  readonly calls: readonly { readonly operation: string }[];
}

/** One attempt of a simulator to deliver a webhook. */
export interface Delivery {
  readonly payment_id: string;
  readonly request: { readonly headers: Readonly<Record<string, string>>; readonly body: string };
  readonly response: { readonly status: number } | null;
}

export interface SandboxControl {
  payment(provider: string, id: string): Promise<SimulatedPayment>;
  paymentsFor(provider: string, reference: string): Promise<readonly SimulatedPayment[]>;
  /** The customer pays; resolves when the webhooks this caused have been sent. */
  pay(provider: string, id: string, body?: Readonly<Record<string, unknown>>): Promise<void>;
  armWebhook(provider: string, body: Readonly<Record<string, unknown>>): Promise<void>;
  sendWebhook(provider: string, id: string, body: Readonly<Record<string, unknown>>): Promise<void>;
  deliveries(provider: string, paymentId: string): Promise<readonly Delivery[]>;
  fault(provider: string, body: Readonly<Record<string, unknown>>): Promise<void>;
}

export function sandboxControl(controlUrl: string): SandboxControl {
  const get = async <T>(path: string): Promise<T> =>
    expectOk(await call(controlUrl + path, 'GET', undefined, {}), path) as T;
  const post = async (path: string, body: unknown): Promise<void> => {
    expectOk(await call(controlUrl + path, 'POST', body, {}), path);
  };
  return {
    payment: (provider, id) => get(`/${provider}/payments/${id}`),
    paymentsFor: (provider, reference) => get(`/${provider}/payments?reference=${reference}`),
    pay: (provider, id, body = {}) => post(`/${provider}/payments/${id}/pay?wait=true`, body),
    armWebhook: (provider, body) => post(`/${provider}/webhooks/next`, body),
    sendWebhook: (provider, id, body) => post(`/${provider}/payments/${id}/webhooks?wait=true`, body),
    deliveries: (provider, paymentId) => get(`/${provider}/webhooks?payment_id=${paymentId}`),
    fault: (provider, body) => post(`/${provider}/faults`, body),
  };
}

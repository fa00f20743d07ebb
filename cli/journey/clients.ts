/** The two things a person has in the sandbox: the public API as a merchant, and the control API to act as everybody else. */
import { setTimeout as sleep } from 'node:timers/promises';
import {
  createClient,
  type Invoice,
  type NewInvoice,
  type Payment,
  type PaymentService,
} from '../../client/src/index.ts';
import { pauses } from './pauses.ts';

export type { Invoice, Payment, PaymentService } from '../../client/src/index.ts';

export interface MerchantApi {
  /** Every service of the linked accounts. */
  services(): Promise<readonly PaymentService[]>;
  createInvoice(body: NewInvoice): Promise<Invoice>;
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

/** Told of every request and its answer, before anything is made of it. */
export type Witness = (sent: {
  readonly method: string;
  readonly path: string;
  readonly request: unknown;
  readonly status: number;
  readonly contentType: string | null;
  readonly text: string;
}) => void;

/** The global `fetch`, with somebody who sees what it sends and gets. */
function witnessed(apiUrl: string, witness: Witness): typeof fetch {
  return async (url, init) => {
    const response = await fetch(url, init);
    const { body } = init ?? {};
    witness({
      method: init?.method ?? 'GET',
      path: (url instanceof Request ? url.url : url.toString()).slice(apiUrl.length),
      request: typeof body === 'string' ? (JSON.parse(body) as unknown) : undefined,
      status: response.status,
      contentType: response.headers.get('content-type'),
      text: await response.clone().text(),
    });
    return response;
  };
}

/** Without retries: a scene is to see every answer. */
export function merchantApi(apiUrl: string, apiKey: string, witness?: Witness): MerchantApi {
  const client = createClient({
    baseUrl: apiUrl,
    apiKey,
    retries: 0,
    ...(witness ? { fetch: witnessed(apiUrl, witness) } : {}),
  });
  const invoice = (id: string): Promise<Invoice> => client.invoices.get(id);
  return {
    services: () => client.paymentServices.list(),
    createInvoice: (body) => client.invoices.create(body),
    requestPayment: (invoiceId, payment_service) =>
      client.invoices.requestPayment(invoiceId, { payment_service }),
    invoice,
    async until(id, what, wanted, within_ms = 30_000) {
      let found: Invoice | undefined;
      for (const pause_ms of pauses(within_ms)) {
        found = await invoice(id);
        if (wanted(found)) return found;
        await sleep(pause_ms);
      }
      const seen = found ? summary(found) : 'nothing';
      throw new Error(`${id} did not become ${what} within ${within_ms / 1000} s: ${seen}`);
    },
    async advanceClock(invoiceId, advance_s) {
      await client.invoices.advanceClock(invoiceId, advance_s);
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
  const get = async <T>(path: string): Promise<T> => (await call(controlUrl, 'GET', path)) as T;
  const post = async (path: string, body: object): Promise<void> => {
    await call(controlUrl, 'POST', path, body);
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

/** One call of the control API; throws with what it said when the status is not 2xx. */
async function call(controlUrl: string, method: string, path: string, body?: object): Promise<unknown> {
  const response = await fetch(controlUrl + path, {
    method,
    ...(body === undefined
      ? {}
      : { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
    signal: AbortSignal.timeout(60_000),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`${path} answered ${response.status}: ${text}`);
  return text === '' ? null : JSON.parse(text);
}

/**
 * The load: N invoices, C at a time, each taken from creation to paid. The same driver, simulator and database serve
 * Sarraf and the floor; only the target in between differs.
 */
import { Agent, request } from 'undici';

/** A system that can take a payment. */
export interface Target {
  readonly name: string;
  /** Creates what is owed and asks for a payment; resolves when the customer could pay. */
  createLink(): Promise<{ readonly id: string; readonly provider_payment_id: string }>;
}

/** Tells when something has been paid: the milliseconds from its webhook to its record. */
export interface PaidWatch {
  wait(id: string): Promise<number>;
}

export interface LoadResult {
  readonly elapsed_ms: number;
  readonly create_to_link_ms: readonly number[];
  readonly webhook_to_paid_ms: readonly number[];
}

export const agent = new Agent({ connections: 256, keepAliveTimeout: 60_000 });

/** POSTs JSON and returns the parsed answer. Throws with the answer's text when the status is not 2xx. */
export async function post(
  url: string,
  body: unknown,
  headers: Record<string, string> = {},
): Promise<unknown> {
  const response = await request(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
    dispatcher: agent,
  });
  const text = await response.body.text();
  if (response.statusCode >= 300)
    throw new Error(`${url} answered ${response.statusCode}: ${text.slice(0, 500)}`);
  return JSON.parse(text) as unknown;
}

/** Takes `count` invoices through `target`, `concurrency` at a time. Throws when one is not paid within a minute. */
export async function runLoad(
  target: Target,
  watch: PaidWatch,
  controlUrl: string,
  { count, concurrency }: { count: number; concurrency: number },
): Promise<LoadResult> {
  const create_to_link_ms: number[] = [];
  const webhook_to_paid_ms: number[] = [];
  let started = 0;

  const client = async (): Promise<void> => {
    while (started < count) {
      started += 1;
      const begin = performance.now();
      const { id, provider_payment_id } = await target.createLink();
      create_to_link_ms.push(performance.now() - begin);
      const paid = watch.wait(id);
      await post(`${controlUrl}/finan/payments/${provider_payment_id}/pay`, {});
      webhook_to_paid_ms.push(await paid);
    }
  };

  const begin = performance.now();
  await Promise.all(Array.from({ length: concurrency }, client));
  return { elapsed_ms: performance.now() - begin, create_to_link_ms, webhook_to_paid_ms };
}

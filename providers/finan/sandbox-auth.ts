/** Who calls the Finan simulator, and how it proves itself to the merchant in turn. */
import { randomBytes } from 'node:crypto';
import type { Reply, SimulatorRequest } from '../../sandbox/http-server.ts';
import { sameText } from '../../sandbox/same-text.ts';
import type { OutgoingWebhook } from '../../sandbox/webhooks.ts';
import { errorReply } from './sandbox-envelope.ts';
import type { PaymentRequest, Transfer } from './sandbox-payments.ts';
import { compactJson, finanSignature, isFreshTimestamp } from './sandbox-signature.ts';

/** What the provider puts before its paths; not part of what is signed. */
export const BASE = '/open';

export type Credentials = {
  readonly client_id: string;
  readonly secret: string;
  /** The MB account, used when a payment names none. */
  readonly account_id: string;
};

/** The answer to a call whose three headers do not prove the caller, or null. */
export function refuseUnsigned(credentials: Credentials, request: SimulatorRequest): Reply | null {
  const header = (name: string): string => {
    const value = request.headers[name];
    return typeof value === 'string' ? value : '';
  };
  const timestamp = header('x-timestamp');
  if (header('x-client-id') === '' || header('x-signature') === '' || timestamp === '') {
    return errorReply(401, 'missing x-client-id, x-signature or x-timestamp');
  }
  if (!sameText(header('x-client-id'), credentials.client_id)) return errorReply(401, 'invalid client');
  if (!isFreshTimestamp(timestamp, Date.now())) return errorReply(401, 'timestamp expired');
  const bodyless = request.method === 'GET' || request.method === 'DELETE';
  const expected = finanSignature(credentials.secret, {
    method: request.method,
    path: request.target.slice(BASE.length),
    payload: bodyless ? '' : compactJson(request.rawBody.toString('utf8')),
    timestamp,
  });
  return sameText(header('x-signature'), expected) ? null : errorReply(401, 'invalid signature');
}

/** One webhook for each transfer, with the transfer's own id; signed over the path of the merchant's URL. */
export function transferWebhook(
  credentials: Credentials,
  payment: PaymentRequest,
  transfer: Transfer,
): OutgoingWebhook {
  const { reference_id, reference_type } = payment.body;
  const body = JSON.stringify({
    id: transfer.id,
    reference_id,
    ...(reference_type === undefined ? {} : { reference_type }),
    payment_method: transfer.method,
    payment_request_id: payment.id,
    amount: transfer.amount,
    created_at: transfer.created_at,
  });
  return {
    paymentId: payment.id,
    event: `transfer ${transfer.id}`,
    body,
    proof: (target, forged) => {
      const timestamp = String(Math.floor(Date.now() / 1000));
      const path = target.pathname + target.search;
      const signature = forged
        ? randomBytes(32).toString('hex')
        : finanSignature(credentials.secret, { method: 'POST', path, payload: body, timestamp });
      return { 'x-client-id': credentials.client_id, 'x-signature': signature, 'x-timestamp': timestamp };
    },
  };
}

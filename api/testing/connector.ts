/** A tiny provider for tests of the API: its webhooks carry the account's secret in a header. */
import { z } from 'zod';
import { currency } from '../../domain/currency.ts';
import { ProviderError } from '../../domain/provider-error.ts';
import type { Connector } from '../../providers/contract.ts';

interface Credentials {
  readonly secret: string;
}

const webhook = z.object({ event: z.string(), payment: z.string().nullable(), ours: z.string().nullable() });

const notHere = (): never => {
  throw new Error('the API never calls a provider');
};

export const testConnector: Connector<Credentials> = {
  manifest: {
    provider: 'bazaar',
    title: 'Bazaar',
    countries: ['VN', 'IQ'],
    hosts: { live: 'https://bazaar.example', sandbox: null },
    methods: [
      {
        method: 'qr',
        title: 'Bazaar QR',
        flow: 'qr_code',
        amounts: [
          { currency: currency('VND'), min: 10_000, max: 50_000_000, step: 1 },
          { currency: currency('IQD'), min: 250_000, max: 5_000_000_000, step: 1000 },
        ],
        lifetime_s: 1800,
        requires: [],
        description_max: 50,
      },
      {
        method: 'phone',
        title: 'Bazaar on the phone',
        flow: 'confirm_on_phone',
        amounts: [{ currency: currency('VND'), min: 1, max: 50_000_000, step: 1 }],
        lifetime_s: 600,
        requires: ['customer.phone', 'customer.name'],
        description_max: 255,
      },
    ],
    capture: 'automatic',
    refund: 'none',
    can_expire: false,
    lookup: 'none',
    webhook_trust: 'hint',
    webhook_registration: 'dashboard',
    poll_s: [60],
    settlement_days: 2,
  },
  credentials: z.object({ secret: z.string().describe('The shared secret') }),
  createPayment: notHere,
  async readPayment() {
    throw new ProviderError({ kind: 'not_found', code: 'no_payment', message: 'there is no such payment' });
  },
  verifyWebhook({ credentials }, { headers, path }) {
    if (headers['x-secret'] === undefined) return { ok: false, reason: 'missing_signature' };
    const expected = `${credentials.secret}${path}`;
    return headers['x-secret'] === expected ? { ok: true } : { ok: false, reason: 'bad_signature' };
  },
  parseWebhook(body) {
    const read = webhook.safeParse(json(body));
    if (!read.success) {
      throw new ProviderError({
        kind: 'invalid_request',
        code: 'unreadable',
        message: 'not a webhook of the bazaar',
      });
    }
    const { event, payment, ours } = read.data;
    return { event_key: event, provider_payment_id: payment, reference: ours, reading: null };
  },
  acknowledge: (now) => ({ status: 202, body: { taken: true, at: now.toISOString() } }),
};

function json(body: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(body).toString('utf8'));
  } catch {
    return undefined;
  }
}

/** What a request of each route that writes may look like, for tests that try them all. */
import type { RowIds } from './rows.ts';

/** A body that the route would take from the owner of these rows; throws for a route that writes and has none here. */
export function bodyFor(ids: RowIds, method: string, path: string): { readonly body?: object } {
  if (method === 'GET') return {};
  const body = bodies(ids)[`${method} ${path}`];
  if (!body) throw new Error(`${method} ${path} needs a body in api/testing/bodies.ts`);
  return { body };
}

const bodies = (ids: RowIds): Readonly<Record<string, object>> => ({
  'POST /v1/invoices': { amount: 100_000, currency: 'VND' },
  'POST /v1/invoices/:id/cancel': {},
  'POST /v1/invoices/:id/payments': { payment_service: 'bazaar.qr' },
  'POST /v1/invoices/:id/test_clock': { advance_s: 60 },
  'POST /v1/invoices/:id/erase': {},
  'POST /v1/erasures': { email: 'victim@example.com' },
  'POST /v1/payments/:id/cancel': {},
  'POST /v1/payments/:id/capture': {},
  'POST /v1/payments/:id/void': {},
  'POST /v1/refunds': { payment: ids.pay },
  'POST /v1/cases/:id/resolve': { decision: 'accept', reason: 'mine', name: 'me' },
  'POST /v1/api_keys': { label: 'new', scopes: ['read'] },
  'PATCH /v1/api_keys/:id': { label: 'mine' },
  'POST /v1/api_keys/:id/revoke': {},
  'POST /v1/api_keys/:id/rotate': {},
  'PATCH /v1/merchant': { late_money: 'refund', branding: { display_name: 'Stranger' } },
  'PUT /v1/routing': { rules: [] },
  'POST /v1/routing/preview': { currency: 'VND', amount: 100_000 },
  'POST /v1/reconciliation_runs': { provider_account: ids.pacc, day: '2026-01-31' },
  'POST /v1/webhook_endpoints': { url: 'https://203.0.114.9/hook', event_types: ['*'] },
  'PATCH /v1/webhook_endpoints/:id': { description: 'mine' },
  'DELETE /v1/webhook_endpoints/:id': {},
  'POST /v1/webhook_endpoints/:id/rotate_secret': {},
  'POST /v1/webhook_endpoints/:id/test': {},
  'POST /v1/webhook_endpoints/:id/resend': { since: '2026-01-01T00:00:00Z' },
  'POST /v1/deliveries/:id/resend': {},
  'POST /v1/provider_accounts': {
    provider: 'bazaar',
    label: 'new',
    base_url: 'https://bazaar.example',
    credentials: { secret: 'x' },
  },
  'PATCH /v1/provider_accounts/:id': { label: 'mine' },
  'POST /v1/provider_accounts/:id/rotate': { credentials: { secret: 'mine' } },
  'POST /v1/provider_accounts/:id/breaker': { state: 'open', reason: 'mine' },
  'POST /v1/provider_accounts/:id/test': {},
  'POST /v1/provider_accounts/:id/webhooks/register': {},
});

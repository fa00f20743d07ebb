/**
 * Simulator of MyFatoorah's API v2: paths without case, envelope, misspelt names, webhooks V1 and V2 as
 * docs.myfatoorah.com shows them. It shares no code with the connector.
 *
 * Chosen here because it is not documented: 401 in the envelope for a wrong token; a capture adds a transaction with a PaymentId of its own and the held one stays `Authorize`; a
 * release turns the held one into `Canceled`; an invoice without refunds has an empty list of them. Deliberately
 * different: amounts are shown in the account's currency only, local addresses are taken unless `refuse_local_urls` is set, and refunds are decided by the clock.
 */
import { defineSimulator } from '../../sandbox/simulator.ts';
import type { SimulatorCore } from '../../sandbox/simulator.ts';
import { failure } from './sandbox-answers.ts';
import { apiRoutes } from './sandbox-calls.ts';
import type { Credentials } from './sandbox-calls.ts';
import { myfatoorahControl } from './sandbox-control.ts';
import { Portal } from './sandbox-countries.ts';
import { InvoiceBook } from './sandbox-invoices.ts';
import type { Invoice } from './sandbox-invoices.ts';
import { myfatoorahPages, pagePath } from './sandbox-pages.ts';
import { RefundBook } from './sandbox-refunds.ts';
import { paymentWebhook, refundWebhook } from './sandbox-webhook.ts';
import type { WebhookSettings } from './sandbox-webhook.ts';

export const myfatoorahSimulator = defineSimulator<Credentials>({
  name: 'myfatoorah',
  basePath: '',
  bodyLimitBytes: 1024 * 1024,
  credentials: (random) => ({
    token: `mf_${random.hex(80)}`,
    country: 'KWT',
    webhook_secret: random.hex(40),
    webhook_v2_field: 'Invoice.ExternalIdentifier',
  }),
  webhooks: {
    timeoutMs: 100_000,
    acknowledged: (status) => status >= 200 && status < 300,
    // Of V2: "up to five retries, delay up to 180 s", set in the portal.
    retryDelaysS: [180, 180, 180, 180, 180],
    retried: (outcome) => outcome !== 'acknowledged',
  },
  settings: {
    /** 1 or 2. */
    webhook_version: 2,
    /** How often a success of KNET is told; duplicates of KNET are known in the field. */
    knet_copies: 2,
    /** How long the finance team takes for a refund, in seconds, and whether it says no. */
    refund_review_s: 3_600,
    refuse_refunds: false,
    /** The real system takes no localhost in CallBackUrl and ErrorUrl. */
    refuse_local_urls: false,
    /** Whether the account may authorize and capture later. */
    authorization_enabled: true,
  },
  build: (core) => {
    const portal = new Portal(core.credentials.country);
    const book = new InvoiceBook(core.clock, core.ledger, portal, (invoice, transaction) => {
      const webhook = paymentWebhook(webhookSettings(core), portal, invoice, transaction, core.clock.now());
      const twice = transaction.gateway === 'KNET' && transaction.status === 'Succss';
      const copies = twice ? Number(core.settings['knet_copies']) : 1;
      for (let copy = 0; copy < copies; copy += 1) core.webhooks.send(webhook);
    });
    const refunds = new RefundBook(core.clock, book, (refund) => {
      core.webhooks.send(refundWebhook(webhookSettings(core), portal, refund, core.clock.now()));
    });
    const parts = { core, portal, book, refunds, sessions: new Set<string>() };
    const pageUrl = (invoice: Invoice): string => core.origin() + pagePath(invoice, portal);
    return {
      routes: [...apiRoutes(parts, pageUrl), ...myfatoorahPages(book, portal)],
      errorReply: (status, message) => failure(status, message),
      payments: myfatoorahControl(book, portal, pageUrl, (invoice, transaction, status, forged) => {
        const settings = webhookSettings(core);
        const webhook = paymentWebhook(settings, portal, invoice, transaction, core.clock.now(), status);
        core.webhooks.sendNow(webhook, forged);
      }),
      reset: () => {
        book.reset();
        refunds.reset();
        parts.sessions.clear();
      },
    };
  },
});

function webhookSettings({ credentials, settings }: SimulatorCore<Credentials>): WebhookSettings {
  return {
    secret: credentials.webhook_secret,
    version: settings['webhook_version'] === 1 ? 1 : 2,
    oldSignature: credentials.webhook_v2_field === 'Customer.Reference',
  };
}

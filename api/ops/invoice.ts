/** One invoice: how it stands, what can be done, and its whole story. */
import { readStory } from '../../db/ops-story.ts';
import { invoicePageBody, type InvoiceView, type PaymentLine } from '../../pages/ops/invoice.ts';
import type { WorkflowFacts } from '../../temporal/inspect.ts';
import { invoiceWorkflowId } from '../../workflows/contract.ts';
import type { PaymentRow } from '../../db/payments.ts';
import type { ApiDependencies } from '../dependencies.ts';
import { withTimeLimit } from '../../temporal/time-limit.ts';
import { POSSIBLE_DECISIONS } from '../present-case.ts';
import { createShortCache } from '../short-cache.ts';
import { shown } from '../shown.ts';
import { checkAction } from './check.ts';
import { compared, type Looked } from './compared.ts';
import { invoiceActions } from './invoice-actions.ts';
import { oneInvoice, type OneInvoice } from './one-invoice.ts';
import type { OpsPart, Visit } from './page.ts';
import { timeline } from './timeline.ts';

const ENGINE_MS = 3_000;
const ENGINE_CACHED_MS = 2_000;
const ENGINE_CACHED = 200;

export const invoicePart: OpsPart = (dependencies) => {
  const { pool, operations, now, logger } = dependencies;
  const cache = createShortCache<Looked>(now, ENGINE_CACHED_MS, ENGINE_CACHED);

  const inspect = (id: string): Promise<Looked> =>
    cache.get(id, async () => {
      const at = new Date(now()).toISOString();
      if (operations === undefined) return { at, facts: null };
      try {
        return { at, facts: await withTimeLimit(ENGINE_MS, operations.inspect(id)) };
      } catch (error) {
        logger.warn({ err: error, invoice_id: id }, 'the workflow of an invoice could not be looked at');
        return { at, facts: 'no_answer' };
      }
    });

  return {
    pages: [
      {
        path: '/ops/invoices/:id',
        nav: null,
        async show(visit) {
          const found = await oneInvoice(dependencies, visit);
          const { invoice } = found;
          const read_at = new Date(now()).toISOString();
          const [story, looked] = await Promise.all([readStory(pool, invoice.id), inspect(invoice.id)]);
          const workflow = looked.facts;
          const show = (minor: number): string => shown(minor, invoice.currency).display;
          const moments = timeline({
            ...invoice,
            story,
            workflow: workflow === 'no_answer' ? null : workflow,
          });
          const view: InvoiceView = {
            invoice,
            show,
            payments: found.payments.map((payment) => paymentLine(payment, visit, invoice.id)),
            cases: story.cases.map((one) => ({
              ...one,
              links:
                one.resolved_at === null && one.row_id === null && visit.may('operator')
                  ? POSSIBLE_DECISIONS[one.kind].map((decision) => ({
                      decision,
                      href: visit.href(`/ops/invoices/${invoice.id}/cases/${one.id}/resolve`, { decision }),
                    }))
                  : [],
            })),
            deliveries: story.deliveries.map((one) => ({
              ...one,
              resend: visit.may('operator')
                ? visit.href(`/ops/invoices/${invoice.id}/deliveries/${one.id}/resend`)
                : null,
            })),
            moments,
            workflow,
            temporal: temporalLink(dependencies, invoice.id, workflow),
            compared: {
              ...compared(found, story, looked, read_at),
              show,
              check: visit.may('operator')
                ? { action: visit.href(`/ops/invoices/${invoice.id}/check`), form_token: visit.form_token }
                : null,
            },
            cancel:
              canCancel(found) && visit.may('operator')
                ? visit.href(`/ops/invoices/${invoice.id}/cancel`)
                : null,
            list: visit.href('/ops/invoices'),
          };
          return {
            title: invoice.reference ?? `Invoice ${invoice.id.slice(0, 14)}…`,
            topics: [`invoices:${invoice.id}`],
            body: invoicePageBody(view),
          };
        },
      },
    ],
    actions: [...invoiceActions(dependencies), checkAction(dependencies, (id) => cache.forget(id))],
  };
};

function canCancel({ invoice: { status } }: OneInvoice): boolean {
  return status === 'open' || status === 'authorized';
}

function paymentLine(payment: PaymentRow, visit: Visit, invoiceId: string): PaymentLine {
  const to = (kind: string): string =>
    visit.href(`/ops/invoices/${invoiceId}/payments/${payment.id}/${kind}`);
  const { amount_authorized, amount_received, amount_refunded } = payment;
  const kinds = [
    ...(amount_authorized > 0 ? (['capture', 'void'] as const) : []),
    ...(amount_received > amount_refunded ? (['refund'] as const) : []),
    ...(payment.status === 'pending' ? (['cancel'] as const) : []),
  ];
  return { payment, actions: visit.may('operator') ? kinds.map((kind) => ({ kind, href: to(kind) })) : [] };
}

/** Where the workflow is seen in the Temporal UI; null where nobody has said where that is. */
function temporalLink(
  { operations }: Pick<ApiDependencies, 'operations'>,
  invoiceId: string,
  workflow: WorkflowFacts | 'no_answer' | null,
): string | null {
  if (operations === undefined || operations.temporalUiUrl === null) return null;
  const namespace = encodeURIComponent(operations.temporalNamespace);
  const id = encodeURIComponent(invoiceWorkflowId(invoiceId));
  const run = workflow === null || workflow === 'no_answer' ? '' : `/${workflow.run_id}/history`;
  return `${operations.temporalUiUrl}/namespaces/${namespace}/workflows/${id}${run}`;
}

/** An operator ends a payment that nobody has paid; its invoice goes on. */
import { words } from '../../pages/ops/statuses.ts';
import type { ApiDependencies } from '../dependencies.ts';
import { factsOf } from '../present.ts';
import { notFound } from '../problem.ts';
import { notCanceled } from '../routes/payment-cancel.ts';
import { shown } from '../shown.ts';
import { about, askEngine, requireReason } from './acting.ts';
import { oneInvoice } from './one-invoice.ts';
import type { OpsAction, Visit } from './page.ts';

export function paymentCancelAction(dependencies: ApiDependencies): OpsAction {
  const { invoices } = dependencies;
  const find = async (visit: Visit) => {
    const { invoice, payments } = await oneInvoice(dependencies, visit);
    const payment = payments.find(({ id }) => id === visit.params['payment']);
    if (!payment) throw notFound('payment');
    return { invoice, payment };
  };
  const back = (visit: Visit): string => visit.href(`/ops/invoices/${visit.params['id'] ?? ''}`);

  return {
    path: '/ops/invoices/:id/payments/:payment/cancel',
    role: 'operator',
    async ask(visit) {
      const { payment } = await find(visit);
      return {
        title: `Cancel ${payment.id}?`,
        text: about(
          'The provider is asked once more whether money has come. If not, the payment ends, at the provider where that can be; the invoice takes others.',
          [
            ['Service', `${payment.provider}.${payment.method}`],
            ['Amount', shown(payment.amount, payment.currency).display],
            ['Status', words(payment.status)],
          ],
        ),
        button: { label: 'Cancel the payment', isDanger: true },
        back: back(visit),
      };
    },
    async run(visit, { reason }) {
      requireReason(reason);
      const { invoice, payment } = await find(visit);
      if (payment.status !== 'canceled') {
        const input = { payment_id: payment.id, by: visit.operator.name, reason };
        const { outcome } = await askEngine(() => invoices.cancelPayment(factsOf(invoice), input));
        const { payment: after } = await find(visit);
        if (after.status !== 'canceled') throw notCanceled(outcome, after.status);
      }
      return { tone: 'good', said: 'The payment is canceled.', href: back(visit) };
    },
  };
}

/** Finan: VietQR transfers, in whole and in parts, and a link that runs out. */
import { ensure, ensureBooked, providerId, type Scene, type Stage } from './scene.ts';
import type { Invoice, Payment } from './clients.ts';

const HALF_HOUR_S = 31 * 60;

async function invoiceWithPayment(
  { api, say }: Stage,
  amount: number,
  reference: string,
): Promise<{ invoice: Invoice; payment: Payment }> {
  const invoice = await api.createInvoice({
    amount,
    currency: 'VND',
    reference,
    description: `Order ${reference}`,
  });
  say(`invoice ${invoice.id} over ${invoice.display} is ${invoice.status}`);
  const payment = await api.requestPayment(invoice.id, 'finan.bank_transfer');
  say(`payment ${payment.id} asked for: ${payment.next_action?.type ?? 'nothing to show'}`);
  return { invoice, payment };
}

export const paidByQr: Scene = {
  title: 'Finan: a VietQR transfer',
  async play(stage) {
    const { api, sandbox, say, showQr } = stage;
    const { invoice, payment } = await invoiceWithPayment(stage, 6_000_000, 'qr-1');
    const qr = payment.next_action?.qr?.payload;
    ensure(qr !== undefined, 'the payment has no QR code');
    showQr(qr);
    await sandbox.pay('finan', providerId(payment));
    say('the customer scans and pays; Finan sends its signed webhook');
    const paid = await api.until(invoice.id, 'paid', ({ status }) => status === 'paid');
    await ensureBooked(stage, invoice.id, 6_000_000);
    say(`${paid.amounts.received.display} received, the ledger balances`);
    return 'paid';
  },
};

export const paidInParts: Scene = {
  title: 'Finan: two part payments',
  async play(stage) {
    const { api, sandbox, say } = stage;
    const { invoice, payment } = await invoiceWithPayment(stage, 500_000, 'parts-1');
    await sandbox.pay('finan', providerId(payment), { amount: 200_000 });
    const part = await api.until(invoice.id, 'partially paid', ({ status }) => status === 'partially_paid');
    say(`${part.amounts.received.display} came, ${part.amounts.remaining.display} to go: ${part.status}`);
    await sandbox.pay('finan', providerId(payment), { amount: 300_000 });
    await api.until(invoice.id, 'paid', ({ status }) => status === 'paid');
    await ensureBooked(stage, invoice.id, 500_000);
    say('the rest came: paid');
    return 'partially paid → paid';
  },
};

export const overpaid: Scene = {
  title: 'Finan: the customer sends too much',
  async play(stage) {
    const { api, sandbox, say } = stage;
    const { invoice, payment } = await invoiceWithPayment(stage, 100_000, 'over-1');
    await sandbox.pay('finan', providerId(payment), { amount: 120_000 });
    const over = await api.until(invoice.id, 'overpaid', ({ status }) => status === 'overpaid');
    ensure(over.amounts.excess.amount === 20_000, `the excess is ${over.amounts.excess.display}`);
    await ensureBooked(stage, invoice.id, 120_000);
    say(`${over.amounts.excess.display} too much, and visible as such`);
    return 'overpaid';
  },
};

export const expiredThenPaid: Scene = {
  title: 'Finan: 30 minutes pass, then a second try',
  async play(stage) {
    const { api, sandbox, say } = stage;
    const { invoice, payment } = await invoiceWithPayment(stage, 250_000, 'again-1');
    await api.advanceClock(invoice.id, HALF_HOUR_S);
    say('nobody pays; the clock of this invoice jumps 31 minutes');
    const expired = await api.until(
      invoice.id,
      'one with an expired payment',
      ({ payments }) => payments[0]?.status === 'expired',
    );
    const { calls } = await sandbox.payment('finan', providerId(payment));
    ensure(
      calls.some(({ operation }) => operation !== 'create'),
      'Finan was never asked before the payment expired',
    );
    ensure(expired.status === 'open', `the invoice is ${expired.status} instead of open`);
    say(`Finan was asked once more; the payment is expired, the invoice is still ${expired.status}`);
    const second = await api.requestPayment(invoice.id, 'finan.bank_transfer');
    await sandbox.pay('finan', providerId(second));
    await api.until(invoice.id, 'paid', ({ status }) => status === 'paid');
    await ensureBooked(stage, invoice.id, 250_000);
    say(`second payment ${second.id}: paid`);
    return 'expired → paid by the second';
  },
};

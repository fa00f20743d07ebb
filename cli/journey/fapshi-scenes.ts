/** Fapshi: one webhook that is never repeated, links of 24 hours, and money that comes too late. */
import { ensure, ensureBooked, providerId, type Scene, type Stage } from './scene.ts';
import type { Invoice, Payment } from './clients.ts';

const ONE_MINUTE_S = 60;
const A_DAY_S = 24 * 3600 + 60;

async function invoiceWithLink(
  { api, say }: Stage,
  amount: number,
  reference: string,
): Promise<{ invoice: Invoice; payment: Payment }> {
  const invoice = await api.createInvoice({
    amount,
    currency: 'XAF',
    reference,
    description: `Order ${reference}`,
  });
  const payment = await api.requestPayment(invoice.id, 'fapshi.payment_link');
  say(`invoice ${invoice.id} over ${invoice.display}: ${payment.next_action?.redirect_url ?? 'no link'}`);
  return { invoice, payment };
}

export const webhookLost: Scene = {
  title: 'Fapshi: the only webhook is lost',
  async play(stage) {
    const { api, sandbox, say } = stage;
    const { invoice, payment } = await invoiceWithLink(stage, 5000, 'lost-1');
    await sandbox.armWebhook('fapshi', { do: 'drop' });
    await sandbox.pay('fapshi', providerId(payment));
    say('the customer pays; the only webhook Fapshi ever sends is lost');
    await api.advanceClock(invoice.id, ONE_MINUTE_S);
    await api.until(invoice.id, 'paid', ({ status }) => status === 'paid');
    await ensureBooked(stage, invoice.id, 5000);
    say('a minute later the status poll finds the money');
    return 'paid, found by poll';
  },
};

export const lateMoney: Scene = {
  title: 'Fapshi: 24 hours pass, then the money comes',
  async play(stage) {
    const { api, sandbox, say } = stage;
    const { invoice, payment } = await invoiceWithLink(stage, 12_000, 'late-1');
    await api.advanceClock(invoice.id, A_DAY_S);
    say('the clock of this invoice jumps 24 hours; on the way it asks Fapshi now and then');
    await api.until(
      invoice.id,
      'one with an expired payment',
      ({ payments }) => payments[0]?.status === 'expired',
      60_000,
    );
    const { status } = await sandbox.payment('fapshi', providerId(payment));
    ensure(status.toUpperCase() === 'EXPIRED', `Fapshi was not told: the link is ${status} there`);
    say('expired, and Fapshi was told: the link is closed there too');
    await sandbox.pay('fapshi', providerId(payment), { after_expiry: true });
    const late = await api.until(
      invoice.id,
      'one with late money',
      ({ amounts }) => amounts.late.amount === 12_000,
    );
    await ensureBooked(stage, invoice.id, 12_000);
    say(`${late.amounts.late.display} came all the same: recorded as late, the invoice is ${late.status}`);
    return `expired → ${late.status}, late`;
  },
};

export const repeatedAndForged: Scene = {
  title: 'Fapshi: five copies, a stale one, a forged one',
  async play(stage) {
    const { api, sandbox, say } = stage;
    const { invoice, payment } = await invoiceWithLink(stage, 7500, 'copies-1');
    const id = providerId(payment);
    await sandbox.armWebhook('fapshi', { do: 'double', copies: 5 });
    await sandbox.pay('fapshi', id);
    await api.until(invoice.id, 'paid', ({ status }) => status === 'paid');
    say('the same webhook came five times at once: paid once');
    await sandbox.sendWebhook('fapshi', id, { status: 'PENDING' });
    await sandbox.sendWebhook('fapshi', id, { forge: true });
    const statuses = (await sandbox.deliveries('fapshi', id)).map(({ response }) => response?.status ?? 0);
    ensure(
      statuses.filter((status) => status === 401).length === 1,
      `the forged webhook was not refused: ${statuses.join(', ')}`,
    );
    ensure(
      statuses.filter((status) => status === 200).length === 6,
      `a true webhook was not acknowledged: ${statuses.join(', ')}`,
    );
    const after = await api.invoice(invoice.id);
    ensure(
      after.status === 'paid' && after.amounts.received.amount === 7500,
      `the invoice became ${after.status}`,
    );
    await ensureBooked(stage, invoice.id, 7500);
    say('a late PENDING changed nothing; the forged one got 401');
    return 'paid once';
  },
};

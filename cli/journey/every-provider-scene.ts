/** One invoice through every provider that is linked, all at once: whatever the flow, the same four calls. */
import type { MerchantApi, PaymentService } from './clients.ts';
import { CUSTOMER, ordinaryAmount, RETURN_URLS } from './ordinary-order.ts';
import { ensure, ensureBooked, providerId, type Scene, type Stage } from './scene.ts';

/** How long a webhook may take before the invoice's clock is moved on to its next status poll. */
const WEBHOOK_WITHIN_MS = 3_000;
const TWO_MINUTES_S = 120;

interface Told {
  readonly service: string;
  readonly amount: string;
  readonly shown: string;
  readonly how: string;
}

export const everyProvider: Scene = {
  title: 'Every provider: one invoice each, all at once',
  async play(stage) {
    const services = onePerProvider(await stage.api.services());
    ensure(services.length > 1, 'only one provider is linked');
    const told = await Promise.all(services.map((service) => payThrough(stage, service)));
    for (const row of table(told)) stage.say(row);
    return `${told.length} of ${services.length} paid`;
  },
};

function onePerProvider(services: readonly PaymentService[]): PaymentService[] {
  const first = new Map<string, PaymentService>();
  for (const service of services) {
    if (service.available && !first.has(service.provider)) first.set(service.provider, service);
  }
  return [...first.values()];
}

async function payThrough(stage: Stage, service: PaymentService): Promise<Told> {
  const { api, sandbox } = stage;
  const { currency, amount } = ordinaryAmount(service);
  const invoice = await api.createInvoice({
    currency,
    amount,
    description: 'One of each',
    customer: CUSTOMER,
    return_urls: RETURN_URLS,
  });
  const payment = await api.requestPayment(invoice.id, service.id);
  await sandbox.pay(service.provider, providerId(payment));
  const how = await untilPaid(api, invoice.id);
  await ensureBooked(stage, invoice.id, amount);
  const { type = 'nothing to show', redirect_url } = payment.next_action ?? {};
  const shown =
    redirect_url === undefined ? type : `${type} to ${new URL(redirect_url).pathname.slice(0, 28)}`;
  return { service: service.id, amount: invoice.display, shown, how };
}

/** Some providers tell of nothing by themselves; then the next poll finds the money. */
async function untilPaid(api: MerchantApi, invoiceId: string): Promise<string> {
  const isPaid = ({ status }: { status: string }): boolean => status === 'paid';
  try {
    await api.until(invoiceId, 'paid', isPaid, WEBHOOK_WITHIN_MS);
    return 'paid, by webhook';
  } catch {
    await api.advanceClock(invoiceId, TWO_MINUTES_S);
    await api.until(invoiceId, 'paid', isPaid);
    return 'paid, found by poll';
  }
}

function table(rows: readonly Told[]): string[] {
  const columns = ['service', 'amount', 'shown', 'how'] as const;
  const widths = columns.map((column) => Math.max(...rows.map((row) => row[column].length)));
  return rows.map((row) =>
    columns
      .map((column, index) => row[column].padEnd(widths[index] ?? 0))
      .join('  ')
      .trimEnd(),
  );
}

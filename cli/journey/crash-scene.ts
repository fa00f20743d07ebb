/** The worker dies after the provider has accepted the payment and before anything is recorded. */
import { setTimeout as sleep } from 'node:timers/promises';
import { ensure, ensureBooked, providerId, type Scene, type Stage } from './scene.ts';

const ANSWERS_AFTER_MS = 4000;

export const workerKilled: Scene = {
  title: 'Finan: the worker is killed in the middle of a payment',
  async play(stage) {
    const { api, sandbox, say, killWorker } = stage;
    const invoice = await api.createInvoice({ amount: 900_000, currency: 'VND', reference: 'crash-1' });
    await sandbox.fault('finan', { kind: 'slow', ms: ANSWERS_AFTER_MS, operation: 'create' });
    const known = await acceptedReferences(stage, invoice.id);
    ensure(known.length === 0, 'Finan knows a payment that was never asked for');
    // What becomes of this call does not matter: the merchant's own server may die of it.
    const asked = api.requestPayment(invoice.id, 'finan.bank_transfer').catch(() => null);
    while ((await acceptedReferences(stage, invoice.id)).length === 0) await sleep(20);
    say('Finan has accepted the payment and is slow to say so');
    await killWorker();
    say('the worker was killed with SIGKILL before it heard the answer; another one runs');
    await asked;
    const found = await api.until(
      invoice.id,
      'one whose payment was found again',
      ({ payments }) => payments.length === 1 && payments[0]?.status === 'pending',
      60_000,
    );
    const [payment] = found.payments;
    ensure(payment !== undefined, 'there is no payment');
    const accepted = await acceptedReferences(stage, invoice.id);
    ensure(accepted.length === 1, `Finan has ${accepted.length} payments instead of one`);
    say('it looked the payment up by our reference: exactly one at Finan, and it is ours');
    await sandbox.pay('finan', providerId(payment));
    await api.until(invoice.id, 'paid', ({ status }) => status === 'paid');
    await ensureBooked(stage, invoice.id, 900_000);
    return 'one payment, paid';
  },
};

/** What Finan's own books have for the payments of this invoice. */
async function acceptedReferences({ pool, sandbox }: Stage, invoiceId: string): Promise<string[]> {
  const { rows } = await pool.query<{ id: string }>('select id from payments where invoice_id = $1', [
    invoiceId,
  ]);
  const found = await Promise.all(rows.map(({ id }) => sandbox.paymentsFor('finan', id)));
  return found.flat().map(({ id }) => id);
}

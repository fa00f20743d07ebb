/**
 * Every method of every connector against the simulator of its provider, over HTTP: a payment is made, paid, refused, ended
 * or forgotten, and the connector says what the simulator's own books say.
 */
import { isCurrency } from '../../domain/currency.ts';
import { money, parseDecimal, type Money } from '../../domain/money.ts';
import type { LedgerLine } from '../../sandbox/ledger.ts';
import type { RunningSimulator } from '../../sandbox/simulator.ts';
import type { MethodManifest, NextAction, PaymentReading } from '../../providers/contract.ts';
import { wordFor, type Exam } from '../../providers/exam.ts';
import { connectors } from '../../providers/index.ts';
import { startSimulator } from '../setup/provider-rig.ts';
import { failureOf } from '../setup/failure-of.ts';
import { accountAt, captureOf, foreignCurrency, must, typical, useSitting } from './sitting.ts';
import type { Known } from './sitting.ts';

const methods = connectors.flatMap((connector) =>
  connector.manifest.methods.map(
    (method) => [`${connector.manifest.provider}.${method.method}`, connector, method] as const,
  ),
);

describe.each(methods)('%s', (_, connector, manifest) => {
  const { method } = manifest;
  const sitting = useSitting(connector);
  const { rig, read, create, paid } = sitting;
  const captures = captureOf(connector, method) !== 'automatic';
  /** Every line of the provider's own books about this payment is about this amount. */
  const expectBooked = (
    simulator: RunningSimulator,
    { provider_payment_id }: { readonly provider_payment_id: string },
    due: Money,
  ): void => {
    const lines = simulator.ledger.lines().filter(({ payment_id }) => payment_id === provider_payment_id);
    expect(lines.map(({ kind }) => kind)).toEqual(
      expect.arrayContaining(['payment_created', 'money_received']),
    );
    for (const line of lines) expect(moneyOf(line, sitting.exam)).toEqual(due);
  };
  const sent = () => rig.simulator.requests();
  const expire = (known: Known) => must(connector.expirePayment)(sitting.context(), known);

  it('is created with what its flow promises, paid by the customer and confirmed by reading', async () => {
    const before = Date.now();
    const known = await create(method);
    await expectPromises(known.created.next_action, manifest);
    const life_ms = Date.parse(known.created.expires_at) - before;
    expect(life_ms).toBeGreaterThan(manifest.lifetime_s * 1000 - 10_000);
    expect(life_ms).toBeLessThanOrEqual(manifest.lifetime_s * 1000 + 10_000);
    const reference = sitting.exam.repeats_reference === false ? null : known.reference;
    expect(await read(known)).toMatchObject({
      provider_payment_id: known.provider_payment_id,
      reference,
      currency: known.money.currency,
      status: 'pending',
      receipts: [],
      failure: null,
    });
    rig.simulator.payments.pay(known.provider_payment_id, {});
    const after = await read(known);
    expect(after).toMatchObject({ reference, status: captures ? 'authorized' : 'paid', failure: null });
    expect(after.receipts.map(({ amount }) => amount)).toEqual(captures ? [] : [known.money.amount]);
    expect(await read(known)).toEqual(after);
    expect(rig.booked('payment_created')).toHaveLength(1);
    expect(rig.booked('money_received')).toHaveLength(captures ? 0 : 1);
    const [booked] = rig.booked('payment_created');
    expect(booked?.idempotency_key !== null).toBe(sitting.exam.takes_key.includes('create'));
  });

  it.each(['smallest', 'typical', 'largest'] as const)('carries the %s amount exactly', async (size) => {
    const taken = sitting.limits(method);
    expect(taken.length).toBeGreaterThan(0);
    for (const limits of taken) {
      const due = amountsOf(limits)[size];
      const known = await sitting.settled(method, { money: due });
      expectExactly(await read(known), due);
      expectBooked(rig.simulator, known, due);
    }
    for (const [currency, credentials] of Object.entries(sitting.exam.accounts ?? {})) {
      const limits = must(manifest.amounts.find((one) => one.currency === currency));
      await carryElsewhere(credentials, amountsOf(limits)[size]);
    }
  });

  /** The same at another account of the provider, which takes another currency. */
  async function carryElsewhere(credentials: Readonly<Record<string, string>>, due: Money): Promise<void> {
    const simulator = await startSimulator(connector.manifest.provider, { credentials });
    try {
      const context = sitting.context({ account: accountAt(connector, simulator) });
      const order = sitting.order(method, { money: due });
      const { provider_payment_id } = await connector.createPayment(context, order);
      simulator.payments.pay(provider_payment_id, {});
      const known = { provider_payment_id, method };
      const capture = { ...known, money: due, operation_key: 'inv_1:capture:1', reason: null };
      if (captures) await must(connector.capturePayment)(context, capture);
      expectExactly(await connector.readPayment(context, known), due);
      expectBooked(simulator, known, due);
    } finally {
      await simulator.stop();
    }
  }

  it('refuses amounts, currencies and methods that the manifest rules out, before anything is sent', async () => {
    for (const { min, max, step, currency } of manifest.amounts) {
      const odd = step > 1 ? [min + 1, max - 1, min + step / 2] : [min + 0.5];
      for (const amount of [0, -min, min - step, min - 1, max + step, max + 1, NaN, Infinity, ...odd]) {
        const wrong = create(method, { money: { amount, currency } });
        expect(await failureOf(wrong)).toMatchObject({ kind: 'invalid_request', code: 'unsupported_amount' });
      }
    }
    const foreign = create(method, { money: money(1_000_000, foreignCurrency(manifest)) });
    expect(await failureOf(foreign)).toMatchObject({ kind: 'invalid_request', code: 'unsupported_currency' });
    const order = sitting.order(method);
    for (const wrong of ['bazaar', '', '__proto__', 'constructor']) {
      const unknown = connector.createPayment(sitting.context(), { ...order, method: wrong });
      expect(await failureOf(unknown)).toMatchObject({ kind: 'invalid_request', code: 'unknown_method' });
    }
    expect(sent()).toBe(0);
    // What only the account rules out may have to be asked for, but makes no payment.
    for (const limits of manifest.amounts.filter((one) => !sitting.limits(method).includes(one))) {
      const refused = create(method, { money: typical(limits) });
      expect(await failureOf(refused)).toMatchObject({
        kind: 'invalid_request',
        code: 'unsupported_currency',
      });
    }
    expect(rig.booked('payment_created')).toEqual([]);
  });

  it('insists on what the manifest requires and takes a description of the full length', async () => {
    const order = sitting.order(method);
    for (const required of manifest.requires) {
      const { [required.split('.')[1] as 'name']: __, ...customer } = order.customer;
      const lacking = connector.createPayment(sitting.context(), { ...order, customer });
      expect(await failureOf(lacking)).toMatchObject({ kind: 'invalid_request', code: 'missing_customer' });
    }
    const tooLong = create(method, { description: 'x'.repeat(manifest.description_max + 1) });
    expect(await failureOf(tooLong)).toMatchObject({ kind: 'invalid_request', code: 'description_too_long' });
    expect(sent()).toBe(0);
    await create(method, { description: 'x'.repeat(manifest.description_max) });
    await create(method, { description: null });
    const fields = manifest.requires.map((name) => name.split('.')[1]);
    const least = Object.entries(order.customer).filter(([name]) => fields.includes(name));
    await create(method, { customer: Object.fromEntries(least) });
    expect(rig.booked('payment_created')).toHaveLength(3);
  });

  it('tells when the customer was refused, and takes the money should they try again', async () => {
    const status = wordFor(sitting.exam.declined, method);
    const known = await create(method);
    const { payments } = rig.simulator;
    if (status === null) {
      expect(() => payments.fail(known.provider_payment_id, null)).toThrow();
      return;
    }
    payments.fail(known.provider_payment_id, null);
    const refused = await read(known);
    expect(refused).toMatchObject({ status, receipts: [] });
    expect(refused.failure === null).toBe(status === 'pending');
    expect(rig.booked('money_received')).toEqual([]);
    if (status !== 'pending') return;
    payments.pay(known.provider_payment_id, {});
    expect((await read(known)).status).toBe(captures ? 'authorized' : 'paid');
  });

  it('tells when nobody has paid in time, and not before', async () => {
    const known = await create(method);
    await rig.advance(manifest.lifetime_s - 10);
    expect(await read(known)).toMatchObject({ status: 'pending', receipts: [] });
    await rig.advance(20);
    const status = wordFor(sitting.exam.lapsed, method);
    expect(await read(known)).toMatchObject({ status, receipts: [] });
    expect(rig.booked('money_received')).toEqual([]);
  });

  if (connector.manifest.can_expire) {
    it('is ended once, and cannot be paid afterwards', async () => {
      const known = await create(method);
      const { payments } = rig.simulator;
      const first = await expire(known);
      if (sitting.exam.never_ended?.includes(method)) {
        expect(first).toMatchObject({ status: 'pending' });
        payments.pay(known.provider_payment_id, {});
        return expect(await read(known)).toMatchObject({ status: 'paid' });
      }
      expect(['canceled', 'expired']).toContain(first.status);
      expect(await expire(known)).toMatchObject({ status: first.status, receipts: [] });
      expect(await read(known)).toMatchObject({ status: first.status, receipts: [] });
      expect([...rig.booked('payment_canceled'), ...rig.booked('payment_expired')]).toHaveLength(1);
      expect(() => payments.pay(known.provider_payment_id, {})).toThrow();
    });

    it('turns out to be paid when the customer was faster than its end', async () => {
      const known = await paid(method);
      const ended = await expire(known);
      expect(ended).toMatchObject({ status: 'paid', receipts: [{ amount: known.money.amount }] });
      expect([...rig.booked('payment_canceled'), ...rig.booked('payment_expired')]).toEqual([]);
    });
  }

  if (connector.manifest.lookup === 'by_reference') {
    it('is found by our reference, alone among others, and only where it is', async () => {
      const find = (reference: string) =>
        must(connector.findPayment)(sitting.context(), { reference, method });
      const known = await paid(method);
      await paid(method);
      expect(await find(sitting.order(method).reference)).toBeNull();
      // Neither a part of a reference nor a longer one is the reference.
      expect(await find(known.reference.slice(0, -1))).toBeNull();
      expect(await find(`${known.reference}0`)).toBeNull();
      const found = await find(known.reference);
      const asRead = await read(known);
      expect({ ...found, next_action: null }).toEqual({ ...asRead, next_action: null });
      expect(found?.reference).toBe(known.reference);
    });
  }

  it('says of a payment that the provider does not know that it does not know it', async () => {
    const known = await create(method);
    rig.simulator.reset();
    expect(await failureOf(read(known))).toMatchObject({ kind: 'not_found' });
  });
});

function expectExactly({ currency, status, receipts }: PaymentReading, due: Money): void {
  const amounts = receipts.map(({ amount }) => amount);
  expect({ currency, status, amounts }).toEqual({
    currency: due.currency,
    status: 'paid',
    amounts: [due.amount],
  });
}

/** What the merchant has to show, by the flow; addresses are really there. */
async function expectPromises(action: NextAction, { flow }: MethodManifest): Promise<void> {
  expect(action.type).toBe(flow);
  switch (flow) {
    case 'redirect':
      expect((await fetch(action.redirect_url ?? '')).status).toBe(200);
      return;
    case 'qr_code':
      expect(action.qr_payload ?? action.qr_image).toMatch(/^(data:image\/(png|jpeg);base64,|\d{4})/);
      expect(action.readable_code).toMatch(/\S{4}/);
      for (const { label, url } of action.deep_links ?? []) {
        expect(label).not.toBe('');
        expect((await fetch(url)).status).toBe(200);
      }
      return;
    case 'bank_transfer':
      expect(action.qr_payload).toMatch(/^000201/);
      for (const part of ['bank_name', 'account_name', 'account_number', 'remark'] as const) {
        expect(action.bank_transfer?.[part]).toMatch(/\S/);
      }
      return;
    case 'confirm_on_phone':
      expect(action.phone_hint).toMatch(/^[^\d]+\d{2}$/);
      return;
  }
}

function amountsOf(
  limits: MethodManifest['amounts'][number],
): Record<'smallest' | 'typical' | 'largest', Money> {
  const { min, max, currency } = limits;
  return { smallest: money(min, currency), typical: typical(limits), largest: money(max, currency) };
}

function moneyOf({ amount, currency }: LedgerLine, { wire_amounts }: Exam): Money {
  if (!isCurrency(currency)) throw new Error(`the books have the currency ${currency}`);
  return wire_amounts === 'minor' ? money(Number(amount), currency) : parseDecimal(String(amount), currency);
}

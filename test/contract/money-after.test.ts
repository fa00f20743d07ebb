/**
 * Captures, releases and refunds of every connector against the simulator of its provider: as the manifest says, no more
 * than there is, and once for each operation key. The simulator's own books are the judge.
 */
import { currency, type Currency } from '../../domain/currency.ts';
import { money } from '../../domain/money.ts';
import type { LedgerKind } from '../../sandbox/ledger.ts';
import type { MoneyOperation } from '../../providers/contract.ts';
import { connectors } from '../../providers/index.ts';
import { failureOf } from '../setup/failure-of.ts';
import { captureOf, must, useSitting, type Known } from './sitting.ts';

const methods = connectors.flatMap((connector) =>
  connector.manifest.methods.map(
    ({ method }) => [`${connector.manifest.provider}.${method}`, connector, method] as const,
  ),
);
const REFUSED = { kind: 'invalid_request' };
/** Longer than any simulator takes to carry out a refund. */
const DECIDED_S = 2 * 60 * 60;

describe.each(methods.filter(([, connector, method]) => captureOf(connector, method) !== 'automatic'))(
  'captures of %s',
  (_, connector, method) => {
    const sitting = useSitting(connector);
    const { rig, read, paid, operation } = sitting;
    const once = captureOf(connector, method) === 'manual_once';
    const capture = (order: MoneyOperation) => must(connector.capturePayment)(sitting.context(), order);
    const release = (known: Known, operation_key = 'inv_1:void:1') =>
      must(connector.voidPayment)(sitting.context(), { ...known, operation_key });
    const booked = (kind: LedgerKind) => rig.booked(kind).length;

    it('takes nothing by itself, and all of it when told', async () => {
      const known = await paid(method);
      const { amount } = known.money;
      expect(await read(known)).toMatchObject({ status: 'authorized', authorized: amount, receipts: [] });
      expect(booked('money_received')).toBe(0);
      const taken = await capture(operation(known, amount));
      expect(taken).toMatchObject({ status: 'paid', receipts: [{ amount }] });
      expect(await read(known)).toEqual(taken);
      expect(taken.receipts[0]?.key).toBe(rig.booked('money_received')[0]?.transfer_id);
      expect(await failureOf(capture(operation(known, 1)))).toMatchObject(REFUSED);
      expect(booked('money_received')).toBe(1);
    });

    it('refuses what is more than authorized, or in another currency, and takes nothing', async () => {
      const known = await paid(method);
      const { amount } = known.money;
      expect(await failureOf(capture(operation(known, amount + 1)))).toMatchObject(REFUSED);
      const other = { ...operation(known, amount), money: { amount, currency: otherThan(known) } };
      expect(await failureOf(capture(other))).toMatchObject(REFUSED);
      expect(await read(known)).toMatchObject({ status: 'authorized', receipts: [] });
      expect(booked('money_received')).toBe(0);
    });

    it('has nothing to take before the customer has agreed, or after it was given back', async () => {
      const open = await sitting.create(method);
      expect(await failureOf(capture(operation(open, 1)))).toMatchObject(REFUSED);
      const returned = await paid(method);
      await release(returned);
      expect(await failureOf(capture(operation(returned, 1)))).toMatchObject(REFUSED);
      expect(booked('money_received')).toBe(0);
    });

    it('takes once, however often the same operation is asked for', async () => {
      const known = await paid(method);
      const order = operation(known, part(known, 3));
      const first = await capture(order);
      expect(await capture(order)).toMatchObject({ receipts: first.receipts });
      const key = sitting.exam.takes_key.includes('capture') ? order.operation_key : null;
      expect(rig.booked('money_received')[0]?.idempotency_key).toBe(key);
      const another = { ...order, money: money(order.money.amount + 1, order.money.currency) };
      expect(await failureOf(capture(another))).toMatchObject(REFUSED);
      expect(booked('money_received')).toBe(1);
    });

    it(`takes ${once ? 'a part, and then no more' : 'it in parts and gives the rest back'}`, async () => {
      const known = await paid(method);
      const { amount } = known.money;
      const parts = once ? [part(known, 3)] : [part(known, 3), part(known, 4)];
      const rest = amount - parts.reduce((sum, one) => sum + one, 0);
      for (const one of parts) await capture(operation(known, one));
      const extra = operation(known, once ? rest : rest + 1);
      expect(await failureOf(capture(extra))).toMatchObject(REFUSED);
      const amounts = parts.map((one) => ({ amount: one }));
      const status = once ? 'paid' : 'authorized';
      expect(await read(known)).toMatchObject({ status, receipts: amounts });
      if (!once) {
        expect(await release(known)).toMatchObject({ status: 'paid', receipts: amounts });
        expect(booked('authorization_released')).toBe(1);
      }
      expect(await read(known)).toMatchObject({ status: 'paid', receipts: amounts });
      expect(booked('money_received')).toBe(parts.length);
    });

    it('gives a whole authorization back, once', async () => {
      const known = await paid(method);
      expect(await release(known)).toMatchObject({ status: 'canceled', receipts: [] });
      expect(await release(known)).toMatchObject({ status: 'canceled' });
      expect(await release(known, 'inv_1:void:2')).toMatchObject({ status: 'canceled' });
      expect(await read(known)).toMatchObject({ status: 'canceled', receipts: [] });
      expect(booked('authorization_released')).toBe(1);
    });

    it('has nothing to give back before the customer has agreed', async () => {
      expect(await failureOf(release(await sitting.create(method)))).toMatchObject(REFUSED);
      expect(booked('authorization_released')).toBe(0);
    });
  },
);

describe.each(methods.filter(([, connector]) => connector.manifest.refund !== 'none'))(
  'refunds of %s',
  (_, connector, method) => {
    const sitting = useSitting(connector);
    const { rig, read, settled, operation } = sitting;
    const inParts = connector.manifest.refund === 'partial';
    const refund = (order: MoneyOperation) => must(connector.refundPayment)(sitting.context(), order);
    /** Refunds made or under way: some providers book the request as well as the money, some only the money. */
    const made = () => Math.max(rig.booked('refund_requested').length, rig.booked('money_refunded').length);

    it('gives the whole payment back, and reads say so', async () => {
      const known = await settled(method);
      const { amount } = known.money;
      const order = operation(known, amount);
      const first = await refund(order);
      expect(first).toMatchObject({ amount });
      expect(['pending', 'succeeded']).toContain(first.status);
      await rig.advance(DECIDED_S);
      const after = await read(known);
      expect(after).toMatchObject({ status: 'paid', receipts: [{ amount }] });
      expect(after.refunds).toMatchObject([{ key: first.key, amount, status: 'succeeded' }]);
      expect(rig.booked('money_refunded')).toHaveLength(1);
    });

    it('gives it back once, however often the same operation is asked for', async () => {
      const known = await settled(method);
      const order = operation(known, inParts ? part(known, 3) : known.money.amount);
      const first = await refund(order);
      expect(await refund(order)).toMatchObject({ key: first.key, amount: first.amount });
      const another = { ...order, money: money(order.money.amount - step(known), order.money.currency) };
      expect(await failureOf(refund(another))).toMatchObject(REFUSED);
      await rig.advance(DECIDED_S);
      expect(await refund(order)).toMatchObject({ key: first.key, status: 'succeeded' });
      const key = sitting.exam.takes_key.includes('refund') ? order.operation_key : null;
      expect(rig.booked('money_refunded')[0]?.idempotency_key).toBe(key);
      expect(made()).toBe(1);
    });

    it('refuses what is more than was taken, or in another currency, and gives nothing back', async () => {
      const known = await settled(method);
      const { amount } = known.money;
      expect(await failureOf(refund(operation(known, amount + step(known))))).toMatchObject(REFUSED);
      const other = { ...operation(known, amount), money: { amount, currency: otherThan(known) } };
      expect(await failureOf(refund(other))).toMatchObject(REFUSED);
      expect(made()).toBe(0);
      expect((await read(known)).refunds ?? []).toEqual([]);
    });

    it('has nothing to give back before the customer has paid', async () => {
      const known = await sitting.create(method);
      expect(await failureOf(refund(operation(known, known.money.amount)))).toMatchObject(REFUSED);
      expect(made()).toBe(0);
    });

    it(`gives ${inParts ? 'it back in parts, each with its own key' : 'no part of it back'}`, async () => {
      const known = await settled(method);
      const { amount } = known.money;
      const parts = [part(known, 3), part(known, 4)];
      if (!inParts) {
        for (const one of parts)
          expect(await failureOf(refund(operation(known, one)))).toMatchObject(REFUSED);
        return expect(made()).toBe(0);
      }
      const orders = [...parts, amount - parts.reduce((sum, one) => sum + one, 0)].map((one) =>
        operation(known, one),
      );
      const [first, ...others] = orders;
      const keys = [(await refund(must(first))).key];
      const rest = operation(known, amount - parts[0]! + 1);
      expect(await failureOf(refund(rest))).toMatchObject(REFUSED);
      for (const order of others) keys.push((await refund(order)).key);
      expect(await failureOf(refund(operation(known, 1)))).toMatchObject(REFUSED);
      await rig.advance(DECIDED_S);
      const { refunds = [], status, receipts } = await read(known);
      expect(
        refunds.map(({ key, reference, amount: one, status: stands }) => [key, reference, one, stands]),
      ).toEqual(
        orders.map(({ operation_key, money: asked }, at) => [
          keys[at],
          operation_key,
          asked.amount,
          'succeeded',
        ]),
      );
      expect({ status, receipts: receipts.map((receipt) => receipt.amount) }).toEqual({
        status: 'paid',
        receipts: [amount],
      });
      expect(made()).toBe(3);
    });

    it('is learnt by reading, whoever asked for it', async () => {
      const known = await settled(method);
      const amount = inParts ? part(known, 3) : known.money.amount;
      expect((await read(known)).refunds ?? []).toEqual([]);
      await refund(operation(known, amount, 'made-by-hand:in-the-dashboard'));
      const { refunds } = await read(known);
      expect(refunds).toMatchObject([{ amount }]);
      expect(await read(known)).toMatchObject({ refunds });
    });
  },
);

/** The smallest difference between two amounts; dinars go by the thousand. */
const step = ({ money: { currency: code } }: Known): number => (code === 'IQD' ? 1000 : 1);
/** A part of the payment, as odd as its currency allows. */
const part = (known: Known, by: number): number =>
  (Math.floor(known.money.amount / by / step(known)) - 1) * step(known);
const otherThan = ({ money: { currency: code } }: Known): Currency =>
  currency(code === 'AED' ? 'SAR' : 'AED');

/**
 * The functions of a connector as questions that can be asked again and again: how a payment gets to where the call makes
 * sense, the call, and what the caller does when its outcome is unknown.
 */
import type { Connector, MoneyOperation, ProviderContext } from '../../providers/contract.ts';
import type { LedgerKind, LedgerLine } from '../../sandbox/ledger.ts';
import { captureOf, must, type Known, type Sitting } from './sitting.ts';

type Context = ProviderContext<unknown>;
export interface Operation {
  readonly name: 'create' | 'read' | 'find' | 'expire' | 'capture' | 'void' | 'refund';
  /** Effects in the simulator's books that the call has to have once; none for a call that moves nothing. */
  readonly effects: readonly LedgerKind[];
  begin(): Promise<Attempt>;
}

/** One call that is about to be made. */
export interface Attempt {
  call(context: Context): Promise<unknown>;
  /** Throws unless what the call resolved to is the truth. */
  confirm(answer: unknown): Promise<void>;
  /**
   * The caller's rule after `unknown_outcome`. A create is looked up and never sent again. Before a capture, a release or a
   * refund is repeated, with the same operation key, the payment is READ, and it is repeated only if it did not happen.
   */
  clearUp(): Promise<void>;
}

/** The operations that this method has by its manifest, in the order of a payment's life. */
export function operationsOf(connector: Connector<unknown>, method: string, sitting: Sitting): Operation[] {
  const { manifest } = connector;
  const manual = captureOf(connector, method) !== 'automatic';
  return [
    creation(connector, method, sitting),
    reading(connector, method, sitting),
    ...(manifest.lookup === 'by_reference' ? [lookup(connector, method, sitting)] : []),
    ...(manifest.can_expire ? [expiry(connector, method, sitting)] : []),
    ...(manual ? [capture(connector, method, sitting), release(connector, method, sitting)] : []),
    ...(manifest.refund === 'none' ? [] : [refund(connector, method, sitting)]),
  ];
}

function creation(connector: Connector<unknown>, method: string, sitting: Sitting): Operation {
  const { rig, context } = sitting;
  return {
    name: 'create',
    effects: ['payment_created'],
    begin: () => {
      const order = sitting.order(method);
      const made = (): LedgerLine | undefined => rig.booked('payment_created').at(-1);
      return Promise.resolve({
        call: (given) => connector.createPayment(given, order),
        confirm: async (answer) => {
          expect(answer).toMatchObject({
            provider_payment_id: made()?.payment_id,
            expires_at: expect.stringMatching(/^\d{4}-.*Z$/),
            next_action: { type: expect.any(String) },
          });
        },
        clearUp: async () => {
          if (!connector.findPayment) return;
          const payment = made();
          if (payment && sitting.exam.found_when === 'paid')
            rig.simulator.payments.pay(payment.payment_id, {});
          const found = await connector.findPayment(context(), { reference: order.reference, method });
          expect(found?.provider_payment_id ?? null).toBe(payment?.payment_id ?? null);
        },
      });
    },
  };
}

function reading(connector: Connector<unknown>, method: string, sitting: Sitting): Operation {
  return {
    name: 'read',
    effects: [],
    begin: async () => {
      const known = await sitting.settled(method);
      return harmless(sitting, known, (given) => connector.readPayment(given, known));
    },
  };
}

function lookup(connector: Connector<unknown>, method: string, sitting: Sitting): Operation {
  const find = must(connector.findPayment);
  return {
    name: 'find',
    effects: [],
    begin: async () => {
      const known = await sitting.paid(method);
      return harmless(sitting, known, (given) => find(given, { reference: known.reference, method }));
    },
  };
}

/** Ending a payment twice is ending it once, so it counts among the calls that may simply be repeated. */
function expiry(connector: Connector<unknown>, method: string, sitting: Sitting): Operation {
  const expire = must(connector.expirePayment);
  return {
    name: 'expire',
    effects: [],
    begin: async () => {
      const known = await sitting.create(method);
      return harmless(sitting, known, (given) => expire(given, known));
    },
  };
}

/** A call that answers with a reading and moves no money: whatever it says must be what a read says. */
function harmless(sitting: Sitting, known: Known, call: Attempt['call']): Attempt {
  return {
    call,
    confirm: async (answer) => {
      const { status, receipts, currency } = await sitting.read(known);
      expect(answer).toMatchObject({ status, receipts, currency });
    },
    clearUp: () => Promise.reject(new Error('nothing was moved, so the outcome cannot be unknown')),
  };
}

function capture(connector: Connector<unknown>, method: string, sitting: Sitting): Operation {
  const send = must(connector.capturePayment);
  return {
    name: 'capture',
    effects: ['money_received'],
    begin: async () => {
      const known = await sitting.paid(method);
      const order: MoneyOperation = sitting.operation(known, known.money.amount - 7);
      const amounts = [{ amount: order.money.amount }];
      return {
        call: (given) => send(given, order),
        confirm: async (answer) => expect(answer).toMatchObject({ receipts: amounts }),
        clearUp: async () => {
          const { receipts } = await sitting.read(known);
          if (receipts.length === 0) await send(sitting.context(), order);
          expect((await sitting.read(known)).receipts).toMatchObject(amounts);
        },
      };
    },
  };
}

function release(connector: Connector<unknown>, method: string, sitting: Sitting): Operation {
  const send = must(connector.voidPayment);
  return {
    name: 'void',
    effects: ['authorization_released'],
    begin: async () => {
      const known = await sitting.paid(method);
      const order = { ...known, operation_key: 'inv_1:void:1' };
      return {
        call: (given) => send(given, order),
        confirm: async (answer) => expect(answer).toMatchObject({ status: 'canceled', receipts: [] }),
        clearUp: async () => {
          const { status } = await sitting.read(known);
          if (status === 'authorized') await send(sitting.context(), order);
          expect(await sitting.read(known)).toMatchObject({ status: 'canceled', receipts: [] });
        },
      };
    },
  };
}

function refund(connector: Connector<unknown>, method: string, sitting: Sitting): Operation {
  const send = must(connector.refundPayment);
  const whole = connector.manifest.refund === 'full';
  return {
    name: 'refund',
    effects: ['refund_requested', 'money_refunded'],
    begin: async () => {
      const known = await sitting.settled(method);
      const order = sitting.operation(known, whole ? known.money.amount : known.money.amount - 7);
      const { amount } = order.money;
      return {
        call: (given) => send(given, order),
        confirm: async (answer) => expect(answer).toMatchObject({ amount }),
        clearUp: async () => {
          const { refunds = [] } = await sitting.read(known);
          if (refunds.length === 0) await send(sitting.context(), order);
          expect((await sitting.read(known)).refunds).toMatchObject([{ amount }]);
        },
      };
    },
  };
}

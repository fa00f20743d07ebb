/** The truth: what has happened at a payment provider, whether or not anybody has been told. Readings come from here. */
import { currency } from '../../domain/currency.ts';
import type { PaymentReading, RefundReading } from '../../providers/contract.ts';

/** What one make-believe provider can do. */
export interface Ability {
  readonly capture: 'automatic' | 'manual_once' | 'manual_many';
  readonly refund: 'none' | 'full' | 'partial';
  readonly lookup: boolean;
}

type Fate = RefundReading['status'];

/** One payment at the provider. */
export interface BankPayment {
  readonly id: string;
  readonly ability: Ability;
  readonly asked: number;
  readonly transfers: readonly { readonly key: string; readonly amount: number }[];
  readonly refunds: readonly Readonly<RefundReading>[];
  readonly isOpen: boolean;
  /** The customer pays, or agrees to pay where money is authorized first; false when that cannot be. */
  pay(amount: number): boolean;
  /** It ends without (more) money: nothing of what has come is touched. */
  end(as: 'failed' | 'expired' | 'canceled'): void;
  /** Each does nothing the second time; false: declined. */
  capture(operation: string, amount: number): boolean;
  release(): boolean;
  refund(operation: string, amount: number, fate: Fate): RefundReading | null;
  /** Somebody gives money back in the provider's dashboard; false when there is none left. */
  refundInDashboard(amount: number): boolean;
  /** What was under review is decided. */
  decideRefunds(as: Exclude<Fate, 'pending'>): void;
  refundOf(operation: string): RefundReading | undefined;
  captureOf(operation: string): string | undefined;
  reading(): PaymentReading;
}

export function openBankPayment(id: string, ability: Ability, asked: number): BankPayment {
  const transfers: { key: string; amount: number; reference: string | null }[] = [];
  const refunds: { -readonly [Key in keyof RefundReading]: RefundReading[Key] }[] = [];
  let status: PaymentReading['status'] = 'pending';
  let authorized: number | null = null;
  /** Somebody acted without us, so what we ask for in good faith may be too much. */
  let isTouched = false;
  const sum = (parts: readonly { readonly amount: number }[]): number =>
    parts.reduce((all, { amount }) => all + amount, 0);
  const left = (): number =>
    sum(transfers) - sum(refunds.filter((one) => one.status === 'pending' || one.status === 'succeeded'));
  const decline = (what: string): void => {
    if (!isTouched) throw new Error(`${id} was asked for ${what}, and nobody else had touched it`);
  };

  return {
    id,
    ability,
    asked,
    transfers,
    refunds,
    get isOpen() {
      return status === 'pending' || status === 'authorized';
    },
    pay(amount) {
      if (ability.capture === 'automatic') {
        transfers.push({ key: `${id}-t${transfers.length + 1}`, amount, reference: null });
        if (sum(transfers) >= asked) status = 'paid';
        return true;
      }
      if (status !== 'pending') return false;
      authorized = asked;
      status = 'authorized';
      return true;
    },
    end(as) {
      isTouched = true;
      if (status === 'pending' || status === 'authorized')
        status = transfers.length > 0 && authorized ? 'paid' : as;
    },
    capture(operation, amount) {
      if (transfers.some(({ reference }) => reference === operation)) return true;
      if (status !== 'authorized' || amount > (authorized ?? 0) - sum(transfers)) {
        decline(`a capture of ${amount}`);
        return false;
      }
      transfers.push({ key: `${id}-t${transfers.length + 1}`, amount, reference: operation });
      if (ability.capture === 'manual_once' || sum(transfers) === authorized) status = 'paid';
      return true;
    },
    release() {
      if (status === 'authorized') status = transfers.length > 0 ? 'paid' : 'canceled';
      return status === 'canceled' || (status === 'paid' && sum(transfers) < (authorized ?? 0));
    },
    refund(operation, amount, fate) {
      const known = refunds.find(({ reference }) => reference === operation);
      if (known) return known;
      if (amount > left()) {
        decline(`a refund of ${amount}`);
        return null;
      }
      const made = { key: `${id}-r${refunds.length + 1}`, reference: operation, amount, status: fate };
      refunds.push(made);
      return made;
    },
    refundInDashboard(amount) {
      if (left() <= 0) return false;
      isTouched = true;
      const key = `${id}-r${refunds.length + 1}`;
      refunds.push({
        key,
        reference: `dashboard-${key}`,
        amount: Math.min(amount, left()),
        status: 'succeeded',
      });
      return true;
    },
    decideRefunds(as) {
      for (const one of refunds) if (one.status === 'pending') one.status = as;
    },
    refundOf: (operation) => refunds.find(({ reference }) => reference === operation),
    captureOf: (operation) => transfers.find(({ reference }) => reference === operation)?.key,
    reading: () => ({
      provider_payment_id: `PR-${id}`,
      reference: id,
      currency: currency('VND'),
      status,
      ...(authorized === null ? {} : { authorized }),
      receipts: transfers.map((transfer) => ({ ...transfer, paid_at: null, fee: null })),
      refunds: refunds.map((one) => ({ ...one })),
      provider_status: status,
      failure: null,
      next_action: null,
      expires_at: null,
    }),
  };
}

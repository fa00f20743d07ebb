/**
 * The payment requests of the Finan simulator and the money that reached them. Bank transfers come as people make
 * them: any amount, any number, also after the link's 30 minutes. Card and wallet payments are whole and in time.
 */
import type { SimulatorClock } from '../../sandbox/clock.ts';
import { DIGITS, UPPER_ALPHANUMERIC, randomText, randomUUID } from '../../sandbox/random.ts';
import type { EffectLedger } from '../../sandbox/ledger.ts';
import { buildVietQr } from '../../sandbox/vietqr.ts';
import type { BankAccount } from './sandbox-accounts.ts';
import type { CreatePaymentBody, PaymentMethod } from './sandbox-requests.ts';

export const LINK_LIFETIME_S = 30 * 60;
const VIRTUAL_ACCOUNT_LENGTH = 13;

export interface Transfer {
  readonly id: string;
  /** Whole dong. */
  readonly amount: number;
  readonly method: PaymentMethod;
  /** RFC 3339 UTC, whole seconds, as Finan prints it. */
  readonly created_at: string;
}

export interface PaymentRequest {
  readonly id: string;
  readonly code: string;
  readonly body: CreatePaymentBody;
  readonly createdAt: number;
  expiresAt: number;
  readonly bankTransfer: BankTransferDetail | null;
  readonly transfers: Transfer[];
}

export interface BankTransferDetail {
  readonly qr_code: string;
  readonly bank_name: string;
  readonly account_name: string;
  readonly account_number: string;
  readonly remark: string;
}

export type PaymentStatus = 'unpaid' | 'partial_paid' | 'paid' | 'extra_paid';

export class PaymentBook {
  readonly #byId = new Map<string, PaymentRequest>();
  readonly #byCode = new Map<string, PaymentRequest>();
  readonly #byReference = new Map<string, PaymentRequest[]>();
  readonly #clock: SimulatorClock;
  readonly #ledger: EffectLedger;
  readonly #onTransfer: (payment: PaymentRequest, transfer: Transfer) => void;

  constructor(
    clock: SimulatorClock,
    ledger: EffectLedger,
    onTransfer: (payment: PaymentRequest, transfer: Transfer) => void,
  ) {
    this.#clock = clock;
    this.#ledger = ledger;
    this.#onTransfer = onTransfer;
  }

  /** `account` is where a bank transfer goes; null for the other methods. The same reference twice makes two. */
  create(body: CreatePaymentBody, account: BankAccount | null): PaymentRequest {
    const now = this.#clock.now();
    const payment: PaymentRequest = {
      id: randomUUID(),
      code: `PR${randomText(UPPER_ALPHANUMERIC, 6)}`,
      body,
      createdAt: now,
      expiresAt: now + LINK_LIFETIME_S * 1000,
      bankTransfer: account === null ? null : bankTransferDetail(account, body.amount),
      transfers: [],
    };
    this.#byId.set(payment.id, payment);
    this.#byCode.set(payment.code, payment);
    const sameReference = this.#byReference.get(body.reference_id) ?? [];
    this.#byReference.set(body.reference_id, [...sameReference, payment]);
    this.#record('payment_created', payment, body.amount, null);
    return payment;
  }

  /** Books money that arrived and tells the merchant. Whether it may arrive is the caller's business. */
  receive(payment: PaymentRequest, amount: number): Transfer {
    const transfer: Transfer = {
      id: randomUUID(),
      amount,
      method: payment.body.payment_method,
      created_at: wholeSeconds(this.#clock.now()),
    };
    payment.transfers.push(transfer);
    this.#record('money_received', payment, amount, transfer.id);
    this.#onTransfer(payment, transfer);
    return transfer;
  }

  /** A card or wallet attempt that did not go through. Finan's API shows nothing of it. */
  decline(payment: PaymentRequest): void {
    this.#record('attempt_failed', payment, payment.body.amount, null);
  }

  /** Ends the link now. Finan has no such call and no such status; a late transfer still arrives. */
  expire(payment: PaymentRequest): void {
    payment.expiresAt = Math.min(payment.expiresAt, this.#clock.now());
  }

  isExpired(payment: PaymentRequest): boolean {
    return this.#clock.now() >= payment.expiresAt;
  }

  find(id: string): PaymentRequest | null {
    return this.#byId.get(id) ?? null;
  }

  findByCode(code: string): PaymentRequest | null {
    return this.#byCode.get(code) ?? null;
  }

  /** Newest first; all of them, or those with a reference. */
  list(reference: string | null): PaymentRequest[] {
    const found = reference === null ? [...this.#byId.values()] : (this.#byReference.get(reference) ?? []);
    return [...found].reverse();
  }

  reset(): void {
    this.#byId.clear();
    this.#byCode.clear();
    this.#byReference.clear();
  }

  #record(
    kind: 'payment_created' | 'money_received' | 'attempt_failed',
    payment: PaymentRequest,
    amount: number,
    transferId: string | null,
  ): void {
    this.#ledger.record({
      kind,
      payment_id: payment.id,
      reference: payment.body.reference_id,
      idempotency_key: null,
      amount,
      currency: 'VND',
      transfer_id: transferId,
    });
  }
}

export function paidAmount(payment: PaymentRequest): number {
  return payment.transfers.reduce((sum, transfer) => sum + transfer.amount, 0);
}

/** Finan's four statuses follow from the two amounts; there is none for expiry. */
export function statusOf(payment: PaymentRequest): PaymentStatus {
  const paid = paidAmount(payment);
  if (paid === 0) return 'unpaid';
  if (paid < payment.body.amount) return 'partial_paid';
  return paid === payment.body.amount ? 'paid' : 'extra_paid';
}

/** RFC 3339 UTC without milliseconds. */
export function wholeSeconds(atMs: number): string {
  return new Date(atMs).toISOString().replace(/\.\d{3}Z$/, 'Z');
}

/** A virtual account number and a remark of its own for each request, so that every transfer finds its request. */
function bankTransferDetail(account: BankAccount, amount: number): BankTransferDetail {
  const digits = VIRTUAL_ACCOUNT_LENGTH - account.virtual_prefix.length;
  const accountNumber = account.virtual_prefix + randomText(DIGITS, digits);
  const remark = `TT${randomText(UPPER_ALPHANUMERIC, 6)}`;
  return {
    qr_code: buildVietQr({ bin: account.bin, accountNumber, amount, remark }),
    bank_name: account.bank_name,
    account_name: account.account_name,
    account_number: accountNumber,
    remark,
  };
}

/** A provider in memory for tests of what stands above connectors: it has books of its own and does what it is told. */
import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { currency } from '../../domain/currency.ts';
import { ProviderError, type ProviderErrorKind } from '../../domain/provider-error.ts';
import type { ReturnAddresses } from '../../domain/return-address.ts';
import type { Connector, PaymentReading, Receipt } from '../../providers/contract.ts';

interface BankPayment {
  readonly id: string;
  readonly reference: string;
  /** Where it was told to send the customer's browser. */
  readonly return_urls?: ReturnAddresses;
  status: PaymentReading['status'];
  receipts: Receipt[];
}

export interface ScriptedBank {
  readonly connector: Connector<unknown>;
  /** Every payment ever created, by the bank's own books. */
  readonly payments: BankPayment[];
  /** How often each operation was called. */
  readonly calls: Record<'create' | 'read' | 'find' | 'expire', number>;
  /** The next calls of this operation fail; `after` accepting it, if it is a create. */
  fail(
    operation: 'create' | 'read' | 'find' | 'expire',
    kind: ProviderErrorKind,
    when?: 'before' | 'after',
  ): void;
  heal(): void;
}

export function scriptedBank({ trust }: { trust: 'amounts' | 'hint' }): ScriptedBank {
  const payments: BankPayment[] = [];
  const calls = { create: 0, read: 0, find: 0, expire: 0 };
  const failures = new Map<string, { kind: ProviderErrorKind; when: 'before' | 'after' }>();
  const failIf = (operation: keyof typeof calls, when: 'before' | 'after'): void => {
    const failure = failures.get(operation);
    if (failure?.when === when)
      throw new ProviderError({ kind: failure.kind, code: 'scripted', message: 'as told' });
  };
  const reading = (payment: BankPayment): PaymentReading => ({
    provider_payment_id: payment.id,
    reference: payment.reference,
    currency: currency('VND'),
    status: payment.status,
    receipts: payment.receipts,
    provider_status: payment.status,
    failure: null,
    next_action: null,
    expires_at: null,
  });
  const get = (id: string): BankPayment => {
    const payment = payments.find((candidate) => candidate.id === id);
    if (!payment) throw new ProviderError({ kind: 'not_found', code: 'none', message: 'no such payment' });
    return payment;
  };

  const connector: Connector<unknown> = {
    manifest: {
      provider: 'bank',
      title: 'Bank',
      countries: ['VN'],
      hosts: { live: 'https://bank.example', sandbox: null },
      methods: [
        {
          method: 'bank_transfer',
          title: 'Transfer',
          flow: 'redirect',
          amounts: [{ currency: currency('VND'), min: 1, max: 1e12, step: 1 }],
          lifetime_s: 1800,
          requires: [],
          description_max: 100,
        },
      ],
      capture: 'automatic',
      refund: 'none',
      can_expire: true,
      lookup: 'by_reference',
      webhook_trust: trust,
      webhook_registration: 'dashboard',
      poll_s: [60, 120],
      settlement_days: 2,
    },
    credentials: z.unknown(),
    async createPayment(_context, { reference, return_urls }) {
      calls.create += 1;
      failIf('create', 'before');
      const payment: BankPayment = {
        id: `B-${randomUUID()}`,
        reference,
        return_urls,
        status: 'pending',
        receipts: [],
      };
      payments.push(payment);
      failIf('create', 'after');
      const expires_at = new Date(Date.now() + 1_800_000).toISOString();
      return {
        provider_payment_id: payment.id,
        expires_at,
        next_action: { type: 'redirect', redirect_url: 'https://bank.example/pay' },
      };
    },
    async readPayment(_context, { provider_payment_id }) {
      calls.read += 1;
      failIf('read', 'before');
      return reading(get(provider_payment_id));
    },
    async findPayment(_context, { reference }) {
      calls.find += 1;
      failIf('find', 'before');
      const payment = payments.find((candidate) => candidate.reference === reference);
      return payment ? reading(payment) : null;
    },
    async expirePayment(_context, { provider_payment_id }) {
      calls.expire += 1;
      failIf('expire', 'before');
      const payment = get(provider_payment_id);
      if (payment.status === 'pending') payment.status = 'expired';
      return reading(payment);
    },
    verifyWebhook: () => ({ ok: true }),
    parseWebhook(body) {
      const text = Buffer.from(body).toString();
      if (text.startsWith('"garbage'))
        throw new ProviderError({ kind: 'invalid_request', code: 'unreadable', message: 'not a webhook' });
      const claim = JSON.parse(text) as {
        id: string;
        reference: string | null;
        key: string;
        amount: number;
        currency?: string;
      };
      const receipts = [{ key: claim.key, amount: claim.amount, paid_at: null, fee: null }];
      return {
        event_key: claim.key,
        provider_payment_id: claim.id,
        reference: claim.reference,
        reading: {
          provider_payment_id: claim.id,
          reference: claim.reference,
          currency: currency(claim.currency ?? 'VND'),
          status: 'pending',
          receipts,
          provider_status: 'transfer',
          failure: null,
          next_action: null,
          expires_at: null,
        },
      };
    },
    acknowledge: () => ({ status: 200, body: {} }),
  };
  return {
    connector,
    payments,
    calls,
    fail: (operation, kind, when = 'before') => void failures.set(operation, { kind, when }),
    heal: () => failures.clear(),
  };
}

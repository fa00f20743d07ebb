/** What must hold between the state of an invoice and the rows that are kept beside it: payments, operations, cases, ledger. */
import { claimsOf, claimsOn } from '../domain/claims.ts';
import { ALLOCATION, ledgerTransactions, type LedgerAccount } from '../domain/ledger.ts';
import { heldBy, movementsOf, receivedBy, refundedBy } from '../domain/operations.ts';
import { reduce } from '../domain/reduce.ts';
import { findPayment } from '../domain/state.ts';
import { paymentStatus } from '../domain/status.ts';
import { canonical, differences } from './compare.ts';
import { recordedEvent, stateAtFirst } from './event-invariants.ts';
import type { InvoiceInvariant, InvoiceRecord, LedgerColumns, Violation } from './invariant.ts';

const payments: InvoiceInvariant = {
  id: 'payment_rows',
  title: 'The row of a payment says what the state of its invoice says',
  check: ({ row, payments: rows }) => [
    ...row.state.payments.flatMap((payment) => {
      const recorded = rows.find(({ id }) => id === payment.id);
      if (!recorded) return [{ about: payment.id, message: `${row.id} has this payment, which has no row` }];
      const { account_id, provider, method, amount, provider_payment_id, expires_at, capture_before } =
        payment;
      return differences(
        payment.id,
        { ...recorded },
        {
          currency: row.currency,
          status: paymentStatus(payment),
          // Some fact may be known before the payment's own first event.
          ...(payment.requested_at === null ? {} : { account_id, provider, method, amount }),
          provider_payment_id,
          expires_at: utc(expires_at),
          capture_before: utc(capture_before),
          amount_received: receivedBy(payment),
          amount_authorized: heldBy(payment),
          amount_refunded: refundedBy(payment),
        },
      );
    }),
    ...rows
      .filter(({ id, status }) => !findPayment(row.state, id) && status !== 'requested')
      .map(({ id, status }) => ({ about: id, message: `is ${status}, and its invoice knows nothing of it` })),
  ],
};

const operations: InvoiceInvariant = {
  id: 'operation_rows',
  title: 'The rows of captures, voids and refunds say what the state of their invoice says',
  check: ({ row, operations: rows }) => {
    const known = row.state.payments.flatMap((payment) =>
      movementsOf(payment).map((movement) => ({ ...movement, payment_id: payment.id })),
    );
    const ids = new Set(known.map(({ id }) => id));
    return [
      ...known.flatMap(({ id, kind, amount, status, provider_operation_id, payment_id }) => {
        const recorded = rows.find((operation) => operation.id === id);
        if (!recorded) return [{ about: id, message: `${payment_id} has this ${kind}, which has no row` }];
        const { currency } = row;
        return differences(
          id,
          { ...recorded },
          {
            kind,
            payment_id,
            currency,
            amount,
            status,
            provider_operation_id,
          },
        );
      }),
      // Asked for and not decided on yet: nothing is reserved, and no event is recorded.
      ...rows
        .filter(({ id, status }) => !ids.has(id) && status !== 'requested')
        .map(({ id, status }) => ({
          about: id,
          message: `is ${status}, and its payment knows nothing of it`,
        })),
    ];
  },
};

const cases: InvoiceInvariant = {
  id: 'case_rows',
  title: 'The rows of cases say what the state of their invoice says',
  check: ({ row, cases: rows }) => {
    const ids = new Set(row.state.cases.map(({ id }) => id));
    return [
      ...row.state.cases.flatMap(({ id, by, ...facts }) => {
        const recorded = rows.find((one) => one.id === id);
        if (!recorded) return [{ about: id, message: `${row.id} has this case, which has no row` }];
        return differences(id, { ...recorded }, { ...facts, currency: row.currency, resolved_by: by });
      }),
      ...rows
        .filter(({ id }) => !ids.has(id))
        .map(({ id }) => ({ about: id, message: `${row.id} knows nothing of this case` })),
    ];
  },
};

const balanced: InvoiceInvariant = {
  id: 'ledger_transactions_balance',
  title: 'Each ledger transaction sums to zero',
  check: ({ ledger }) => {
    const sums = new Map<string, number>();
    for (const { transaction_key, currency, amount } of ledger) {
      const key = `${transaction_key} in ${currency}`;
      sums.set(key, (sums.get(key) ?? 0) + amount);
    }
    return [...sums]
      .filter(([, sum]) => sum !== 0)
      .map(([about, sum]) => ({ about, message: `its entries sum to ${sum}, not to zero` }));
  },
};

const posted: InvoiceInvariant = {
  id: 'ledger_is_the_events',
  title:
    'Each transfer and each fee told later is one ledger transaction with its amounts, and there is no other',
  check: (invoice) => {
    const recorded = byTransaction(invoice.ledger.filter((line) => !isAllocation(line)));
    const expected = byTransaction(expectedLedger(invoice).filter((line) => !isAllocation(line)));
    return [...new Set([...expected.keys(), ...recorded.keys()])].flatMap((about): Violation[] => {
      const [is, due] = [recorded.get(about), expected.get(about)];
      if (!is) return [{ about, message: 'this transfer is not in the ledger' }];
      if (!due) return [{ about, message: `${invoice.row.id} has no transfer for this transaction` }];
      return canonical(is) === canonical(due)
        ? []
        : [{ about, message: 'its entries are not those that the transfer makes' }];
    });
  },
};

/**
 * By their sums: late and excess money that was there before these accounts were has one transaction that no event stands for.
 */
const allocated: InvoiceInvariant = {
  id: 'ledger_claims',
  title: 'The accounts of money that is not the merchant’s have what the state of the invoice says',
  check: ({ row, ledger }) => {
    const claims = claimsOf(row.state);
    return row.state.payments.flatMap(({ id }) => {
      const { customer_excess, held } = claimsOn(claims, id);
      const credit = (account: LedgerAccount): number =>
        ledger
          .filter((line) => line.payment_id === id && line.account === account)
          .reduce((sum, { amount }) => sum - amount, 0);
      return differences(
        id,
        { customer_excess: credit('customer_excess'), held: credit('held') },
        { customer_excess, held },
      );
    });
  },
};

const isAllocation = ({ transaction_key }: LedgerColumns): boolean => transaction_key.startsWith(ALLOCATION);

function expectedLedger({ row, events }: InvoiceRecord): LedgerColumns[] {
  let state = stateAtFirst(row);
  return events.flatMap((column) => {
    const event = recordedEvent(column);
    const before = state;
    state = reduce(before, event);
    return ledgerTransactions(before, state, event).flatMap(({ key: transaction_key, payment_id, entries }) =>
      entries.map(({ account, amount }, index) => ({
        transaction_key,
        line: index + 1,
        account,
        merchant_id: row.merchant_id,
        account_id: findPayment(row.state, payment_id)?.account_id ?? '',
        payment_id,
        currency: row.currency,
        amount,
      })),
    );
  });
}

function byTransaction(lines: readonly LedgerColumns[]): Map<string, LedgerColumns[]> {
  const groups = new Map<string, LedgerColumns[]>();
  for (const line of lines) {
    const group = groups.get(line.transaction_key);
    if (group) group.push(line);
    else groups.set(line.transaction_key, [line]);
  }
  return groups;
}

const sentOnce: InvoiceInvariant = {
  id: 'payments_sent_once',
  title: 'A payment is sent at most once, and nothing comes of one that was not sent',
  check: ({ payments: rows }) =>
    rows.flatMap(({ id, sent_at, provider_payment_id, amount_received, creations }): Violation[] => [
      ...(creations > 1 ? [{ about: id, message: `it was sent ${creations} times` }] : []),
      ...(sent_at === null && (provider_payment_id !== null || amount_received > 0)
        ? [{ about: id, message: 'the provider has it, and it was never marked as sent' }]
        : []),
    ]),
};

/** As the database gives times back, whatever the provider's spelling was. */
const utc = (time: string | null): string | null => (time === null ? null : new Date(time).toISOString());

export const ROW_INVARIANTS: readonly InvoiceInvariant[] = [
  payments,
  operations,
  cases,
  balanced,
  posted,
  allocated,
  sentOnce,
];

/**
 * The judge: the books of one invoice as a clerk would keep them, who writes down each fact when it is first told and adds up
 * by hand. Shares no code with what it judges; only the names of events and statuses are the same.
 */
import type { RecordedEvent, InvoiceEvent } from '../../domain/events.ts';

type Ending = 'canceled' | 'voided' | 'expired' | 'failed';

interface Move {
  kind: 'capture' | 'void' | 'refund';
  amount: number;
  requested: boolean;
  said: Set<'unknown' | 'accepted' | 'failed' | 'canceled' | 'succeeded'>;
}

interface PaymentBook {
  asked: number;
  created: boolean;
  unknown: boolean;
  /** What may be captured in all; null before the customer has agreed. */
  authorized: number | null;
  endings: Set<Ending>;
  transfers: Map<string, { amount: number; late: boolean }>;
  back: Map<string, { amount: number; move: string; byHand: boolean }>;
  moves: Map<string, Move>;
}

interface CaseBook {
  amount: number;
  aboutMoney: boolean;
  decision: string | null;
}

/** Every status and sum that is shown of an invoice, in words that can be compared. */
export interface Standing {
  readonly invoice: string;
  readonly payments: Readonly<Record<string, string>>;
  readonly moves: Readonly<Record<string, string>>;
  readonly amounts: {
    readonly received: number;
    readonly refunded: number;
    readonly authorized: number;
    readonly remaining: number;
    readonly excess: number;
    readonly late: number;
  };
  readonly room: Readonly<Record<string, { readonly capture: number; readonly refund: number }>>;
  readonly inFlight: boolean;
}

export interface Books {
  /** Writes the fact down, unless it is known; events come in the order in which they became known. */
  tell(event: RecordedEvent | InvoiceEvent): void;
  standing(): Standing;
  /** What the provider is said to have got and given back for this payment, by its own keys. */
  booked(payment: string): { received: Map<string, number>; returned: Map<string, number> };
  /** Money that is kept although a policy wants it back or decided on, and nobody has decided; minor units. */
  undecided(): number;
}

const total = (parts: Iterable<{ readonly amount: number }>): number => {
  let sum = 0;
  for (const { amount } of parts) sum += amount;
  return sum;
};

/** The books of an invoice over `due` minor units, empty. */
export function openBooks(due: number): Books {
  const payments = new Map<string, PaymentBook>();
  const cases = new Map<string, CaseBook>();
  const closed = new Set<'canceled' | 'expired'>();

  const payment = (id: string): PaymentBook => {
    const known = payments.get(id);
    if (known) return known;
    const blank: PaymentBook = {
      asked: 0,
      created: false,
      unknown: false,
      authorized: null,
      endings: new Set(),
      transfers: new Map(),
      back: new Map(),
      moves: new Map(),
    };
    payments.set(id, blank);
    return blank;
  };
  const move = (paymentId: string, id: string): Move => {
    const { moves } = payment(paymentId);
    const known = moves.get(id);
    if (known) return known;
    const blank: Move = { kind: 'capture', amount: 0, requested: false, said: new Set() };
    moves.set(id, blank);
    return blank;
  };

  const tell: Books['tell'] = (event) => {
    switch (event.type) {
      case 'payment.requested':
        payment(event.payment_id).asked ||= event.amount;
        return;
      case 'payment.created':
        payment(event.payment_id).created = true;
        return;
      case 'payment.unknown':
        payment(event.payment_id).unknown = true;
        return;
      case 'payment.authorized':
        payment(event.payment_id).authorized ??= event.amount;
        return;
      case 'payment.authorization_expiring':
      case 'money.fee_learnt':
        return;
      case 'payment.voided':
        payment(event.payment_id).endings.add('voided');
        return;
      case 'payment.failed':
        payment(event.payment_id).endings.add('failed');
        return;
      case 'payment.expired':
        payment(event.payment_id).endings.add('expired');
        return;
      case 'payment.canceled':
        payment(event.payment_id).endings.add('canceled');
        return;
      case 'money.received': {
        const { endings, transfers } = payment(event.payment_id);
        const late = endings.size > 0 || closed.size > 0;
        if (!transfers.has(event.key)) transfers.set(event.key, { amount: event.amount, late });
        return;
      }
      case 'money.refunded': {
        const { back } = payment(event.payment_id);
        const { key, amount, operation_id } = event;
        const byHand = key.startsWith('manual:');
        if (!back.has(key)) back.set(key, { amount, move: operation_id, byHand });
        return;
      }
      case 'operation.requested': {
        const known = move(event.payment_id, event.operation_id);
        if (!known.requested)
          Object.assign(known, { kind: event.kind, amount: event.amount, requested: true });
        return;
      }
      case 'operation.unknown':
        move(event.payment_id, event.operation_id).said.add('unknown');
        return;
      case 'operation.accepted':
        move(event.payment_id, event.operation_id).said.add('accepted');
        return;
      case 'operation.failed':
        move(event.payment_id, event.operation_id).said.add('failed');
        return;
      case 'operation.canceled':
        move(event.payment_id, event.operation_id).said.add('canceled');
        return;
      case 'operation.succeeded':
        move(event.payment_id, event.operation_id).said.add('succeeded');
        return;
      case 'case.opened': {
        const aboutMoney = event.kind === 'late_money' || event.kind === 'excess_money';
        if (!cases.has(event.case_id))
          cases.set(event.case_id, { amount: event.amount, aboutMoney, decision: null });
        return;
      }
      case 'case.resolved': {
        const known = cases.get(event.case_id);
        if (known) known.decision ??= event.decision;
        return;
      }
      case 'invoice.expired':
        closed.add('expired');
        return;
      case 'invoice.canceled':
        closed.add('canceled');
        return;
    }
  };

  const moveStatus = ({ back }: PaymentBook, id: string, { said }: Move): string => {
    if (said.has('succeeded') || [...back.values()].some((refund) => refund.move === id)) return 'succeeded';
    if (said.has('failed')) return 'failed';
    if (said.has('canceled')) return 'canceled';
    return said.has('unknown') && !said.has('accepted') ? 'unknown' : 'pending';
  };
  const underWay = (book: PaymentBook, kind?: Move['kind']): Move[] =>
    [...book.moves].flatMap(([id, one]) =>
      ['pending', 'unknown'].includes(moveStatus(book, id, one)) && (!kind || one.kind === kind) ? [one] : [],
    );
  const held = ({ authorized, endings, transfers }: PaymentBook): number =>
    endings.size > 0 ? 0 : Math.max(0, (authorized ?? 0) - total(transfers.values()));
  const isOver = ({ asked, endings, transfers }: PaymentBook): boolean =>
    endings.size > 0 || (asked > 0 && total(transfers.values()) >= asked);

  const paymentStatus = (book: PaymentBook): string => {
    const got = total(book.transfers.values());
    const gone = total(book.back.values());
    if (got > 0 && gone > 0) return gone < got ? 'partially_refunded' : 'refunded';
    if (got > 0) return book.asked > 0 && got >= book.asked ? 'paid' : 'partially_paid';
    if (book.endings.has('canceled') || book.endings.has('voided')) return 'canceled';
    if (book.endings.has('expired')) return 'expired';
    if (book.endings.has('failed')) return 'failed';
    if (book.authorized !== null) return 'authorized';
    if (book.created) return 'pending';
    return book.unknown ? 'unknown' : 'requested';
  };

  const sums = () => {
    const all = [...payments.values()];
    const transfers = all.flatMap((book) => [...book.transfers.values()]);
    const received = total(transfers);
    const refunded = total(all.flatMap((book) => [...book.back.values()]));
    const late = total(transfers.filter((transfer) => transfer.late));
    const authorized = all.reduce((sum, book) => sum + held(book), 0);
    const kept = received - refunded;
    const remaining = received < due && kept < due ? due - kept : 0;
    return { received, refunded, authorized, remaining, excess: kept > due ? kept - due : 0, late };
  };

  const invoiceStatus = ({ received, refunded, authorized, remaining }: Standing['amounts']): string => {
    const kept = received - refunded;
    if (kept > due) return 'overpaid';
    if (kept === due) return 'paid';
    if (received >= due) return kept > 0 ? 'partially_refunded' : 'refunded';
    if (closed.has('canceled')) return 'canceled';
    if (closed.has('expired')) return 'expired';
    if (authorized >= remaining) return 'authorized';
    return kept > 0 ? 'partially_paid' : 'open';
  };

  return {
    tell,
    standing() {
      const amounts = sums();
      const invoice = invoiceStatus(amounts);
      const all = [...payments];
      const moves = all.flatMap(([, book]) => {
        const asked = [...book.moves].map(([id, one]) => [id, `${one.kind}.${moveStatus(book, id, one)}`]);
        const found = [...book.back.values()].filter((refund) => !book.moves.has(refund.move));
        return [...asked, ...found.map((refund) => [refund.move, 'refund.succeeded'])];
      });
      const room = all.map(([id, book]) => {
        const capture = Math.max(0, held(book) - total(underWay(book, 'capture')));
        const gone = total(book.back.values()) + total(underWay(book, 'refund'));
        return [id, { capture, refund: Math.max(0, total(book.transfers.values()) - gone) }];
      });
      const takesMoney = invoice === 'open' || invoice === 'partially_paid';
      return {
        invoice,
        payments: Object.fromEntries(all.map(([id, book]) => [id, paymentStatus(book)])),
        moves: Object.fromEntries(moves) as Record<string, string>,
        amounts,
        room: Object.fromEntries(room) as Standing['room'],
        inFlight: takesMoney || all.some(([, book]) => !isOver(book) || underWay(book).length > 0),
      };
    },
    booked(id) {
      const { transfers, back } = payment(id);
      const returned = [...back].filter(([, { byHand }]) => !byHand);
      return {
        received: new Map([...transfers].map(([key, { amount }]) => [key, amount])),
        returned: new Map(returned.map(([key, { amount }]) => [key, amount])),
      };
    },
    undecided() {
      const { received, refunded, late } = sums();
      // Late money and money beyond what was owed; where both say the same of a transfer, it counts once.
      const unwanted = Math.max(late, received - due, 0);
      const decided = [...cases.values()].filter(
        ({ aboutMoney, decision }) => aboutMoney && (decision === null || decision === 'accept'),
      );
      return Math.max(0, unwanted - refunded - total(decided));
    },
  };
}

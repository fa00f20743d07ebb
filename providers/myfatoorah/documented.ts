/** For tests: MyFatoorah's answers as its documentation shows them, and a server that gives them. */
import { currency } from '../../domain/currency.ts';
import { money } from '../../domain/money.ts';
import type { MoneyOperation } from '../contract.ts';
import { answering, type Script } from '../scripted-server.ts';
import type { MyFatoorahCredentials } from './wire.ts';

const credentials: MyFatoorahCredentials = { token: 'tok_1', country: 'KWT', webhook_secret: 's' };
/** The scripted server as a connector meets it. */
export const AT_MYFATOORAH = { now: Date.parse('2026-10-01T07:15:00.400Z'), path: '/', credentials };
export const KWD = currency('KWD');

export const good = (Data: unknown) => ({ IsSuccess: true, Message: '', ValidationErrors: null, Data });
export const bad = (Message: string, ValidationErrors: unknown = null) => ({
  IsSuccess: false,
  Message,
  ValidationErrors,
  Data: null,
});
export const SENT = good({
  InvoiceId: 6409988,
  InvoiceURL: 'https://demo.myfatoorah.com/KWT/ie/01072640998841',
  CustomerReference: 'pay_01',
  UserDefinedField: null,
});

/** The documentation's example of GetPaymentStatus. */
export const TRANSACTION = {
  TransactionDate: '2026-10-01T10:20:03',
  PaymentGateway: 'KNET',
  ReferenceId: '6274',
  TrackId: '01-10-2026_1',
  TransactionId: '2027',
  PaymentId: '07076409988322867173',
  AuthorizationId: 'B00123',
  TransactionStatus: 'Succss',
  TransationValue: '12.500',
  CustomerServiceCharge: '0.000',
  TotalServiceCharge: '0.100',
  DueValue: '12.500',
  PaidCurrency: 'KD',
  PaidCurrencyValue: '12.500',
  Currency: 'KD',
  Error: null,
  ErrorCode: '',
  CardNumber: null,
};
export const invoice = (over: object = {}, ...transactions: object[]) => ({
  InvoiceId: 6409988,
  InvoiceStatus: 'Pending',
  InvoiceReference: '2026000123',
  CustomerReference: 'pay_01',
  CreatedDate: '2026-10-01T10:15:00',
  ExpiryDate: 'October 2, 2026',
  ExpiryTime: '10:15:00.000',
  InvoiceValue: 12.5,
  InvoiceDisplayValue: '12.500 KD',
  UserDefinedField: 'tenant-7',
  InvoiceTransactions: transactions.map((transaction) => ({ ...TRANSACTION, ...transaction })),
  ...over,
});

export const KNOWN = { provider_payment_id: '6409988', method: 'payment_link' };
export const operation = (over: Partial<MoneyOperation> = {}): MoneyOperation => ({
  ...KNOWN,
  money: money(5_000, KWD),
  operation_key: 'rf_01',
  reason: null,
  ...over,
});

/** Answers by endpoint, in turn; the last answer of an endpoint repeats. */
export function answers(byEndpoint: Record<string, readonly (readonly [number, unknown])[]>): Script {
  const left = new Map(Object.entries(byEndpoint).map(([endpoint, list]) => [`/v2/${endpoint}`, [...list]]));
  return (request, response, socket) => {
    const list = left.get(request.path) ?? [];
    const [status, body] = (list.length > 1 ? list.shift() : list[0]) ?? [500, 'unexpected call'];
    answering(status, body)(request, response, socket);
  };
}

/** The ways to pay that the MyFatoorah simulator's account has. */
import type { Portal } from './sandbox-countries.ts';
import { checkCurrency } from './sandbox-requests.ts';
import type { Fields } from './sandbox-requests.ts';

/** Id, English and Arabic name, code. */
const METHODS = [
  [1, 'KNET', 'كي نت', 'kn'],
  [2, 'VISA/MASTER', 'فيزا / ماستر', 'vm'],
  [6, 'MADA', 'مدى', 'md'],
  [11, 'Apple Pay', 'أبل باي', 'ap'],
] as const;

/** "Only one of PaymentMethodId and SessionId is required." Gives the session, or an empty text. */
export function checkMethod(fields: Fields, sessions: ReadonlySet<string>): string {
  const session = fields.text('SessionId') ?? '';
  if (session !== '') {
    if (!sessions.has(session)) fields.wrong('SessionId', 'SessionId is invalid');
    return session;
  }
  const method = fields.required('PaymentMethodId');
  if (method !== '' && !METHODS.some(([id]) => String(id) === method)) {
    fields.wrong('PaymentMethodId', 'PaymentMethodId is invalid');
  }
  return session;
}

/** For nothing in no currency the official library asks when it merely wants to know the methods. */
export function methods(fields: Fields, portal: Portal): readonly Record<string, unknown>[] {
  const given = fields.text('InvoiceAmount') ?? '0';
  const amount = /^0+(\.0+)?$/.test(given) ? 0 : portal.units(given);
  if (amount === null) fields.wrong('InvoiceAmount', 'InvoiceAmount is invalid');
  checkCurrency(fields, 'CurrencyIso', portal);
  fields.check();
  return METHODS.map(([id, english, arabic, code]) => ({
    PaymentMethodId: id,
    PaymentMethodAr: arabic,
    PaymentMethodEn: english,
    PaymentMethodCode: code,
    IsDirectPayment: false,
    IsEmbeddedSupported: code === 'vm' || code === 'md' || code === 'ap',
    ServiceCharge: 0,
    TotalAmount: portal.number(amount ?? 0),
    CurrencyIso: portal.currency,
    PaymentCurrencyIso: portal.currency,
    ImageUrl: '',
  }));
}

/** The JSON that the MyFatoorah simulator answers with. Misspelt names are MyFatoorah's own and must stay. */
import type { Reply } from '../../sandbox/http-server.ts';
import type { Portal } from './sandbox-countries.ts';
import type { Invoice, Transaction } from './sandbox-invoices.ts';
import type { Refund } from './sandbox-refunds.ts';
import type { ValidationError } from './sandbox-requests.ts';

/** What MyFatoorah keeps of a payment, in thousandths; 0.100 of the documentation's 12.500 is about this. */
const SERVICE_CHARGE_PER_MILLE = 8;

export function serviceCharge(value: number): number {
  return Math.round((value * SERVICE_CHARGE_PER_MILLE) / 1000);
}

export function success(data: unknown, message = ''): Reply {
  return json(200, { IsSuccess: true, Message: message, ValidationErrors: null, Data: data });
}

export function failure(
  status: number,
  message: string,
  validationErrors: readonly ValidationError[] | null = null,
): Reply {
  return json(status, {
    IsSuccess: false,
    Message: message,
    ValidationErrors: validationErrors,
    Data: null,
  });
}

export function json(status: number, body: unknown): Reply {
  return {
    status,
    headers: { 'content-type': 'application/json; charset=utf-8' },
    body: JSON.stringify(body),
  };
}

/** `Data` of GetPaymentStatus, and of UpdatePaymentStatus after it. */
export function invoiceJson(invoice: Invoice, portal: Portal): Record<string, unknown> {
  const { order } = invoice;
  return {
    InvoiceId: invoice.id,
    InvoiceStatus: invoice.status,
    InvoiceReference: invoice.reference,
    CustomerReference: order.customerReference,
    CreatedDate: portal.timestamp(invoice.createdAt),
    ExpiryDate: portal.longDate(invoice.expiresAt),
    ExpiryTime: portal.time(invoice.expiresAt),
    InvoiceValue: portal.number(invoice.value),
    Comments: null,
    CustomerName: order.customerName,
    CustomerMobile: order.customerMobile,
    CustomerEmail: order.customerEmail,
    UserDefinedField: order.userDefinedField,
    InvoiceDisplayValue: `${portal.written(invoice.value)} ${portal.label}`,
    DueDeposit: portal.number(invoice.value - serviceCharge(invoice.value)),
    DepositStatus: 'Not Deposited',
    InvoiceItems: order.items,
    InvoiceTransactions: invoice.transactions.map((transaction) => transactionJson(transaction, portal)),
    Suppliers: [],
  };
}

function transactionJson(transaction: Transaction, portal: Portal): Record<string, unknown> {
  const value = portal.written(transaction.value);
  return {
    TransactionDate: portal.timestamp(transaction.at),
    PaymentGateway: transaction.gateway,
    ReferenceId: transaction.referenceId,
    TrackId: transaction.trackId,
    TransactionId: transaction.transactionId,
    PaymentId: transaction.paymentId,
    AuthorizationId: transaction.authorizationId,
    TransactionStatus: transaction.status,
    TransationValue: value,
    CustomerServiceCharge: portal.written(0),
    TotalServiceCharge: portal.written(serviceCharge(transaction.value)),
    DueValue: value,
    PaidCurrency: portal.label,
    PaidCurrencyValue: value,
    VatAmount: portal.written(0),
    IpAddress: '127.0.0.1',
    Country: portal.iso,
    Currency: portal.label,
    Error: transaction.error,
    CardNumber: null,
    ErrorCode: transaction.errorCode,
    ECI: '',
  };
}

/** `Data` of MakeRefund, without the key that was asked with. */
export function refundJson(refund: Refund, portal: Portal): Record<string, unknown> {
  return {
    RefundId: refund.id,
    RefundReference: refund.reference,
    RefundInvoiceId: refund.invoice.id,
    Amount: portal.number(refund.amount),
    Comment: refund.comment,
    ExternalIdentifier: refund.externalIdentifier,
  };
}

/** `Data` of GetRefundStatus. That it repeats ExternalIdentifier is assumed. */
export function refundStatusJson(refunds: readonly Refund[], portal: Portal): Record<string, unknown> {
  return {
    RefundStatusResult: refunds.map((refund) => ({
      RefundId: refund.id,
      RefundStatus: refund.status,
      InvoiceId: refund.invoice.id,
      Amount: portal.number(refund.amount),
      RefundReference: refund.reference,
      RefundAmount: portal.number(refund.amount),
      Comment: refund.comment,
      ExternalIdentifier: refund.externalIdentifier,
    })),
  };
}

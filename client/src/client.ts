/** The API, one group of calls for each kind of object. */
import { NotFoundError } from './errors.ts';
import type { Event } from './events.ts';
import type {
  Expand,
  ExpandedHistory,
  ExpandedInvoice,
  ExpandedOperation,
  ExpandedPayment,
  InvoiceExpansion,
  OperationExpansion,
  PaymentExpansion,
} from './expand.ts';
import { createListing } from './listing.ts';
import type {
  Balances,
  Case,
  Delivery,
  DeliveryWithAttempts,
  Exchange,
  Incident,
  Invoice,
  Operation,
  OperationKind,
  Payment,
  PaymentService,
  ProviderAccount,
  Quotes,
  TestClock,
  WebhookEndpoint,
  WebhookEndpointWithSecret,
} from './objects.ts';
import type {
  CaseQuery,
  Decision,
  DeliveryQuery,
  EventQuery,
  InvoiceQuery,
  NewCapture,
  NewInvoice,
  NewPayment,
  NewProviderAccount,
  NewRefund,
  NewVoid,
  NewWebhookEndpoint,
  PageQuery,
  PaymentQuery,
  ProviderAccountChange,
  RefundQuery,
  ServiceQuery,
  WebhookEndpointChange,
} from './requests.ts';
import {
  createTransport,
  type CallOptions,
  type ClientOptions,
  type QueryValue,
  type RequestOptions,
} from './transport.ts';

/** `createClient` makes one. */
export type Client = ReturnType<typeof createClient>;

/**
 * A client of one API with one key. Calls throw a `SarrafError`. Each call that makes something has an idempotency key, the same
 * on each of its repetitions, so nothing is ever made twice.
 */
export function createClient(options: ClientOptions) {
  const send = createTransport(options);
  const get = async <T>(path: string, call: CallOptions = {}, query = {}): Promise<T> =>
    (await send('GET', path, { ...call, query })) as T;
  const post = async <T>(path: string, body: object, call: RequestOptions = {}): Promise<T> =>
    (await send('POST', path, { ...call, body })) as T;
  const patch = async <T>(path: string, body: object, call: CallOptions = {}): Promise<T> =>
    (await send('PATCH', path, { ...call, body })) as T;
  const list =
    // oxlint-disable-next-line no-unnecessary-type-parameters -- says which query each list takes
    <Row extends { readonly id: string }, Query extends PageQuery>(path: string) =>
      (query?: Query, call?: CallOptions) =>
        createListing<Row>(send, path, query, call);
  const read =
    <T>(path: string) =>
    (id: string, call?: CallOptions) =>
      get<T>(`${path}/${part(id)}`, call);

  const readExpanded = <T>(
    path: string,
    id: string,
    { expand, ...call }: CallOptions & { expand?: readonly string[] } = {},
  ) => get<T>(`${path}/${part(id)}`, call, { expand });
  const readOperation =
    <Kind extends OperationKind>(path: string) =>
    <const Names extends readonly OperationExpansion[] = []>(
      id: string,
      call?: CallOptions & Expand<Names>,
    ) =>
      readExpanded<ExpandedHistory<Kind, Names>>(path, id, call);

  return {
    invoices: {
      create: (body: NewInvoice, call?: CallOptions) => post<Invoice>('/v1/invoices', body, call),
      get: <const Names extends readonly InvoiceExpansion[] = []>(
        id: string,
        call?: CallOptions & Expand<Names>,
      ) => readExpanded<ExpandedInvoice<Names>>('/v1/invoices', id, call),
      list: <const Names extends readonly InvoiceExpansion[] = []>(
        query?: InvoiceQuery & Expand<Names>,
        call?: CallOptions,
      ) => createListing<ExpandedInvoice<Names>>(send, '/v1/invoices', query, call),
      cancel: (id: string, body: { readonly reason?: string } = {}, call?: CallOptions) =>
        post<Invoice>(`/v1/invoices/${part(id)}/cancel`, body, call),
      /** Starts one attempt to collect it; `next_action` of the answer is what the customer is to be shown. */
      requestPayment: (id: string, body: NewPayment = {}, call?: CallOptions) =>
        post<Payment>(`/v1/invoices/${part(id)}/payments`, body, call),
      /** Sandbox only. Not repeated by itself unless it is certain that nothing happened: time would pass twice. */
      advanceClock: (id: string, advance_s: number, call?: CallOptions) =>
        post<TestClock>(`/v1/invoices/${part(id)}/test_clock`, { advance_s }, { ...call, repeatable: false }),
      /** A page of what was chosen to pay it with, the newest first, and what can be chosen now. */
      quotes: (id: string, query: PageQuery = {}, call?: CallOptions) =>
        get<Quotes>(`/v1/invoices/${part(id)}/quotes`, call, query),
      /** What was said to and by providers, the oldest first. */
      exchanges: (
        id: string,
        query: Pick<PageQuery, 'limit' | 'starting_after'> & { readonly payment?: string } = {},
        call?: CallOptions,
      ) => createListing<Exchange>(send, `/v1/invoices/${part(id)}/exchanges`, query, call),
      /** Erases the personal data of an invoice that has ended. */
      erase: (id: string, call?: CallOptions) => post<object>(`/v1/invoices/${part(id)}/erase`, {}, call),
    },
    payments: {
      get: <const Names extends readonly PaymentExpansion[] = []>(
        id: string,
        call?: CallOptions & Expand<Names>,
      ) => readExpanded<ExpandedPayment<Names>>('/v1/payments', id, call),
      list: <const Names extends readonly PaymentExpansion[] = []>(
        query?: PaymentQuery & Expand<Names>,
        call?: CallOptions,
      ) => createListing<ExpandedPayment<Names>>(send, '/v1/payments', query, call),
      /** Ends a payment that nobody has paid; its invoice goes on. */
      cancel: (id: string, body: { readonly reason?: string } = {}, call?: CallOptions) =>
        post<Payment>(`/v1/payments/${part(id)}/cancel`, body, call),
      capture: (id: string, body: NewCapture = {}, call?: CallOptions) =>
        post<Operation<'capture'>>(`/v1/payments/${part(id)}/capture`, body, call),
      void: (id: string, body: NewVoid = {}, call?: CallOptions) =>
        post<Operation<'void'>>(`/v1/payments/${part(id)}/void`, body, call),
    },
    captures: { get: readOperation<'capture'>('/v1/captures') },
    voids: { get: readOperation<'void'>('/v1/voids') },
    refunds: {
      create: (body: NewRefund, call?: CallOptions) => post<Operation<'refund'>>('/v1/refunds', body, call),
      get: readOperation<'refund'>('/v1/refunds'),
      list: <const Names extends readonly OperationExpansion[] = []>(
        query?: RefundQuery & Expand<Names>,
        call?: CallOptions,
      ) => createListing<ExpandedOperation<'refund', Names>>(send, '/v1/refunds', query, call),
    },
    paymentServices: {
      /** What can take an invoice, an amount or a currency; those that cannot say why. */
      list: async (query: ServiceQuery = {}, call?: CallOptions): Promise<readonly PaymentService[]> =>
        (await get<{ data: readonly PaymentService[] }>('/v1/payment_services', call, query)).data,
    },
    events: { get: read<Event>('/v1/events'), list: list<Event, EventQuery>('/v1/events') },
    cases: {
      get: read<Case>('/v1/cases'),
      list: list<Case, CaseQuery>('/v1/cases'),
      resolve: (id: string, body: Decision, call?: CallOptions) =>
        post<Case>(`/v1/cases/${part(id)}/resolve`, body, call),
    },
    incidents: {
      get: read<Incident>('/v1/incidents'),
      list: list<Incident, PageQuery & { readonly provider_account?: string }>('/v1/incidents'),
    },
    balances: {
      get: (query: { readonly currency?: string } = {}, call?: CallOptions) =>
        get<Balances>('/v1/balances', call, query),
    },
    webhookEndpoints: {
      /** The answer has the secret, this one time. */
      create: (body: NewWebhookEndpoint, call?: CallOptions) =>
        post<WebhookEndpointWithSecret>('/v1/webhook_endpoints', body, call),
      get: read<WebhookEndpoint>('/v1/webhook_endpoints'),
      list: list<WebhookEndpoint, PageQuery & { readonly enabled?: boolean }>('/v1/webhook_endpoints'),
      update: (id: string, body: WebhookEndpointChange, call?: CallOptions) =>
        patch<WebhookEndpoint>(`/v1/webhook_endpoints/${part(id)}`, body, call),
      async delete(id: string, call?: CallOptions): Promise<void> {
        try {
          await send('DELETE', `/v1/webhook_endpoints/${part(id)}`, call);
        } catch (error) {
          // An earlier attempt has deleted it, and its answer was lost.
          if (!(error instanceof NotFoundError && error.attempts > 1)) throw error;
        }
      },
      rotateSecret: (id: string, body: { readonly overlap_s?: number } = {}, call?: CallOptions) =>
        post<WebhookEndpointWithSecret>(`/v1/webhook_endpoints/${part(id)}/rotate_secret`, body, call),
      test: (id: string, call?: CallOptions) =>
        post<Delivery>(`/v1/webhook_endpoints/${part(id)}/test`, {}, call),
      /** Has everything sent again that failed since then. */
      resend: (id: string, body: { readonly since: string }, call?: CallOptions) =>
        post<{ readonly count: number; readonly has_more: boolean }>(
          `/v1/webhook_endpoints/${part(id)}/resend`,
          body,
          call,
        ),
    },
    deliveries: {
      get: read<DeliveryWithAttempts>('/v1/deliveries'),
      list: list<Delivery, DeliveryQuery>('/v1/deliveries'),
      resend: (id: string, call?: CallOptions) =>
        post<DeliveryWithAttempts>(`/v1/deliveries/${part(id)}/resend`, {}, call),
    },
    providerAccounts: {
      create: (body: NewProviderAccount, call?: CallOptions) =>
        post<ProviderAccount>('/v1/provider_accounts', body, call),
      get: read<ProviderAccount>('/v1/provider_accounts'),
      list: list<ProviderAccount, PageQuery & { readonly provider?: string; readonly enabled?: boolean }>(
        '/v1/provider_accounts',
      ),
      update: (id: string, body: ProviderAccountChange, call?: CallOptions) =>
        patch<ProviderAccount>(`/v1/provider_accounts/${part(id)}`, body, call),
      rotate: (
        id: string,
        body: { readonly credentials: Readonly<Record<string, unknown>>; readonly overlap_s?: number },
        call?: CallOptions,
      ) => post<ProviderAccount>(`/v1/provider_accounts/${part(id)}/rotate`, body, call),
    },
    /** Any list that has no function of its own. */
    list: <Row extends { readonly id: string }>(
      path: string,
      query: Readonly<Record<string, QueryValue>> = {},
      call?: CallOptions,
    ) => createListing<Row>(send, path, query, call),
    /** Any call; answers with the body. */
    request: send,
  };
}

/** An id as one part of a path: whatever it is, it leads nowhere else. */
function part(id: string): string {
  if (typeof id !== 'string' || id === '' || /^\.\.?$/.test(id)) throw new TypeError('an id is needed');
  return encodeURIComponent(id);
}

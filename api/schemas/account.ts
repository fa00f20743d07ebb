/** Provider accounts, payment services and routing in answers. */
import { z } from 'zod';
import { DEGRADATIONS } from '../../domain/degradation.ts';
import { STRATEGIES } from '../../domain/routing.ts';
import { DATE_FORMS, DELIMITERS, FILE_COLUMNS, FILE_STATUSES } from '../../domain/settlement-format.ts';
import {
  count,
  currency,
  display,
  failureKind,
  id,
  listOf,
  minor,
  mode,
  named,
  object,
  text,
  time,
  url,
  whole,
} from './parts.ts';
import { skippedService } from './payment.ts';
import { PAYMENT_STATUSES } from '../../domain/status.ts';

const rate = () => z.number().meta({ minimum: 0, maximum: 1 });

export const performance = named(
  'Performance',
  'How a payment service has done within the last hour.',
  object({
    window_s: count(),
    measured_at: time(),
    payments: object({
      requested: count(),
      created: count(),
      paid: count(),
      ended: count(),
      open: count(),
    }),
    creation_rate: rate().nullable(),
    success_rate: rate().nullable(),
    failures: z.partialRecord(failureKind(), count()),
    calls: object({
      count: count(),
      failed: count(),
      p50_ms: z.number().nullable(),
      p95_ms: z.number().nullable(),
    }),
  }),
);

const settlementFile = object({
  columns: z.partialRecord(z.enum(FILE_COLUMNS), z.string()).optional(),
  delimiter: z.enum(DELIMITERS).optional(),
  amounts: z.enum(['decimal', 'minor']).optional(),
  decimal_separator: z.enum(['.', ',']).optional(),
  dates: z.enum(DATE_FORMS).optional(),
  currency: z.string().optional(),
  utc_offset: z.string().optional(),
  statuses: z.record(z.string(), z.enum(FILE_STATUSES)).optional(),
});

export const providerAccount = named(
  'ProviderAccount',
  'Your account at a provider. Credentials are named, never shown.',
  object({
    object: z.literal('provider_account'),
    id: id('pacc'),
    mode: mode(),
    provider: text(),
    label: text('Tells several accounts at one provider apart.'),
    enabled: z.boolean(),
    base_url: url(),
    credentials: object({ set: z.array(z.string()), unset: z.array(z.string()) })
      .nullable()
      .meta({ description: 'Their names; null when they cannot be decrypted.' }),
    previous_credentials: z
      .array(object({ valid_until: time() }))
      .meta({ description: 'Replaced credentials that still prove webhooks.' }),
    revision: whole('Grows with each change.'),
    max_concurrent: count().nullable().meta({ description: 'Calls at once; null: as usual.' }),
    max_per_second: count().nullable().meta({ description: 'Calls a second; null: as usual.' }),
    health: object({
      state: z
        .enum(['closed', 'open', 'half_open'])
        .meta({ description: 'Open: calls are refused for now.' }),
      since: time().nullable(),
      retry_at: time().nullable(),
      forced: object({ state: z.enum(['open', 'closed']), reason: text(), since: time() }).nullable(),
    }),
    performance: z.array(object({ payment_service: text(), ...performance.shape })),
    webhook_url: url(),
    settlement_days: count().nullable(),
    settlement_file: settlementFile.nullable(),
    created_at: time(),
    updated_at: time(),
    rotated_at: time().nullable(),
  }),
);

export const accountWebhooks = named(
  'ProviderAccountWebhooks',
  'Where a provider sends its webhooks, what is registered there, and what is left to do by hand.',
  object({
    object: z.literal('provider_account_webhooks'),
    provider_account: id('pacc'),
    provider: text(),
    url: url(),
    registration: z.enum(['api', 'dashboard', 'per_payment']),
    registered: z
      .array(
        object({
          id: text(),
          url: text(),
          events: z.array(z.string()).nullable(),
          standing: z.enum(['current', 'outdated', 'other']),
        }),
      )
      .nullable()
      .meta({ description: 'Null: the provider cannot be asked.' }),
    registered_problem: object({ code: text(), detail: text() }).nullable(),
    steps: z.array(object({ step: count(), text: text() })),
    secrets: z.array(object({ credential: text(), place: text(), set: z.boolean() })),
  }),
);

export const accountTest = named(
  'ProviderAccountTest',
  'What the provider says to the credentials of an account.',
  object({
    object: z.literal('provider_account_test'),
    provider_account: id('pacc'),
    provider: text(),
    verdict: z.enum(['accepted', 'rejected', 'undecided']).meta({
      description:
        '`undecided`: the provider could not be asked, or said something that tells neither. Secrets of webhooks are not proved by this, but by the first webhook.',
    }),
    failure: object({ kind: text(), code: text(), detail: text('In the words of the provider.') }).nullable(),
    tested_at: time(),
  }),
);

export const paymentService = named(
  'PaymentService',
  'One way to pay: a method of a provider, with one of your accounts.',
  object({
    object: z.literal('payment_service'),
    id: text('Such as `fib.qr_code`: what `payment_service` of a payment takes.'),
    provider: text(),
    method: text(),
    title: text('For people.'),
    flow: z.enum(['redirect', 'qr_code', 'bank_transfer', 'confirm_on_phone']),
    provider_account: id('pacc'),
    currencies: z.array(object({ currency: currency(), min: minor(), max: minor(), step: minor() })),
    requires: z
      .array(z.enum(['customer.name', 'customer.phone', 'customer.email']))
      .meta({ description: 'What the provider has to know of the customer.' }),
    description_max: count(),
    lifetime_s: count(),
    capture: z.enum(['automatic', 'manual_once', 'manual_many']),
    refund: z.enum(['none', 'full', 'partial']),
    available: z.boolean(),
    unavailable_reason: object({ code: text(), detail: text() }).nullable(),
    performance: performance.nullable(),
  }),
);

/** All of them: there are no pages. */
export const paymentServices = object({ object: z.literal('list'), data: z.array(paymentService) });

const rule = object({
  name: text().nullable(),
  currency: currency(),
  amount_gte: minor().nullable(),
  amount_lte: minor().nullable(),
  countries: z.array(z.string()).nullable(),
  strategy: z.enum(STRATEGIES),
  fallback: z.boolean(),
  services: z.array(
    object({ payment_service: text(), provider_account: id('pacc').nullable(), weight: count() }),
  ),
});

export const routing = named(
  'Routing',
  'The rules that pick a payment service where a payment names none.',
  object({
    object: z.literal('routing'),
    mode: mode(),
    revision: count(),
    rules: z.array(rule),
    updated_at: time().nullable(),
  }),
);

export const routingPreview = named(
  'RoutingPreview',
  'What a payment would take now.',
  object({
    object: z.literal('routing_preview'),
    mode: mode(),
    revision: count(),
    rule: object({ index: count(), name: text().nullable() }),
    strategy: z.enum(STRATEGIES),
    fallback: z.boolean(),
    services: z.array(object({ payment_service: text(), provider_account: id('pacc'), reason: text() })),
    skipped: z.array(skippedService),
  }),
);

/** Calls that fail, or what is measured and far from usual. */
export const incidentCause = z.enum(['unreachable', ...DEGRADATIONS]);

const incidentFields = {
  object: z.literal('incident'),
  id: id('inc'),
  mode: mode(),
  status: z.enum(['open', 'recovered']),
  provider_account: id('pacc'),
  provider: text(),
  cause: incidentCause,
  detail: text('For people.'),
  since: time(),
  recovered_at: time().nullable(),
  recovery: z.enum(['answered', 'quiet', 'usual_again']).nullable(),
};

export const incident = named(
  'Incident',
  'A time in which a provider account had trouble.',
  object(incidentFields),
);

export const incidentWithPayments = named(
  'IncidentWithPayments',
  'An incident with the payments that wait because of it.',
  object({
    ...incidentFields,
    affected_payments: listOf(
      object({
        payment: id('pay'),
        invoice: id('inv'),
        payment_service: text(),
        status: z.enum(PAYMENT_STATUSES),
        amount: minor(),
        display: display(),
        currency: currency(),
        created_at: time(),
      }),
    ),
  }),
);

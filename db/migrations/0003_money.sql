-- Money after the payment: authorizations, captures, voids, refunds, and what people have to decide.
alter table invoices
  add column capture_method text not null default 'automatic' check (capture_method in ('automatic', 'manual')),
  add column amount_authorized bigint not null default 0,
  add column amount_refunded bigint not null default 0;
-- What becomes of money that comes late or beyond what was owed: the merchant's word, and what held when the invoice was made.
alter table merchants
  add column late_money text not null default 'accept' check (late_money in ('accept', 'refund', 'hold')),
  add column excess_money text not null default 'accept' check (excess_money in ('accept', 'refund', 'hold'));
alter table invoices
  add column late_money text not null default 'accept' check (late_money in ('accept', 'refund', 'hold')),
  add column excess_money text not null default 'accept' check (excess_money in ('accept', 'refund', 'hold'));
alter table payments
  add column amount_authorized bigint not null default 0,
  add column amount_refunded bigint not null default 0,
  add column capture_before timestamptz;

-- What is known of invoices from before is given the new fields, as they stand for such invoices.
update invoices set state = state || jsonb_build_object(
  'capture_method', 'automatic', 'policies', jsonb_build_object('late', 'accept', 'excess', 'accept'), 'cases', '[]'::jsonb,
  'payments', (
    select coalesce(jsonb_agg(jsonb_build_object('authorized_at', null, 'authorized', 0, 'capture_before', null, 'voided_at', null,
      'operations', '[]'::jsonb, 'refunds', '[]'::jsonb) || p order by o), '[]')
    from jsonb_array_elements(state->'payments') with ordinality as e (p, o)
  ));

-- Captures, voids and refunds. What is known of them follows from the invoice's events, like the rows of payments.
create table payment_operations (
  id                     text primary key,
  kind                   text not null check (kind in ('capture', 'void', 'refund')),
  payment_id             text not null references payments,
  invoice_id             text not null references invoices,
  merchant_id            text not null references merchants,
  mode                   text not null check (mode in ('live', 'sandbox')),
  currency               text not null,
  -- Null until it has been decided on: all that is left was asked for.
  amount                 bigint check (amount > 0),
  -- Why, in the merchant's words, and the merchant's own number for it.
  reason                 text,
  reference              text,
  metadata               jsonb not null default '{}',
  -- A refund that the merchant makes outside of the provider and only records.
  manual                 boolean not null default false,
  requested_by           text not null,
  -- `requested`: the invoice's workflow has not decided on it yet.
  status                 text not null check (status in ('requested', 'pending', 'unknown', 'succeeded', 'failed', 'canceled')),
  failure                jsonb,
  provider_operation_id  text,
  created_at             timestamptz not null,
  updated_at             timestamptz not null,
  swept_at               timestamptz
);
create index payment_operations_by_payment on payment_operations (payment_id, id);
create index payment_operations_by_merchant on payment_operations (merchant_id, mode, kind, id);
create index payment_operations_undecided on payment_operations (created_at) where status = 'requested';

-- What a person has or had to decide. Follows from the invoice's events, too; the reason is in the event alone.
create table cases (
  id            text primary key,
  kind          text not null check (kind in ('late_money', 'excess_money', 'unknown_operation', 'unknown_payment')),
  merchant_id   text not null references merchants,
  mode          text not null check (mode in ('live', 'sandbox')),
  invoice_id    text not null references invoices,
  payment_id    text not null references payments,
  operation_id  text,
  currency      text not null,
  amount        bigint not null,
  opened_at     timestamptz not null,
  resolved_at   timestamptz,
  decision      text,
  resolved_by   text,
  reason        text
);
create index cases_by_merchant on cases (merchant_id, mode, id);
create index cases_open on cases (merchant_id, mode, id) where resolved_at is null;
create index cases_by_invoice on cases (invoice_id);

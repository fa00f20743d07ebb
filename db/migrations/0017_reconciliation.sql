-- Reconciliation: what providers say of a day, row by row, held against the record; and settlements, money that reached the bank.
alter table provider_accounts
  -- How many days after the payment the provider settles; null: as the provider usually does.
  add column settlement_days smallint check (settlement_days between 0 and 365),
  -- What the columns of its settlement file are called, and how it writes amounts and times.
  add column settlement_file jsonb;

create table reconciliation_runs (
  id            text primary key,
  merchant_id   text not null references merchants,
  mode          text not null check (mode in ('live', 'sandbox')),
  account_id    text not null references provider_accounts,
  -- In UTC.
  day           date not null,
  -- The provider's own list, each payment of ours read by its id, or a file that somebody has sent.
  source        text not null check (source in ('list', 'reads', 'file')),
  -- Whether a payment of this day that is not there is missing there.
  is_complete   boolean not null,
  requested_by  text not null,
  status        text not null check (status in ('pending', 'running', 'succeeded', 'failed')),
  failure       jsonb,
  -- The next page of the list; a worker that takes over goes on there.
  list_cursor   text,
  list_ended    boolean not null default false,
  -- Null while it is being read. False: the provider does not give all of it, and the rest was read by id.
  list_whole    boolean,
  report        jsonb,
  created_at    timestamptz not null default now(),
  started_at    timestamptz,
  finished_at   timestamptz,
  swept_at      timestamptz
);
create index reconciliation_runs_by_merchant on reconciliation_runs (merchant_id, mode, id);
create index reconciliation_runs_by_account on reconciliation_runs (account_id, day, id);
create index reconciliation_runs_pending on reconciliation_runs (created_at) where status = 'pending';

-- What the provider says, and what came of comparing it. No personal data: only these columns of a file are kept.
create table reconciliation_rows (
  id                    text primary key,
  run_id                text not null references reconciliation_runs,
  -- The same row read twice is one: the provider's id in a list, the line in a file.
  row_key               text not null,
  line                  integer,
  provider_payment_id   text,
  reference             text,
  currency              text,
  -- Minor units: what was asked for, what has come (negative: a refund was taken off), what went back, what the provider kept.
  amount                bigint,
  received              bigint,
  refunded              bigint,
  fee                   bigint,
  status                text,
  provider_status       text,
  at                    timestamptz,
  -- What reached the bank for it, by which transfer, and what makes it the same settlement in another file.
  settled               bigint,
  settled_at            timestamptz,
  settlement_reference  text,
  settlement_key        text,
  -- Ours, and how it stood when it was compared.
  payment_id            text,
  invoice_id            text,
  matched_by            text check (matched_by in ('provider_id', 'reference', 'amount_and_time')),
  our_status            text,
  our_amount            bigint,
  our_received          bigint,
  our_refunded          bigint,
  our_fee               bigint,
  -- Null until it was compared.
  outcome               text check (outcome in ('matched', 'missing_here', 'missing_there', 'amount_differs', 'status_differs',
                                                'fee_differs', 'duplicate')),
  -- What became of a difference. Null: nothing has to.
  resolution            text check (resolution in ('put_right', 'case')),
  -- What became of `settled`. Null: not looked at, or there is none.
  settlement            text check (settlement in ('booked', 'booked_before', 'not_booked')),
  unique (run_id, row_key)
);
create index reconciliation_rows_by_outcome on reconciliation_rows (run_id, outcome, id);
-- What is left to book, so that each batch begins where the last one ended.
create index reconciliation_rows_unsettled on reconciliation_rows (run_id, id) where settled is not null and settlement is null;
create index reconciliation_rows_by_payment on reconciliation_rows (run_id, payment_id);

create table settlements (
  id            text primary key,
  merchant_id   text not null references merchants,
  account_id    text not null references provider_accounts,
  -- Null: a fee of the account itself.
  payment_id    text references payments,
  invoice_id    text references invoices,
  run_id        text references reconciliation_runs,
  -- What makes it the same settlement in another file.
  key           text not null,
  reference     text,
  currency      text not null,
  -- Minor units: what the customer had paid (negative: a refund was taken off) and the fee, as the file says.
  gross         bigint not null default 0,
  told_fee      bigint,
  -- What reached the bank, and what of the fee had not been known before: these are booked.
  net           bigint not null,
  fee           bigint not null,
  settled_at    timestamptz,
  created_at    timestamptz not null default now(),
  unique (account_id, key)
);
create index settlements_by_account on settlements (account_id, id);
create index settlements_by_payment on settlements (payment_id) where payment_id is not null;

-- A settlement may be of no single payment; everything else in the ledger is.
alter table ledger_entries alter column invoice_id drop not null, alter column payment_id drop not null,
  add constraint ledger_entries_about check (
    (invoice_id is null) = (payment_id is null) and (invoice_id is not null or transaction_key like 'settlement:%')) not valid;
alter table ledger_entries validate constraint ledger_entries_about;

-- A difference that a person decides on follows from a row of a run, not from the events of an invoice, and may have no invoice.
alter table cases
  alter column invoice_id drop not null,
  alter column payment_id drop not null,
  alter column currency drop not null,
  add column account_id text references provider_accounts,
  add column row_id text references reconciliation_rows,
  -- What it is about: the same difference in a later run opens no second case.
  add column subject text,
  drop constraint cases_kind_check,
  add constraint cases_kind_check check (kind in ('late_money', 'excess_money', 'unknown_operation', 'unknown_payment',
    'missing_here', 'missing_there', 'amount_differs', 'status_differs', 'fee_differs', 'duplicate')),
  add constraint cases_about check (
    case when row_id is null then invoice_id is not null and payment_id is not null and currency is not null
         else account_id is not null and subject is not null end);
create unique index cases_by_subject on cases (account_id, kind, subject) where row_id is not null;

alter table reconciliation_runs enable row level security;
create policy of_merchant on reconciliation_runs using (in_scope(merchant_id));
alter table settlements enable row level security;
create policy of_merchant on settlements using (in_scope(merchant_id));
alter table reconciliation_rows enable row level security;
create policy of_merchant on reconciliation_rows
  using (in_scope('*') or exists (select from reconciliation_runs r where r.id = run_id));
-- The API books one thing: the fee that a person accepts when deciding on a difference.
create policy settlements_only on ledger_entries as restrictive for insert with check (transaction_key like 'settlement:%');

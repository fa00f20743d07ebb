-- The record: who may ask, what is owed, what has happened. Amounts are integers in minor units.

create table merchants (
  id          text primary key,
  name        text not null check (length(name) between 1 and 200),
  created_at  timestamptz not null default now()
);

create table api_keys (
  id           text primary key,
  merchant_id  text not null references merchants,
  mode         text not null check (mode in ('live', 'sandbox')),
  label        text not null,
  -- HMAC-SHA-256 of the secret part; the secret itself is shown once and never stored.
  secret_hash  bytea not null,
  created_at   timestamptz not null default now(),
  revoked_at   timestamptz
);

create table provider_accounts (
  id           text primary key,
  merchant_id  text not null references merchants,
  mode         text not null check (mode in ('live', 'sandbox')),
  provider     text not null,
  label        text not null,
  base_url     text not null,
  -- AES-256-GCM, see db/sealed.ts.
  credentials  bytea not null,
  enabled      boolean not null default true,
  -- Grows with every change, so that cached credentials are noticed to be old.
  revision     integer not null default 1,
  created_at   timestamptz not null default now(),
  unique (merchant_id, mode, provider, label)
);

create table invoices (
  id               text primary key,
  merchant_id      text not null references merchants,
  mode             text not null check (mode in ('live', 'sandbox')),
  reference        text,
  description      text,
  currency         text not null,
  amount           bigint not null check (amount > 0),
  customer         jsonb not null default '{}',
  items            jsonb not null default '[]',
  metadata         jsonb not null default '{}',
  return_urls      jsonb not null default '{}',
  due_at           timestamptz not null,
  created_at       timestamptz not null,
  updated_at       timestamptz not null,
  -- The projection of invoice_events: the fold itself and what is derived from it.
  state            jsonb not null,
  version          integer not null,
  status           text not null,
  amount_received  bigint not null default 0,
  amount_late      bigint not null default 0
);
create index invoices_by_merchant on invoices (merchant_id, mode, id);
create index invoices_by_reference on invoices (merchant_id, reference) where reference is not null;
create index invoices_unfinished on invoices (due_at) where status in ('open', 'partially_paid');

create table payments (
  id                   text primary key,
  invoice_id           text not null references invoices,
  merchant_id          text not null references merchants,
  account_id           text not null references provider_accounts,
  provider             text not null,
  method               text not null,
  currency             text not null,
  amount               bigint not null check (amount > 0),
  -- What the merchant asked for: description, customer, return URLs. Personal data lives here and nowhere else.
  request              jsonb not null,
  created_at           timestamptz not null,
  -- Set by one conditional update before the first byte goes to the provider.
  sent_at              timestamptz,
  status               text not null,
  provider_payment_id  text,
  expires_at           timestamptz,
  next_action          jsonb,
  failure              jsonb,
  amount_received      bigint not null default 0,
  updated_at           timestamptz not null
);
create index payments_by_invoice on payments (invoice_id, id);
create unique index payments_by_provider_id on payments (account_id, provider_payment_id)
  where provider_payment_id is not null;

create table invoice_events (
  invoice_id   text not null references invoices,
  sequence     integer not null,
  type         text not null,
  event_key    text not null,
  data         jsonb not null,
  at           timestamptz not null,
  recorded_at  timestamptz not null default now(),
  primary key (invoice_id, sequence),
  unique (invoice_id, event_key)
);

create table webhook_events (
  id            text primary key,
  account_id    text not null references provider_accounts,
  event_key     text not null,
  received_at   timestamptz not null,
  path          text not null,
  headers       jsonb not null,
  body          bytea not null,
  invoice_id    text references invoices,
  payment_id    text references payments,
  provider_payment_id text,
  state         text not null check (state in ('received', 'processed', 'ignored', 'dead')),
  reason        text,
  copies        integer not null default 1,
  processed_at  timestamptz,
  unique (account_id, event_key)
);
create index webhook_events_waiting on webhook_events (received_at) where state = 'received';
create index webhook_events_unmatched on webhook_events (account_id, provider_payment_id)
  where state = 'received' and payment_id is null;
create index webhook_events_by_invoice on webhook_events (invoice_id, received_at);

-- One row per line of a double-entry transaction. Debits positive, credits negative.
create table ledger_entries (
  transaction_key  text not null,
  line             smallint not null,
  account          text not null,
  merchant_id      text not null references merchants,
  account_id       text not null references provider_accounts,
  invoice_id       text not null references invoices,
  payment_id       text not null references payments,
  currency         text not null,
  amount           bigint not null check (amount <> 0),
  at               timestamptz not null,
  recorded_at      timestamptz not null default now(),
  primary key (transaction_key, line)
);
create index ledger_entries_by_invoice on ledger_entries (invoice_id);
create index ledger_entries_by_account on ledger_entries (merchant_id, account, currency);

create table outgoing_events (
  id           text primary key,
  merchant_id  text not null references merchants,
  invoice_id   text not null references invoices,
  payment_id   text,
  sequence     integer not null,
  line         smallint not null,
  type         text not null,
  data         jsonb not null,
  created_at   timestamptz not null,
  unique (invoice_id, sequence, line)
);
create index outgoing_events_by_merchant on outgoing_events (merchant_id, id);

create table idempotency_keys (
  merchant_id    text not null references merchants,
  mode           text not null,
  key            text not null,
  -- SHA-256 over method, path and body.
  request_hash   bytea not null,
  -- The object this request makes, fixed before it is made, so that a repetition goes on with the same one.
  resource_id    text not null,
  claimed_at     timestamptz not null default now(),
  answer_status  smallint,
  answer_body    jsonb,
  primary key (merchant_id, mode, key)
);
create index idempotency_keys_by_age on idempotency_keys (claimed_at);

-- Posted entries and recorded events are never changed or deleted; corrections are new rows.
create function refuse_change() returns trigger language plpgsql as $$
begin
  raise exception '% is append-only', tg_table_name using errcode = 'restrict_violation';
end $$;
create trigger invoice_events_append_only before update or delete on invoice_events
  for each row execute function refuse_change();
create trigger invoice_events_no_truncate before truncate on invoice_events
  for each statement execute function refuse_change();
create trigger ledger_entries_append_only before update or delete on ledger_entries
  for each row execute function refuse_change();
create trigger ledger_entries_no_truncate before truncate on ledger_entries
  for each statement execute function refuse_change();

-- A ledger transaction is posted by one statement, and it must sum to zero per currency.
create function refuse_unbalanced() returns trigger language plpgsql as $$
begin
  if exists (select 1 from posted group by transaction_key, currency having sum(amount) <> 0) then
    raise exception 'a ledger transaction does not sum to zero' using errcode = 'check_violation';
  end if;
  return null;
end $$;
create trigger ledger_entries_balanced after insert on ledger_entries
  referencing new table as posted for each statement execute function refuse_unbalanced();

-- The audit trail: who did what when, and a chain of hashes over it that shows what was changed afterwards.

-- The API key that asked. Null: from before this was kept.
alter table invoices add column created_by text;
alter table payments add column requested_by text;

-- One row per action. What is done to the configuration is written by the statement that does it; what happens to
-- invoices is in `invoice_events` and is entered here when it is sealed.
create table audit_entries (
  id              text primary key,
  merchant_id     text not null references merchants,
  mode            text not null check (mode in ('live', 'sandbox')),
  actor_type      text not null check (actor_type in ('api_key', 'operator', 'person', 'provider', 'workflow')),
  actor_id        text,
  action          text not null,
  object_id       text not null,
  -- Without secrets and personal data.
  details         jsonb not null default '{}',
  created_at      timestamptz not null default now(),
  -- What it was entered from; 0 is the invoice itself. Null: an action on the configuration.
  invoice_id      text references invoices,
  event_sequence  integer check ((event_sequence is null) = (invoice_id is null))
);
create index audit_entries_by_merchant on audit_entries (merchant_id, mode, id);
create index audit_entries_by_object on audit_entries (merchant_id, mode, object_id, id);
create index audit_entries_by_actor on audit_entries (merchant_id, mode, actor_id, id);
create index audit_entries_by_action on audit_entries (merchant_id, mode, action, id);
create unique index audit_entries_by_event on audit_entries (invoice_id, event_sequence) where invoice_id is not null;
create index audit_entries_by_age on audit_entries (created_at) where invoice_id is null;

-- The chain of a merchant. Each link has the hash of the one before it.
create table audit_links (
  merchant_id    text not null references merchants,
  sequence       integer not null check (sequence > 0),
  previous_hash  bytea not null,
  hash           bytea not null,
  -- HMAC of the hash with a key that the database never sees.
  seal           bytea not null,
  sealed_at      timestamptz not null,
  primary key (merchant_id, sequence)
);

-- What a link covers, and its digest: an invoice (0) and its events by number, with their ledger entries, or an entry.
create table audit_items (
  subject      text not null,
  first        integer not null,
  last         integer not null check (last >= first),
  merchant_id  text not null,
  link         integer not null,
  position     integer not null,
  digest       bytea not null,
  -- Nothing is sealed twice, whoever tries.
  primary key (subject, first),
  unique (merchant_id, link, position),
  foreign key (merchant_id, link) references audit_links
);

-- How far the search for what is not sealed yet has come.
create table audit_progress (
  only_row      boolean primary key default true check (only_row),
  -- Invoices up to this id; the first rounds go over those from before.
  invoice_id    text not null default '',
  -- Events and entries up to this moment.
  sealed_until  timestamptz not null default now()
);
insert into audit_progress default values;

-- Rows come in order of time, so this is a few bytes per 32 pages and costs an insert next to nothing.
create index invoice_events_by_time on invoice_events using brin (recorded_at) with (pages_per_range = 32);

create trigger audit_entries_append_only before update or delete on audit_entries
  for each row execute function refuse_change();
create trigger audit_entries_no_truncate before truncate on audit_entries
  for each statement execute function refuse_change();
create trigger audit_links_append_only before update or delete on audit_links
  for each row execute function refuse_change();
create trigger audit_links_no_truncate before truncate on audit_links
  for each statement execute function refuse_change();
create trigger audit_items_append_only before update or delete on audit_items
  for each row execute function refuse_change();
create trigger audit_items_no_truncate before truncate on audit_items
  for each statement execute function refuse_change();

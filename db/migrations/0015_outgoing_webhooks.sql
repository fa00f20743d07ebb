-- Outgoing webhooks: what merchants are told of is sent to their endpoints.

-- An event knows its mode, and may be about something else than an invoice: that one has no place among an invoice's.
alter table outgoing_events
  add column mode text check (mode in ('live', 'sandbox')),
  -- By the database's clock; `created_at` is by the invoice's, which a test clock may have moved.
  add column recorded_at timestamptz not null default now(),
  alter column invoice_id drop not null,
  alter column sequence drop not null,
  alter column line drop not null;
update outgoing_events e set mode = i.mode from invoices i where i.id = e.invoice_id;
update outgoing_events set mode = data->>'mode', data = data - 'mode', sequence = null, line = null where invoice_id is null;
alter table outgoing_events alter column mode set not null;

drop index outgoing_events_by_merchant;
create index outgoing_events_by_merchant on outgoing_events (merchant_id, mode, id);
drop index outgoing_events_by_type;
create index outgoing_events_by_type on outgoing_events (merchant_id, mode, type, id);

-- Where merchants want to be told. Never deleted, because deliveries name them.
create table webhook_endpoints (
  id               text primary key,
  merchant_id      text not null references merchants,
  mode             text not null check (mode in ('live', 'sandbox')),
  url              text not null,
  description      text,
  -- Types of events; `*` and `invoice.*` stand for several.
  event_types      text[] not null check (cardinality(event_types) > 0),
  api_version      text not null,
  -- Whose names of events are used in place of ours.
  alias            text check (alias in ('furatpay')),
  enabled          boolean not null default true,
  disabled_reason  text check (disabled_reason in ('requested', 'gone', 'failing')),
  disabled_at      timestamptz,
  -- The signing secrets, see db/sealed.ts: the present one first, then those that a rotation has left for a while.
  secrets          bytea not null,
  -- When those end, the latest rotation first.
  previous_until   timestamptz[] not null default '{}',
  -- Grows with every rotation.
  revision         integer not null default 1,
  rotated_at       timestamptz,
  -- The first failure since the last success, and when the merchant was warned of it.
  failing_since    timestamptz,
  warned_at        timestamptz,
  created_at       timestamptz not null,
  updated_at       timestamptz not null,
  deleted_at       timestamptz,
  check (enabled = (disabled_reason is null))
);
create index webhook_endpoints_by_merchant on webhook_endpoints (merchant_id, mode, id) where deleted_at is null;

-- Ids of deliveries are made with the end of the endpoint's.
create unique index webhook_endpoints_end on webhook_endpoints (merchant_id, right(id, 6));

-- One for each endpoint that wants an event, written by the statement that writes the event.
create table deliveries (
  id               text primary key,
  endpoint_id      text not null references webhook_endpoints,
  event_id         text not null references outgoing_events,
  merchant_id      text not null references merchants,
  mode             text not null check (mode in ('live', 'sandbox')),
  -- What keeps its order at an endpoint: an invoice, or an event that is about none.
  subject          text not null,
  status           text not null check (status in ('pending', 'delivered', 'exhausted')),
  -- Why it is given up.
  reason           text check (reason in ('attempts_exhausted', 'endpoint_gone', 'endpoint_disabled', 'endpoint_deleted')),
  -- All attempts, and those since it was last asked for.
  attempts         integer not null default 0,
  tries            integer not null default 0,
  next_attempt_at  timestamptz,
  created_at       timestamptz not null default now(),
  updated_at       timestamptz not null default now(),
  -- The first time that the endpoint took it.
  delivered_at     timestamptz,
  swept_at         timestamptz,
  check ((status = 'pending') = (next_attempt_at is not null)),
  check ((status = 'exhausted') = (reason is not null))
);
create index deliveries_waiting on deliveries (endpoint_id, subject) where status = 'pending';
create index deliveries_due on deliveries (next_attempt_at) where status = 'pending';
create index deliveries_by_merchant on deliveries (merchant_id, mode, id);
create index deliveries_by_status on deliveries (merchant_id, mode, status, id);
create index deliveries_by_endpoint on deliveries (endpoint_id, id);
create index deliveries_by_event on deliveries (event_id);

create table delivery_attempts (
  delivery_id    text not null references deliveries,
  number         integer not null,
  at             timestamptz not null,
  duration_ms    integer not null,
  url            text not null,
  -- The HTTP status, or why there was none.
  status         smallint,
  failure        text,
  -- The beginning of the answer.
  response_body  text,
  primary key (delivery_id, number),
  check ((status is null) <> (failure is null))
);
create index delivery_attempts_with_body on delivery_attempts (at) where response_body is not null;

-- Every call to a provider and its answer, without secrets; written in batches, a moment after the call.
create table provider_exchanges (
  id                text primary key,
  account_id        text not null references provider_accounts,
  invoice_id        text not null references invoices,
  payment_id        text references payments,
  provider          text not null,
  -- Our word for the call: create_payment, read_payment, get_token.
  operation         text not null,
  method            text not null,
  url               text not null,
  -- The HTTP status, or why there was none.
  status            smallint,
  failure           jsonb,
  started_at        timestamptz not null,
  duration_ms       integer not null,
  attempt           integer not null,
  request_headers   jsonb not null,
  request_body      text,
  response_headers  jsonb,
  response_body     text,
  erased_at         timestamptz,
  check ((status is null) <> (failure is null))
);
create index provider_exchanges_by_invoice on provider_exchanges (invoice_id, started_at, id);
create index provider_exchanges_by_age on provider_exchanges (started_at);

-- When personal data was erased: on request, and from old webhooks by the sweeper.
alter table invoices add column erased_at timestamptz;
alter table webhook_events add column erased_at timestamptz;
create index webhook_events_with_body on webhook_events (received_at) where erased_at is null and state <> 'received';

-- The answers kept for repetitions hold personal data, too: found by what they are about.
create index idempotency_keys_by_resource on idempotency_keys (resource_id);

-- A webhook that comes after its invoice was erased keeps its body only until it has been applied. The lock makes an
-- erasure of the same moment wait; a commit has it already.
create function erase_late_webhook() returns trigger language plpgsql as $$
declare
  erased timestamptz;
begin
  select erased_at into erased from invoices where id = new.invoice_id for share;
  if erased is not null then
    new.body := '';
    new.headers := '{}';
    new.erased_at := now();
  end if;
  return new;
end $$;
create trigger webhook_events_erased before update on webhook_events
  for each row when (old.state = 'received' and new.state <> 'received' and new.invoice_id is not null)
  execute function erase_late_webhook();

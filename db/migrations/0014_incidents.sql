-- How each payment service has done lately: measured anew every half minute by the sweeper, of what is on record anyway.
create table service_performance (
  account_id   text not null references provider_accounts,
  method       text not null,
  measured_at  timestamptz not null,
  payments     jsonb not null,
  failures     jsonb not null,
  calls        jsonb not null,
  primary key (account_id, method)
);

-- The times in which calls with an account were refused because too many had failed; one for all workers.
create table incidents (
  id            text primary key,
  account_id    text not null references provider_accounts,
  merchant_id   text not null references merchants,
  mode          text not null check (mode in ('live', 'sandbox')),
  opened_at     timestamptz not null,
  failures      integer not null,
  -- When a worker was last known to have trouble with the account.
  seen_at       timestamptz not null default now(),
  recovered_at  timestamptz,
  -- `answered`: a call was. `quiet`: no worker has said anything of the account for a while.
  recovery      text check (recovery in ('answered', 'quiet')),
  check ((recovered_at is null) = (recovery is null))
);
create unique index incidents_open on incidents (account_id) where recovered_at is null;
create index incidents_by_merchant on incidents (merchant_id, mode, id);
create index incidents_by_account on incidents (account_id, id);

-- Events about an account (`provider.degraded`, `provider.recovered`) belong to no invoice; their `data` names the mode.
alter table outgoing_events alter column invoice_id drop not null;

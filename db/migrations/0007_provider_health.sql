-- What an operator has decided about the circuit breaker of an account; null: it decides by itself.
alter table provider_accounts
  add column breaker_forced text check (breaker_forced in ('open', 'closed')),
  add column breaker_forced_reason text,
  add column breaker_forced_at timestamptz;

-- How each worker's circuit breaker of an account stands, from its first change of state on. Written on change and once a
-- minute, never per call; a worker removes its rows when it stops.
create table provider_health (
  account_id  text not null references provider_accounts,
  worker_id   text not null,
  -- The account's revision that this was learnt of; it says nothing of a later one.
  revision    integer not null,
  state       text not null check (state in ('closed', 'open', 'half_open')),
  since       timestamptz not null,
  failures    integer not null,
  cooldown_s  integer not null,
  -- When the worker last said so.
  seen_at     timestamptz not null default now(),
  primary key (account_id, worker_id)
);
create index provider_health_by_age on provider_health (seen_at);

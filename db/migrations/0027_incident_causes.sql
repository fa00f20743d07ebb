-- Incidents of other causes than calls that fail: a provider that answers and declines or errs far more than usual, one that is far slower,
-- one whose webhooks have stopped.
alter table incidents
  add column cause text not null default 'unreachable'
    check (cause in ('unreachable', 'low_success_rate', 'slow', 'webhooks_missing')),
  add column detail text;
alter table incidents drop constraint incidents_recovery_check;
alter table incidents add constraint incidents_recovery_check check (recovery in ('answered', 'quiet', 'usual_again'));
drop index incidents_open;
create unique index incidents_open on incidents (account_id, cause) where recovered_at is null;

-- What is usual at an account: averages in which each measurement weighs little, so that they follow over a day or so.
create table provider_usual (
  account_id    text primary key references provider_accounts,
  success_rate  double precision,
  call_ms       double precision,
  updated_at    timestamptz not null default now()
) with (fillfactor = 50);
alter table provider_usual enable row level security;
create policy of_merchant on provider_usual
  using (in_scope('*') or exists (select from provider_accounts a where a.id = account_id));

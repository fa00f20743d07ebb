-- How many calls a provider account may have under way in each worker, and how many a second in all; null: the provider's
-- default.
alter table provider_accounts
  add column max_concurrent integer check (max_concurrent between 1 and 1000),
  add column max_per_second integer check (max_per_second between 1 and 1000);

-- When the next call with an account that has a limit per second may go out. One row for each such account, changed by
-- every call: room for new versions of it on its page.
create table provider_turns (
  account_id  text primary key references provider_accounts,
  next_at     timestamptz not null
) with (fillfactor = 10);
alter table provider_turns enable row level security;
create policy of_merchant on provider_turns
  using (in_scope('*') or exists (select from provider_accounts a where a.id = account_id));

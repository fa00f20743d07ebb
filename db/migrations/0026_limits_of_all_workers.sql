-- Until when an account rests because its provider has asked for fewer calls: what one worker was told counts for all. It is part of the
-- row that each call reads anyway. Only for the revision it was learnt of: other credentials or a person's decision end it.
alter table provider_accounts
  add column rests_until timestamptz,
  add column rests_revision integer;

-- Calls that are under way with an account that may have only so many at once, in all workers together. A place is taken for the length of
-- one activity; that of a worker that was killed is free when its time has passed.
create table provider_places (
  account_id  text not null references provider_accounts,
  place       integer not null,
  holder      text not null,
  until       timestamptz not null,
  primary key (account_id, place)
) with (fillfactor = 50);
alter table provider_places enable row level security;
create policy of_merchant on provider_places
  using (in_scope('*') or exists (select from provider_accounts a where a.id = account_id));

-- The last webhooks of each account that were refused: what they looked like, never what they said. A body that nobody has signed is
-- not kept, and neither are signatures, which may be right ones in the wrong place.
create table refused_webhooks (
  id            text primary key,
  account_id    text not null references provider_accounts,
  received_at   timestamptz not null,
  reason        text not null check (reason in ('missing_signature', 'bad_signature', 'stale_timestamp', 'wrong_account')),
  -- Where it came from.
  address       text,
  content_type  text,
  user_agent    text,
  -- Names only.
  header_names  text[] not null,
  size          integer not null,
  -- Of the body, so that people can hold it against one that they have.
  body_sha256   bytea not null,
  -- Since the one before it was kept: in a flood most are only counted.
  not_kept      integer not null default 0
);
create index refused_webhooks_by_account on refused_webhooks (account_id, id);
alter table refused_webhooks enable row level security;
create policy of_merchant on refused_webhooks
  using (in_scope('*') or exists (select from provider_accounts a where a.id = account_id));

-- Provider accounts are made, changed and rotated over the API.
alter table provider_accounts
  add column updated_at timestamptz not null default now(),
  add column rotated_at timestamptz,
  -- What the provider calls the webhook that was registered there for this account.
  add column webhook_id text,
  -- Until when a request is registering it: two at once could make two at the provider.
  add column registering_until timestamptz;
update provider_accounts set updated_at = created_at;

create index provider_accounts_by_merchant on provider_accounts (merchant_id, mode, id);

-- Credentials that were replaced: webhooks proved with them are believed until `valid_until`, and nothing else is done
-- with them. Several rotations can overlap, so each leaves a row.
create table previous_credentials (
  account_id   text not null references provider_accounts,
  -- The account's revision while they were the current ones.
  revision     integer not null,
  -- Sealed like those of the account.
  credentials  bytea not null,
  valid_until  timestamptz not null,
  primary key (account_id, revision)
);
create index previous_credentials_by_end on previous_credentials (valid_until);

-- People who use the operations pages, and what they are slowed down by when they guess.
create table operators (
  id             text primary key,
  -- As they sign in, and as the audit trail names them: so it must not look like anything else that acts.
  name           text not null unique check (name ~ '^[a-z0-9][a-z0-9.@+-]{1,63}$' and name not in ('sarraf', 'provider')),
  role           text not null check (role in ('viewer', 'operator', 'admin')),
  -- Null: all merchants.
  merchant_id    text references merchants,
  -- With the parameters it was made with: scrypt$<N>$<r>$<p>$<salt>$<hash>.
  password_hash  text not null,
  created_at     timestamptz not null default now(),
  disabled_at    timestamptz
);

create table operator_sessions (
  -- SHA-256 of the cookie, which has 256 bits of chance.
  token_hash   bytea primary key,
  operator_id  text not null references operators,
  created_at   timestamptz not null default now(),
  seen_at      timestamptz not null default now()
);
create index operator_sessions_by_operator on operator_sessions (operator_id);

-- Failed attempts to sign in, by name and by address, both hashed: people type passwords where names belong.
create table operator_sign_in_failures (
  subject        bytea primary key,
  failures       integer not null,
  blocked_until  timestamptz not null,
  failed_at      timestamptz not null
);

-- No merchant's: only what works for the installation has them in sight.
alter table operators enable row level security;
create policy of_installation on operators using (in_scope('*'));
alter table operator_sessions enable row level security;
create policy of_installation on operator_sessions using (in_scope('*'));
alter table operator_sign_in_failures enable row level security;
create policy of_installation on operator_sign_in_failures using (in_scope('*'));

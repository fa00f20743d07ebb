-- The rules by which a payment service is picked when a merchant names none; replaced as a whole.
create table routings (
  merchant_id  text not null references merchants,
  mode         text not null check (mode in ('live', 'sandbox')),
  revision     integer not null default 1,
  rules        jsonb not null,
  updated_at   timestamptz not null default now(),
  primary key (merchant_id, mode)
);

-- How the service of a payment was picked, and what is left to fall back on; null: the merchant named it.
alter table payments add column routing jsonb;

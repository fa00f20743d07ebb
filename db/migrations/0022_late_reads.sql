-- When a payment that has ended without its money is read again, because the webhook about late money may be lost. Null: nobody asks,
-- which is so for every payment that was paid or is open, so the index has only those that the sweeper is to come back to.
alter table payments
  add column late_read_at timestamptz,
  add column late_reads smallint not null default 0;
create index payments_late_read on payments (late_read_at) where late_read_at is not null;

-- When the sweeper last drove a row that was left behind: it comes back to the same row ever less often, so that rows
-- it cannot help do not stand in the way of the others.
alter table webhook_events add column swept_at timestamptz;
alter table invoices add column swept_at timestamptz;
alter table payments add column swept_at timestamptz;

-- By `created_at`, not by `sent_at`: the mark before sending then changes no index.
create index payments_unanswered on payments (created_at) where status = 'requested';

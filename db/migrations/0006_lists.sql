-- Lists of the API: the newest first, narrowed by what merchants ask for most. Ids sort by time, so most end in
-- one; invoices are narrowed by their time, too, so theirs is in order first.
create index invoices_by_status on invoices (merchant_id, mode, status, created_at, id);
create index invoices_by_currency on invoices (merchant_id, mode, currency, created_at, id);
create index invoices_by_amount on invoices (merchant_id, mode, amount);
create index invoices_by_creation on invoices (merchant_id, mode, created_at, id);
-- Nothing but the list looks for references.
drop index invoices_by_reference;
create index invoices_by_reference on invoices (merchant_id, mode, reference, id) where reference is not null;

-- A payment's account says whose it is, and in which mode.
create index payments_by_account on payments (account_id, id);
create index payments_by_status on payments (account_id, status, id);

create index payment_operations_by_invoice on payment_operations (invoice_id, id);
-- As the API shows it: what nobody has decided on yet is pending.
create index payment_operations_by_status on payment_operations
  (merchant_id, mode, kind, (replace(status, 'requested', 'pending')), id);
create index payment_operations_by_reference on payment_operations (merchant_id, mode, kind, reference, id)
  where reference is not null;

create index outgoing_events_by_type on outgoing_events (merchant_id, type, id);

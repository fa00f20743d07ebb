-- What merchants look for by their own data, and refunds by the provider's id. Metadata stands below the merchant's id, so a value that
-- others have often makes nobody's search longer. Invoices without metadata are not in the index and cost nothing; the others are put in
-- at once, so that no insert has to tidy up for a thousand before it.
create index invoices_by_metadata on invoices using gin (jsonb_set('{}', array[merchant_id], metadata) jsonb_path_ops)
  with (fastupdate = off) where metadata <> '{}';
create index refunds_by_metadata on payment_operations
  using gin (jsonb_set('{}', array[merchant_id], metadata) jsonb_path_ops)
  with (fastupdate = off) where metadata <> '{}' and kind = 'refund';
create index refunds_by_provider_id on payment_operations (merchant_id, mode, provider_operation_id, id)
  where provider_operation_id is not null and kind = 'refund';

-- A policy lets Postgres use indexes only for conditions that it knows to be leakproof, and `@>` is not. The owner of a view is not held to
-- policies; these have the condition of the policy themselves. A column that is added to the table is added to its view as well.
create view invoices_in_scope as select * from invoices where in_scope(merchant_id);
create view payment_operations_in_scope as select * from payment_operations where in_scope(merchant_id);

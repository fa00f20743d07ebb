-- An index of some rows has no statistics of its own. Without them the planner takes one row in a hundred to have any metadata that is
-- looked for, and in a large record reads it all for the one that has. They are gathered with everything else, by `analyze`.
create statistics invoices_metadata on (jsonb_set('{}', array[merchant_id], metadata)) from invoices;
create statistics refunds_metadata on (jsonb_set('{}', array[merchant_id], metadata)) from payment_operations;

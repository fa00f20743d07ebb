-- What a key may do, until when, and when it was last used. Keys from before keep all rights.
alter table api_keys
  add column scopes text[] not null default '{read,create,capture,refund,admin}'
    check (cardinality(scopes) > 0 and scopes <@ '{read,create,capture,refund,admin}'::text[]),
  add column expires_at timestamptz,
  -- Written a while after the use, and at most once a minute.
  add column last_used_at timestamptz;
create index api_keys_by_merchant on api_keys (merchant_id, mode, id);

alter table merchants
  -- What customers see on our pages: display_name, color, logo, support_url, support_email; each may be missing.
  add column branding jsonb not null default '{}',
  -- The Idempotency-Key that an operator made the merchant with, and the hash of that request.
  add column creation_key text unique,
  add column creation_hash bytea;

-- Row-level security stands behind the conditions of the statements. It holds for the role of the API (db/api-role.ts); the
-- owner of the tables, which the worker is, is not held to it. Each statement of the API says whose rows it may touch: one
-- merchant's, or all (`*`) where there is no merchant yet. Without a word there are no rows.
-- `coalesce` is for the planner, too: it takes a bare comparison for one that few rows pass, and would sort lists that an
-- index has in order.
create function in_scope(merchant text) returns boolean language sql stable
  return coalesce(current_setting('sarraf.merchant', true) in (merchant, '*'), false);

alter table merchants enable row level security;
create policy of_merchant on merchants using (in_scope(id));

do $$
declare
  name text;
begin
  foreach name in array '{api_keys,provider_accounts,invoices,payments,payment_operations,cases,ledger_entries,outgoing_events,idempotency_keys,audit_entries,audit_links,audit_items,routings,incidents,webhook_endpoints,deliveries}'::text[]
  loop
    execute format('alter table %I enable row level security', name);
    execute format('create policy of_merchant on %I using (in_scope(merchant_id))', name);
  end loop;
  -- Whose these are is said by the account or the invoice, whose own policies hold in the look-up.
  foreach name in array '{webhook_events,provider_exchanges,previous_credentials,provider_health,service_performance}'::text[]
  loop
    execute format('alter table %I enable row level security', name);
    execute format('create policy of_merchant on %I using (in_scope(''*'') or exists (select from provider_accounts a where a.id = account_id))', name);
  end loop;
end $$;
alter table delivery_attempts enable row level security;
create policy of_merchant on delivery_attempts
  using (in_scope('*') or exists (select from deliveries d where d.id = delivery_id));
alter table invoice_events enable row level security;
create policy of_merchant on invoice_events
  using (in_scope('*') or exists (select from invoices i where i.id = invoice_id));

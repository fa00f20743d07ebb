-- The end of an authorization: what becomes of what is left then, and that the merchant was warned. Fees that are told late.
alter table invoices
  add column on_authorization_expiry text not null default 'capture' check (on_authorization_expiry in ('capture', 'void'));
update invoices set on_authorization_expiry = 'void' where capture_method = 'manual';
update invoices set state = state || jsonb_build_object(
  'on_authorization_expiry', on_authorization_expiry,
  'payments', (
    select coalesce(jsonb_agg(jsonb_build_object('expiring_at', null, 'fees', '[]'::jsonb) || p order by o), '[]')
    from jsonb_array_elements(state->'payments') with ordinality as e (p, o)
  ));

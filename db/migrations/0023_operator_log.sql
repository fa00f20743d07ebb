-- What people do that is no merchant's: signing in and out, and who may use the operations pages at all. What they do to a
-- merchant's objects is in that merchant's audit trail.
create table operator_log (
  id          text primary key,
  -- Whom it is about. Null: somebody tried a name that nobody has, which may be a password and is not kept.
  operator    text,
  -- Who did it: a person under this name, or whoever works on the machine (null).
  actor       text,
  action      text not null,
  -- Without secrets; the address that a browser came from, a role, a merchant.
  details     jsonb not null default '{}',
  created_at  timestamptz not null default now()
);
create index operator_log_by_operator on operator_log (operator, id);
create index operator_log_by_action on operator_log (action, id);

create trigger operator_log_append_only before update or delete on operator_log
  for each row execute function refuse_change();
create trigger operator_log_no_truncate before truncate on operator_log
  for each statement execute function refuse_change();

alter table operator_log enable row level security;
create policy of_installation on operator_log using (in_scope('*'));

-- Those who are there already, so that the log begins with who may do what. The id is one of that moment's form, made by the database.
insert into operator_log (id, operator, action, details, created_at)
select 'opl_' || substr(o.id, 5), o.name, 'operator.created',
  jsonb_build_object('role', o.role, 'merchant', o.merchant_id), o.created_at
from operators o;

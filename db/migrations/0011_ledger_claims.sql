-- Late and excess money that waits for a person, or is on its way back, has ledger accounts of its own from now on. What was held
-- or going back when this ran was booked as the merchant's: one new transaction per payment moves it, and nothing is changed.
-- It belongs to the commit that came last, so that it is sealed with it.
with held as (
  select c.payment_id, sum(c.amount) as amount from cases c
  where c.kind in ('late_money', 'excess_money') and c.resolved_at is null
    and not exists (
      select from payment_operations o
      where o.id = regexp_replace(c.id, '^case_', 'rfd_') and o.status = 'succeeded'
    )
  group by c.payment_id
), returning_money as (
  select o.payment_id, sum(o.amount) as amount from payment_operations o
  where o.kind = 'refund' and o.status in ('pending', 'unknown') and (
    o.requested_by in ('policy:late', 'policy:excess')
    or exists (
      select from cases c where c.id = regexp_replace(o.id, '^rfd_', 'case_') and c.resolved_at is not null
    )
  )
  group by o.payment_id
), claims as (
  select p.id as payment_id, p.merchant_id, p.account_id, p.invoice_id, p.currency,
    least(coalesce(h.amount, 0), p.amount_received - p.amount_refunded) as held,
    least(coalesce(r.amount, 0), p.amount_received - p.amount_refunded
      - least(coalesce(h.amount, 0), p.amount_received - p.amount_refunded)) as excess
  from payments p left join held h on h.payment_id = p.id left join returning_money r on r.payment_id = p.id
  where h.payment_id is not null or r.payment_id is not null
)
insert into ledger_entries (transaction_key, line, account, merchant_id, account_id, invoice_id, payment_id, currency, amount, at,
  recorded_at)
select 'allocation:' || c.payment_id || ':migrated', l.line, l.account, c.merchant_id, c.account_id, c.invoice_id, c.payment_id,
  c.currency, l.amount, now(), (select max(e.recorded_at) from invoice_events e where e.invoice_id = c.invoice_id)
from claims c
cross join lateral (values
  (1, 'merchant_payable', c.held + c.excess), (2, 'customer_excess', -c.excess), (3, 'held', -c.held)
) as l (line, account, amount)
where l.amount <> 0;

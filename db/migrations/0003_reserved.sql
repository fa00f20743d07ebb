-- Nothing: keeps the numbers without a gap.
select 1;

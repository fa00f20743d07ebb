-- What customers see of a merchant on its pages: {display_name?, color?, logo?, support_url?, support_email?}.
alter table merchants add column if not exists branding jsonb not null default '{}';

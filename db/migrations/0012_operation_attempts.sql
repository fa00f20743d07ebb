-- Which capture, void or refund a call asks a provider for. Calls from before do not say.
alter table provider_exchanges add column operation_id text;

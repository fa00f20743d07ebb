-- Webhooks that were given up: few among many, counted by the overview of the operations pages each time somebody looks.
create index webhook_events_dead on webhook_events (received_at) where state = 'dead';

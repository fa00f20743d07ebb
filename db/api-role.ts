/**
 * The role that API processes take on, and what it may do: what the API's statements need and nothing more. It owns no table and
 * does not bypass row-level security. Rights are given anew after each migration, so new tables are never forgotten.
 */
import type pg from 'pg';

export const API_ROLE = 'sarraf_api';

/**
 * By table. What merchants were told, what has happened and what was booked is the worker's to write; of invoices and
 * payments the API may erase personal data, and cannot touch an amount or a status.
 */
const RIGHTS: Readonly<Record<string, string>> = {
  merchants: 'select, insert, update (name, late_money, excess_money, branding)',
  api_keys: 'select, insert, update (label, scopes, expires_at, revoked_at, last_used_at)',
  provider_accounts: 'select, insert, update',
  previous_credentials: 'select, insert, delete',
  provider_health: 'select',
  provider_places: 'select',
  provider_turns: 'select',
  provider_usual: 'select',
  service_performance: 'select',
  incidents: 'select',
  routings: 'select, insert, update (rules, revision, updated_at)',
  provider_exchanges: 'select, update (url, request_body, response_body, erased_at)',
  invoices: 'select, insert, update (customer, description, metadata, return_urls, items, erased_at)',
  payments: 'select, insert, update (next_action, request, late_read_at, late_reads)',
  payment_operations: 'select, insert, update (reason, metadata), delete',
  invoice_events: 'select',
  // Of settlements only, as the policy of that table says: the fee that a person accepts.
  ledger_entries: 'select, insert',
  settlements: 'select, insert',
  reconciliation_runs: 'select, insert, update (list_cursor)',
  reconciliation_rows: 'select, insert',
  // To insert: the test event that a person has sent to an endpoint.
  outgoing_events: 'select, insert',
  webhook_endpoints: 'select, insert, update',
  deliveries: 'select, insert, update',
  delivery_attempts: 'select, update (response_body)',
  // To update: differences that a reconciliation has found; all others are the workflows'.
  cases: 'select, update (resolved_at, decision, resolved_by, reason)',
  // The state, too: a person may give one up, or have one tried again.
  webhook_events:
    'select, insert, update (copies, invoice_id, payment_id, body, headers, erased_at, state, reason, processed_at)',
  refused_webhooks: 'select, insert, delete',
  idempotency_keys: 'select, insert, update (resource_id, claimed_at, answer_status, answer_body), delete',
  audit_entries: 'select, insert',
  audit_links: 'select, insert',
  audit_items: 'select, insert',
  audit_progress: 'select',
  operators: 'select',
  operator_sessions: 'select, insert, update (seen_at), delete',
  operator_log: 'select, insert',
  operator_sign_in_failures: 'select, insert, update, delete',
  schema_migrations: 'select',
};

/** What a table gets that is not listed; a test wants each one listed. */
const UNLISTED = 'select, insert, update, delete';

/**
 * Makes the role if there is none and gives it its rights. The answer says what a person has to do, or null: the user of the
 * migration may be allowed neither to make roles nor to take this one on.
 */
export async function prepareApiRole(client: pg.Client): Promise<string | null> {
  const missing = await tryOut(client, MAKE_ROLE);
  if (missing !== null) return explain(missing);
  const { rows } = await client.query<{ name: string }>(
    'select tablename as name from pg_tables where schemaname = current_schema()',
  );
  const tables = rows.map(({ name }) => name);
  const views = await client.query<{ name: string }>(
    'select viewname as name from pg_views where schemaname = current_schema()',
  );
  const grants = tables.flatMap((name) => [
    `revoke all on ${quoted(name)} from ${API_ROLE}`,
    `grant ${RIGHTS[name] ?? UNLISTED} on ${quoted(name)} to ${API_ROLE}`,
  ]);
  grants.push(...views.rows.map(({ name }) => `grant select on ${quoted(name)} to ${API_ROLE}`));
  const schema = `do $$ begin execute format('grant usage on schema %I to ${API_ROLE}', current_schema()); end $$`;
  const refused = await tryOut(client, [schema, ...grants].join(';\n'));
  return refused === null ? null : explain(refused);
}

/** Roles belong to the whole server, so another database may be making it at this moment. */
const MAKE_ROLE = `
  do $$ begin
    if not exists (select from pg_roles where rolname = '${API_ROLE}') then
      begin
        create role ${API_ROLE} nologin;
      exception when duplicate_object or unique_violation then null;
      end;
    end if;
    if not pg_has_role(current_user, '${API_ROLE}', 'member') then
      grant ${API_ROLE} to current_user;
    end if;
  end $$`;

/** All or nothing; why not, or null. Whatever is no matter of rights is thrown. */
async function tryOut(client: pg.Client, sql: string): Promise<string | null> {
  try {
    await client.query(sql);
    return null;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === '42501') return error.message;
    throw error;
  }
}

const explain = (reason: string): string =>
  `row-level security does not stand behind the API: ${reason}. Everything else works. To have it, run as an administrator ` +
  `"create role ${API_ROLE} nologin; grant ${API_ROLE} to <the user of DATABASE_URL>", and migrate again.`;

const quoted = (name: string): string => `"${name.replaceAll('"', '""')}"`;
